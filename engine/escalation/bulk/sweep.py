"""Sweeps: every combination of values of some facts of a scenario, rated.

Values that no rule tells apart make one class, so a grid of a hundred million rows has perhaps some thousand cells that
differ. The summary rates each cell once and weighs it by its rows, which is exact; rows are made and rated block by
block, so memory stays bounded whatever the size. The same scenario and axes give the same rows in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import NamedTuple

import numpy as np

from escalation.analysis.vary import Axis
from escalation.bulk.kernel import BLOCK, Kernel, Rated, kernel_of
from escalation.bulk.place import placed
from escalation.bulk.rows import Ints
from escalation.bulk.variants import Variants
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack
from escalation.paths import CHANGE
from escalation.scenario import Scenario
from escalation.sets import Scalar

__all__ = ["MOST_CELLS", "MOST_ROWS", "Grid", "Place", "Sweep"]

MOST_ROWS = 1 << 62
MOST_CELLS = 1 << 26
"""Cells of a summary: a byte for each and scale."""


class Grid(NamedTuple):
    """A grid over axes: how many values each has, the kind of the kernel it belongs to, and its moves in its table."""

    sizes: Ints
    owners: Ints
    moves: list[Ints]

    def places(self, first: int, n: int, kinds: int) -> Ints:
        """The places of rows in the tables of the kinds."""
        return placed(first, n, self.sizes, self.owners, self.moves, kinds)


class Place(NamedTuple):
    """One block of rows of a sweep: the first row number, the number of each value on its axis, and the ratings."""

    first: int
    digits: Ints
    rated: Rated


class Sweep:
    """The grid of some axes over a scenario. `rows` is how many combinations of values it has, `cells` of classes.

    Raises InputError (VARY-4) where it is too large.
    """

    def __init__(self, scenario: Scenario, pack: Pack, axes: Sequence[Axis]) -> None:
        self.scenario, self.pack, self.axes = scenario, pack, tuple(axes)
        self.kernel: Kernel = kernel_of(pack)
        self.variants = Variants(self.kernel, scenario, self.axes)
        self.sizes = tuple(len(axis.values) for axis in self.axes)
        self.classes: list[Ints] = [np.zeros(size, dtype=np.int64) for size in self.sizes]
        owners = np.zeros(len(self.axes), dtype=np.int64)
        strides = np.ones(len(self.axes), dtype=np.int64)
        for number, one in enumerate(self.variants.kinds):
            for k, i in enumerate(one.axes):
                self.classes[i], owners[i] = one.classes[k], number
                strides[i] = prod(one.sizes[k + 1 :])
        self.shape = tuple(int(one.max()) + 1 for one in self.classes)
        self.rows, self.cells = prod(self.sizes), prod(self.shape)
        if self.rows > MOST_ROWS or self.cells > MOST_CELLS:
            what = f"{self.rows:,} rows of {self.cells:,} cells that rules tell apart"
            help = f"at most {MOST_CELLS:,} cells: vary fewer facts, or draw from them with --sample"
            raise InputError([Problem("VARY-4", f"a grid of {what} is too large", Mark(CHANGE, 1, 1), "", help)])
        sizes = np.array(self.sizes, dtype=np.int64)
        self.grid = Grid(sizes, owners, [one * s for one, s in zip(self.classes, strides, strict=True)])
        steps = [np.arange(n) * s for n, s in zip(self.shape, strides, strict=True)]
        self.cell_grid = Grid(np.array(self.shape, dtype=np.int64), owners, steps)
        each = np.arange(len(self.axes))
        self.digit_grid = Grid(sizes, each, [np.arange(size) for size in self.sizes])
        self.tables = [
            self.variants.atoms(one, np.indices(one.sizes).reshape(len(one.sizes), prod(one.sizes)).T)
            for one in self.variants.kinds
        ]

    @property
    def open(self) -> bool:
        """Whether facts that are not varied are open, so that rows have bounds."""
        return self.variants.sides == 3

    def block(self, first: int, n: int) -> Place:
        """Rows `first` and on, `n` of them."""
        digits = self.digit_grid.places(first, n, len(self.axes))
        return Place(first, digits, self._rated(self.grid.places(first, n, len(self.tables))))

    def blocks(self, size: int, first: int = 0, end: int | None = None) -> Iterator[Place]:
        """All rows from `first` up to `end` in blocks of at most `size`."""
        last = self.rows if end is None else end
        for start in range(first, last, size):
            yield self.block(start, min(size, last - start))

    def values(self, row: int) -> tuple[Scalar, ...]:
        """The values of the axes in a row. Raises IndexError for a row that the grid does not have."""
        if not 0 <= row < self.rows:
            raise IndexError(f"there is no row {row:,}: the rows are 0 to {self.rows - 1:,}")
        digits = self.digit_grid.places(row, 1, len(self.axes))[:, 0]
        return tuple(axis.values[int(d)] for axis, d in zip(self.axes, digits, strict=True))

    def scenario_of(self, row: int) -> Scenario:
        """The scenario of a row, as an edit of the base."""
        return self.variants.edited(self.values(row))

    def levels(self, threads: int = 1) -> tuple[Ints, Ints, Ints]:
        """Level, and lowest and highest level, of every cell: each (scales, *shape)."""
        found = [np.empty((len(self.pack.scales), self.cells), dtype=np.uint8) for _ in range(3)]

        def rate(first: int) -> None:
            n = min(BLOCK, self.cells - first)
            rated = self._rated(self.cell_grid.places(first, n, len(self.tables)))
            for whole, part in zip(found, (rated.levels, rated.low_levels, rated.high_levels), strict=True):
                whole[:, first : first + n] = part

        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(rate, range(0, self.cells, BLOCK)):
                pass
        level, low, high = (array.reshape(-1, *self.shape) for array in found)
        return level, low, high

    def weights(self, axis: int) -> Ints:
        """How many values of an axis each of its classes has."""
        return np.bincount(self.classes[axis], minlength=self.shape[axis])

    def _rated(self, places: Ints) -> Rated:
        n = places.shape[1]
        atoms = np.empty((self.variants.sides, self.kernel.printer.total_words, n), dtype=np.int64)
        for kind, table, place in zip(self.variants.kinds, self.tables, places, strict=True):
            start = self.kernel.printer.starts[kind.kind]
            np.take(table, place, axis=2, out=atoms[:, start : start + table.shape[1]], mode="clip")
        return self.kernel.rated(atoms)
