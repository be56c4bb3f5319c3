"""Samples: scenarios drawn at random from the doubts that one of them states, rated.

Each doubt is drawn from what is stated about it: alternatives by their probabilities, numbers by their distribution.
Doubts that go together are drawn through a Gaussian copula (as in `analysis/sampling.py`); a fact that is varied on the
command line is drawn evenly from its values. Block b of a seed is the same in every run, so rows may be made in any
order and on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from escalation.analysis.sampling import Sampler
from escalation.analysis.spread import spreads
from escalation.analysis.vary import Axis
from escalation.assess import Assessment
from escalation.bulk.kernel import BLOCK, Kernel, Rated, kernel_of
from escalation.bulk.normal import below
from escalation.bulk.rows import Ints, codes_of
from escalation.bulk.variants import Variants, Varied
from escalation.facts import Distribution
from escalation.paths import path_to
from escalation.scenario import Scenario
from escalation.sets import Numbers, Scalar, intersection, interval, is_empty, nearest
from escalation.vocabulary import Field

__all__ = ["Doubt", "Drawn", "Sample"]


class Doubt(NamedTuple):
    """One thing that is drawn: a field, the entities that share it, and how it is spread.

    `values` are its values in the order of the field with their cumulative `shares`, or empty where `distribution` (of
    numbers) is drawn from.
    """

    field: Field
    entities: tuple[int, ...]
    paths: tuple[str, ...]
    values: tuple[Scalar, ...]
    shares: tuple[float, ...]
    distribution: Distribution | None


class Drawn(NamedTuple):
    """One block of rows: the first row number, for each doubt what was drawn, and the ratings.

    What was drawn is the number of a value where the doubt has values, else the number itself.
    """

    first: int
    drawn: list[Ints]
    rated: Rated


class Sample:
    """`rows` scenarios drawn with a seed from the doubts of an assessed one, and from axes varied evenly.

    Raises InputError: CORR-1 where stated correlations contradict each other, VARY-4 where too much would be edited.
    """

    def __init__(self, found: Assessment, axes: Sequence[Axis], rows: int, seed: int) -> None:
        self.scenario, self.pack, self.rows, self.seed = found.scenario, found.pack, rows, seed
        self.kernel: Kernel = kernel_of(found.pack)
        self.doubts = _doubts(found, axes)
        self.joint, self.root = _joint(found, self.doubts, len(axes))
        self._classes = [_classes(self.kernel, doubt) for doubt in self.doubts]
        self._facts = [(d, at) for d, doubt in enumerate(self.doubts) for at in doubt.entities]
        spread = [Axis("", at, self.doubts[d].field, self._classes[d]) for d, at in self._facts]
        self.variants = Variants(self.kernel, found.scenario, spread)
        self._tables = [self._table(one) for one in self.variants.kinds]

    @property
    def open(self) -> bool:
        """Whether facts that are not drawn are open, so that rows have bounds."""
        return self.variants.sides == 3

    @property
    def blocks(self) -> int:
        """How many blocks the rows make."""
        return -(-self.rows // BLOCK)

    def block(self, number: int) -> Drawn:
        """The rows of one block."""
        n = min(BLOCK, self.rows - number * BLOCK)
        drawn = [self._draw(doubt, u) for doubt, u in zip(self.doubts, self._quantiles(number)[:, :n], strict=True)]
        digits = [self._class(d, values) for d, values in enumerate(drawn)]
        atoms = np.empty((self.variants.sides, self.kernel.printer.total_words, n), dtype=np.int64)
        for one, table in zip(self.variants.kinds, self._tables, strict=True):
            classes = [one.classes[k][digits[self._facts[i][0]]] for k, i in enumerate(one.axes)]
            start, words = self.kernel.printer.starts[one.kind], self.kernel.printer.words[one.kind]
            part = atoms[:, start : start + words]
            if table is None:
                part[:] = self.variants.atoms(one, np.stack(classes, axis=1))
            else:
                place = np.zeros(n, dtype=np.int64)
                for size, class_ in zip(one.sizes, classes, strict=True):
                    place = place * size + class_
                np.take(table, place, axis=2, out=part, mode="clip")
        return Drawn(number * BLOCK, drawn, self.kernel.rated(atoms))

    def values(self, row: int) -> tuple[Scalar, ...]:
        """What was drawn for each doubt in a row. Raises IndexError for a row that there is not."""
        if not 0 <= row < self.rows:
            raise IndexError(f"there is no row {row:,}: the rows are 0 to {self.rows - 1:,}")
        quantiles = self._quantiles(row // BLOCK)[:, row % BLOCK : row % BLOCK + 1]
        drawn = [self._draw(doubt, u)[0].item() for doubt, u in zip(self.doubts, quantiles, strict=True)]
        return tuple(d.values[int(v)] if d.values else v for d, v in zip(self.doubts, drawn, strict=True))

    def scenario_of(self, row: int) -> Scenario:
        """The scenario of a row, as an edit of the base."""
        values = self.values(row)
        changes = [values[d] for d, _ in self._facts]
        return self.variants.edited(changes)

    def _table(self, one: Varied) -> Ints | None:
        """The atoms of every combination of a kind, unless there are more than rows of a block."""
        size = prod(one.sizes)
        if size > BLOCK and not one.edited:
            return None
        return self.variants.atoms(one, np.indices(one.sizes).reshape(len(one.sizes), size).T)

    def _quantiles(self, block: int) -> Ints:
        """A uniform number for each doubt and row of a block, those that go together correlated."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(block,)))
        found = rng.random((len(self.doubts), BLOCK))
        if self.joint:
            normal = rng.standard_normal((len(self.joint), BLOCK))
            found[self.joint] = below(self.root @ normal)
        return found

    def _draw(self, doubt: Doubt, quantiles: Ints) -> Ints:
        """What a doubt comes to at some quantiles: the numbers of its values, or numbers."""
        if doubt.values:
            return np.searchsorted(np.array(doubt.shares[:-1]), quantiles, "right")
        assert doubt.distribution is not None
        return _quantile(doubt.distribution, quantiles, doubt.field.type == "integer")

    def _class(self, d: int, drawn: Ints) -> Ints:
        """Which of the values that stand for a doubt was drawn."""
        doubt = self.doubts[d]
        if doubt.values:
            return drawn
        column = self.kernel.layout.column.get(doubt.field.key)
        if column is None:
            return np.zeros(len(drawn), dtype=np.int64)
        known = np.array([column.code(value) for value in self._classes[d]])
        place = np.zeros(len(column.bins), dtype=np.int64)
        place[known] = np.arange(len(known))
        found: Ints = place[codes_of(column, drawn)]
        return found


