"""`assess shares`: how much of the stated uncertainty falls on each level.

Facts that state probabilities or a distribution are spread; the share of a level is the weight of the worlds that rate
at it. It is the spread of the inputs as the analyst stated them, not the likelihood of any reaction. With independent
facts it is exact: boxes of bins are split only until their level is decided, and their weights are summed. Past the
budget, or where facts are stated to go together, it is sampled (`sampling.py`) and says with what error. Other open
facts are given no spread: shares stand at their assumed values, with the least and greatest over all others. For every
level with a share on it, one world has been run through both engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum, prod
from typing import NamedTuple, TypeAlias

from escalation.analysis.fixing import confirm
from escalation.analysis.rated import Json, head
from escalation.analysis.sampling import SAMPLES, Sampler
from escalation.analysis.spread import Spread, spreads
from escalation.assess import Assessment
from escalation.grid import Board, Masks
from escalation.ledger import stated_view
from escalation.paths import path_to
from escalation.rating import Bounds

__all__ = ["BUDGET", "ScaleShares", "Share", "Shares", "shares"]

BUDGET = 20_000  # boxes of one exact computation, about a second


class Share(NamedTuple):
    """The share of the stated uncertainty on one level (numbered from 1), between 0 and 1.

    `low` and `high` are the least and greatest over the other open facts (None if there are too many to try). A
    sampled share has a standard error, and the ends of the interval that holds the exact one 95 times in 100.
    """

    level: int
    share: float
    low: float | None
    high: float | None
    error: float = 0.0
    interval: tuple[float, float] | None = None


class ScaleShares(NamedTuple):
    """The shares of one scale, from the lowest level to the highest."""

    scale: str
    levels: tuple[Share, ...]


class Shares(NamedTuple):
    """How the stated uncertainty falls on the levels of each scale.

    `method` is "exact" or "sampled" (with `samples` and `seed`). `cells` counts the boxes weighed. `others` are paths
    of open facts that state no spread. `correlated` are the pairs that were taken to go together.
    """

    found: Assessment
    method: str
    scales: tuple[ScaleShares, ...]
    spread: tuple[Spread, ...]
    others: tuple[str, ...]
    correlated: tuple[tuple[str, str, float], ...]
    cells: int
    samples: int
    seed: int

    def data(self) -> Json:
        """The answer as JSON data."""
        names = [level.name for level in self.found.pack.levels]
        return {
            **head([self.found]),
            "question": "shares",
            "of": "the stated uncertainty of the inputs, not the likelihood of a reaction",
            "method": self.method,
            "cells": self.cells,
            "samples": self.samples,
            "seed": self.seed if self.samples else None,
            "spread": [
                {"facts": list(one.paths), "shape": one.fact.distribution and one.fact.distribution.shape}
                for one in self.spread
            ],
            "not_spread": list(self.others),
            "correlated": [list(pair) for pair in self.correlated],
            "shares": {
                scale.scale: [
                    {
                        "level": names[one.level - 1],
                        "share": one.share,
                        "least": one.low,
                        "greatest": one.high,
                        "standard_error": one.error,
                        "interval_95": one.interval and list(one.interval),
                    }
                    for one in scale.levels
                ]
                for scale in self.scales
            },
        }


class TooMany(Exception):
    """Raised when an exact computation has used up its budget."""


def shares(
    found: Assessment, *, budget: int = BUDGET, samples: int | None = None, seed: int = 0, correlate: bool = True
) -> Shares:
    """The shares of an assessment. Exact within `budget` boxes, else sampled; `samples` asks for sampling.

    With `correlate` false, stated correlations are left aside. Raises InputError (CORR-1) where the stated
    correlations contradict each other.
    """
    spread = spreads(found)
    own = {path: i for i, one in enumerate(spread) for path in one.paths}
    pairs = tuple(p for p in found.scenario.correlated if correlate and p[2] and {p[0], p[1]} <= own.keys())
    others = _others(found, own)
    if samples is None and not pairs:
        try:
            return _exact(found, spread, others, budget)
        except TooMany:
            pass
    sampler = Sampler(found, spread, [(own[a], own[b], rank) for a, b, rank in pairs])
    drawn = sampler.draw(samples or SAMPLES, seed)
    for cell, levels in {levels: (cell, levels) for cell, levels in drawn.levels.items()}.values():
        check(found, spread, sampler.masks(cell), levels)
    scales = tuple(
        ScaleShares(scale.name, tuple(Share(i, *one) for i, one in enumerate(drawn.shares(number), 1)))
        for number, scale in enumerate(found.pack.scales)
    )
    return Shares(found, "sampled", scales, spread, others, pairs, len(drawn.cells), drawn.number, seed)


def check(found: Assessment, spread: Sequence[Spread], masks: Masks, levels: Sequence[int]) -> None:
    """Run the world of some masks through the engines. Raises InternalError if its levels are not those computed."""
    world = [dict(values) for values in found.world]
    for one in spread:
        for at, column in one.facts:
            possible, near = found.scenario.entities[at].facts[one.field.name].possible, world[at][one.field.name]
            assert possible is not None
            world[at][one.field.name] = found.board.value(one.field, masks[at][column], possible, near)
    confirm(found, found.board.settled(tuple(world)), lambda told: [one.level for one in told] == list(levels))


def _others(found: Assessment, own: dict[str, int]) -> tuple[str, ...]:
    """Paths of the open facts that rules read and that state no spread."""
    return tuple(
        path
        for at, _, fact in found.board.facts()
        if fact.state == "open"
        and (path := path_to(found.scenario, found.pack.vocabulary, at, fact.field.name)) not in own
    )


def _exact(found: Assessment, spread: Sequence[Spread], others: tuple[str, ...], budget: int) -> Shares:
    exact = _Exact(found, spread, budget)
    home = exact.weighed(exact.opened(exact.home))
    for levels, (_, box) in exact.heaviest.items():
        check(found, spread, box, levels)
    ends = exact.ends() if others else list(zip(home, home, strict=True))
    scales = tuple(
        ScaleShares(scale.name, tuple(Share(level, *one) for level, one in enumerate(zip(own, *end, strict=True), 1)))
        for scale, own, end in zip(found.pack.scales, home, ends, strict=True)
    )
    return Shares(found, "exact", scales, tuple(spread), others, (), exact.cells, 0, 0)


_Row: TypeAlias = list[float]
"""The share of each level on one scale."""
_Ends: TypeAlias = tuple[Sequence[float | None], Sequence[float | None]]


class _Exact:
    """Weighs boxes of bins, split until the level on every scale is decided."""

    def __init__(self, found: Assessment, spread: Sequence[Spread], budget: int) -> None:
        self.board: Board = found.board
        self.spread, self.budget, self.cells = spread, budget, 0
        self.home = self.board.masks_of_world(found.world)
        self.stated = self.board.masks_of(stated_view(found.scenario.entities))
        self.doubt = {fact: number for number, one in enumerate(spread) for fact in one.facts}
        self.levels = len(found.pack.levels)

    def opened(self, masks: Masks) -> Masks:
        """The masks with what is spread at every bin that has weight."""
        rows = [list(row) for row in masks]
        for one in self.spread:
            for at, column in one.facts:
                rows[at][column] = sum(1 << i for i, weight in enumerate(one.weights) if weight > 0)
        return tuple(map(tuple, rows))

    def weighed(self, masks: Masks) -> list[_Row]:
        """The shares on each scale over what is spread, the rest being decided or of no effect."""
        parts: list[list[list[float]]] = [[[] for _ in range(self.levels)] for _ in self.board.grid.tallies]
        self.heaviest: dict[tuple[int, ...], tuple[float, Masks]] = {}
        for box, limits in self.boxes(masks, self.board.states(masks)):
            weight, levels = self.weight(box), tuple(limit.level_low for limit in limits)
            for row, level in zip(parts, levels, strict=True):
                row[level - 1].append(weight)
            if weight > self.heaviest.get(levels, (0.0,))[0]:
                self.heaviest[levels] = weight, box
        return [[fsum(weights) for weights in row] for row in parts]

    def boxes(self, masks: Masks, states: list[int]) -> Iterator[tuple[Masks, list[Bounds]]]:
        """Disjoint boxes that cover the masks, each of one level on every scale."""
        stack = [(masks, states)]
        while stack:
            masks, states = stack.pop()
            self.count()
            limits = [tally.bounds(states) for tally in self.board.grid.tallies]
            if all(limit.level_low == limit.level_high for limit in limits):
                yield masks, limits
                continue
            wanted = self.board.wanted(masks, states, self.doubt.keys())
            assert wanted is not None  # else the level is decided
            at, split = wanted
            facts = self.spread[self.doubt[at, split.column]].facts
            for accept in (split.accept, ~split.accept):
                part = _narrowed(masks, facts, accept)
                stack.append((part, self.board.refined(states, part, (split.kind, split.column))))

    def weight(self, masks: Masks) -> float:
        """The weight of a box: a product over the doubts."""
        return prod(
            fsum(weight for i, weight in enumerate(one.weights) if masks[at][column] >> i & 1)
            for one in self.spread
            for at, column in one.facts[:1]
        )

    def ends(self) -> Sequence[_Ends]:
        """The least and the greatest share of each level on each scale, over the open facts that are not spread."""
        low: list[_Row] = [[1.0] * self.levels for _ in self.board.grid.tallies]
        high: list[_Row] = [[0.0] * self.levels for _ in self.board.grid.tallies]
        masks = self.opened(self.stated)
        try:
            for cell in self.worlds(masks, self.board.states(masks)):
                for number, row in enumerate(self.weighed(cell)):
                    low[number] = [min(pair) for pair in zip(low[number], row, strict=True)]
                    high[number] = [max(pair) for pair in zip(high[number], row, strict=True)]
        except TooMany:
            unknown = [None] * self.levels
            return [(unknown, unknown)] * len(low)
        return list(zip(low, high, strict=True))

    def worlds(self, masks: Masks, states: list[int]) -> Iterator[Masks]:
        """Boxes of the facts that are not spread, in each of which none of them matters any more."""
        free = {
            (at, column) for at, row in enumerate(masks) for column in range(len(row)) if (at, column) not in self.doubt
        }
        stack = [(masks, states)]
        while stack:
            masks, states = stack.pop()
            self.count()
            limits = [tally.bounds(states) for tally in self.board.grid.tallies]
            wanted = self.board.wanted(masks, states, free)
            if wanted is None or all(limit.level_low == limit.level_high for limit in limits):
                yield masks
                continue
            at, split = wanted
            for accept in (split.accept, ~split.accept):
                part = _narrowed(masks, ((at, split.column),), accept)
                stack.append((part, self.board.refined(states, part, (split.kind, split.column))))

    def count(self) -> None:
        self.cells += 1
        if self.cells > self.budget:
            raise TooMany


def _narrowed(masks: Masks, facts: Sequence[tuple[int, int]], accept: int) -> Masks:
    rows = list(masks)
    for at, column in facts:
        row = rows[at]
        rows[at] = (*row[:column], row[column] & accept, *row[column + 1 :])
    return tuple(rows)
