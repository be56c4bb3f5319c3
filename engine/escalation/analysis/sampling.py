"""Shares by sampling: where facts go together, or are too many to be exact.

Doubts that go together are drawn through a Gaussian copula: normal numbers with the correlation that gives the stated
rank correlation, turned into quantiles, and those into bins (in the order of the field). Only the bins drawn are rated,
each combination once. Every share comes with its standard error and the interval of Wilson, which also holds near 0 and
1. Equal seeds give equal samples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import erfc, pi, sin, sqrt
from random import Random
from typing import NamedTuple

from escalation.analysis.spread import Spread
from escalation.analysis.wilson import wilson
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Mark, Problem
from escalation.grid import Masks

__all__ = ["SAMPLES", "Drawn", "Sampler"]

SAMPLES = 100_000
_CONFIDENCE = 0.95
_ROUND = 1e-9  # how far below 0 rounding may bring the square of a number


class Drawn(NamedTuple):
    """What was drawn: how often each combination of bins, and the level of each on every scale."""

    number: int
    cells: dict[tuple[int, ...], int]
    levels: dict[tuple[int, ...], tuple[int, ...]]
    top: int

    def shares(self, scale: int) -> Iterator[tuple[float, None, None, float, tuple[float, float]]]:
        """For each level of a scale: share, no ends over other facts, standard error, and interval."""
        for level in range(1, self.top + 1):
            hits = sum(times for cell, times in self.cells.items() if self.levels[cell][scale] == level)
            share = hits / self.number
            error = sqrt(share * (1 - share) / self.number)
            yield share, None, None, error, wilson(hits, self.number, _CONFIDENCE)


class Sampler:
    """Draws the doubts of an assessment; facts that are not spread stand at their assumed values.

    `pairs` are (number of a doubt, number of another, rank correlation). Raises InputError (CORR-1) where no
    distribution has all these correlations.
    """

    def __init__(self, found: Assessment, spread: Sequence[Spread], pairs: Sequence[tuple[int, int, float]]) -> None:
        self.found, self.spread = found, spread
        self.home = found.board.masks_of_world(found.world)
        self.cuts = [list(accumulate(one.weights))[:-1] for one in spread]
        self.joint = sorted({i for a, b, _ in pairs for i in (a, b)})
        self.alone = [i for i in range(len(spread)) if i not in self.joint]
        self.root = self.rooted({frozenset((a, b)): 2 * sin(pi * rank / 6) for a, b, rank in pairs if a != b})

    def draw(self, number: int, seed: int) -> Drawn:
        """Draw `number` worlds."""
        cells = Counter(self.bins(Random(seed), number))  # noqa: S311 - no secret hangs on it
        levels = {cell: self.rated(cell) for cell in cells}
        return Drawn(number, cells, levels, len(self.found.pack.levels))

    def bins(self, rng: Random, number: int) -> Iterator[tuple[int, ...]]:
        """The bins of one world after the other."""
        draw, normal, cuts = rng.random, rng.gauss, self.cuts
        if not self.joint:
            for _ in range(number):
                yield tuple([bisect_right(cut, draw()) for cut in cuts])
            return
        scale = -1 / sqrt(2)
        bins = [0] * len(cuts)
        for _ in range(number):
            independent = [normal(0, 1) for _ in self.joint]
            for i, row in zip(self.joint, self.root, strict=True):
                deviate = sum(a * b for a, b in zip(row, independent, strict=True))
                bins[i] = bisect_right(cuts[i], erfc(scale * deviate) / 2)
            for i in self.alone:
                bins[i] = bisect_right(cuts[i], draw())
            yield tuple(bins)

    def rated(self, cell: Sequence[int]) -> tuple[int, ...]:
        """The level on each scale where each doubt lies in the given bin."""
        states = self.found.board.states(self.masks(cell))
        return tuple(tally.bounds(states).level_low for tally in self.found.board.grid.tallies)

    def masks(self, cell: Sequence[int]) -> Masks:
        """The assumed world, but for each doubt the given bin."""
        rows = [list(row) for row in self.home]
        for one, i in zip(self.spread, cell, strict=True):
            for at, column in one.facts:
                rows[at][column] = 1 << i
        return tuple(map(tuple, rows))

    def rooted(self, correlations: dict[frozenset[int], float]) -> list[list[float]]:
        """The lower triangular root of the matrix of correlations (Cholesky), a row for each of `joint`."""
        size = len(self.joint)
        root = [[0.0] * size for _ in range(size)]
        for i, a in enumerate(self.joint):
            for j, b in enumerate(self.joint[: i + 1]):
                wanted = 1.0 if i == j else correlations.get(frozenset((a, b)), 0.0)
                rest = wanted - sum(root[i][k] * root[j][k] for k in range(j))
                if i == j:
                    if rest < -_ROUND:
                        raise InputError([self.contradiction()])
                    root[i][i] = sqrt(max(0.0, rest))
                elif root[j][j] > _ROUND:
                    root[i][j] = rest / root[j][j]
                elif abs(rest) > _ROUND:
                    raise InputError([self.contradiction()])
        return root

    def contradiction(self) -> Problem:
        names = ", ".join(self.spread[i].paths[0] for i in self.joint)
        help = "two facts that each go closely with a third cannot go against each other: weaken one of them"
        mark = Mark(self.found.scenario.file, 1, 1)
        return Problem("CORR-1", f"no doubts can have all the correlations stated between {names}", mark, "", help)