def _doubts(found: Assessment, axes: Sequence[Axis]) -> tuple[Doubt, ...]:
    """The doubts that are drawn: those that axes vary, then those that state how they are spread."""
    doubts = []
    for axis in axes:
        shares = tuple(np.arange(1, len(axis.values) + 1) / len(axis.values))
        doubts.append(Doubt(axis.field, (axis.entity,), (axis.path,), axis.values, shares, None))
    taken = {(axis.entity, axis.field.name) for axis in axes}
    for one in spreads(found):
        entities = tuple(at for at, _ in one.facts if (at, one.field.name) not in taken)
        assert one.fact.distribution is not None
        paths = tuple(path_to(found.scenario, found.pack.vocabulary, at, one.field.name) for at in entities)
        if entities:
            doubts.append(_stated(one.field, entities, paths, one.fact.distribution))
    return tuple(doubts)


def _stated(field: Field, entities: tuple[int, ...], paths: tuple[str, ...], spread: Distribution) -> Doubt:
    if spread.shape != "alternatives":
        return Doubt(field, entities, paths, (), (), spread)

    def place(value: Scalar) -> tuple[float, str]:
        if isinstance(value, str):
            return (field.order.index(value) if value in field.order else len(field.order)), value
        return float(value), ""

    ordered = sorted(spread.alternatives, key=lambda one: place(one.value))
    shares = np.cumsum([one.probability or 0.0 for one in ordered])
    return Doubt(field, entities, paths, tuple(one.value for one in ordered), tuple(shares / shares[-1]), None)


def _joint(found: Assessment, doubts: Sequence[Doubt], axes: int) -> tuple[list[int], Ints]:
    """The doubts that go together, by number, and the triangular root of their correlations; axes come first."""
    stated = [one for one in spreads(found) if any(set(one.paths) & set(doubt.paths) for doubt in doubts[axes:])]
    number = {path: d for d, one in enumerate(stated) for path in one.paths}
    pairs = [(number[a], number[b], r) for a, b, r in found.scenario.correlated if a in number and b in number]
    sampler = Sampler(found, stated, pairs)
    return [axes + d for d in sampler.joint], np.array(sampler.root)


def _classes(kernel: Kernel, doubt: Doubt) -> tuple[Scalar, ...]:
    """The values that stand for a doubt: its own, or one number of each bin that it can fall in."""
    if doubt.values:
        return doubt.values
    spread, column = doubt.distribution, kernel.layout.column.get(doubt.field.key)
    assert spread is not None
    extent = interval(spread.low, spread.high)
    if column is None:
        return (spread.low,)
    pieces = [intersection(piece, extent) for piece in column.bins]
    return tuple(nearest(p, _start(p), doubt.field.step) for p in pieces if not is_empty(p))


def _start(piece: object) -> float:
    assert isinstance(piece, Numbers)
    return piece.intervals[0].low


def _quantile(spread: Distribution, u: Ints, whole: bool) -> Ints:
    """The numbers below which a distribution has these shares; whole numbers as the nearest to a continuous one."""
    wider = 0.5 if whole else 0.0
    low, high = spread.low - wider, spread.high + wider
    if spread.shape == "uniform":
        found = low + u * (high - low)
    else:
        peak = (spread.mode - low) / (high - low)
        rising = low + np.sqrt(u * (high - low) * (spread.mode - low))
        found = np.where(u < peak, rising, high - np.sqrt((1 - u) * (high - low) * (high - spread.mode)))
    if whole:
        found = np.floor(found + wider)
    return np.clip(found, spread.low, spread.high)
