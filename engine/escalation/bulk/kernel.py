"""The kernel of a pack: its printed source compiled by numba, and run over rows in blocks that fit a cache.

The source is kept by its digest in the user's cache folder, beside what numba made of it, so that a pack is compiled
once. Rows without open facts pass through the plain side; the others pass through both, and get sound bounds too.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import NamedTuple

import numpy as np

from escalation import cache
from escalation.bulk.layout import Layout
from escalation.bulk.printer import Printer
from escalation.bulk.rows import Ints, Rows
from escalation.digest import sha256
from escalation.pack import Pack

__all__ = ["BLOCK", "Kernel", "Rated", "kernel_of"]

BLOCK = 16_384
"""Rows of one block: their atoms and results stay in the cache of a core."""


class Rated(NamedTuple):
    """Ratings of rows, each array with rows last.

    `fired` has words of 63 rules, in pack order; `totals` (scores) and `levels` are by scale, of the assumed world;
    `lowest` and `highest` are the bounds of the score, `low_levels` and `high_levels` those of the level, which equal
    score and level where nothing is open.
    """

    fired: Ints
    totals: Ints
    levels: Ints
    lowest: Ints
    highest: Ints
    low_levels: Ints
    high_levels: Ints

    @classmethod
    def empty(cls, n: int, words: int, scales: int) -> Rated:
        """Room for `n` rows."""
        scores = [np.empty((scales, n), dtype=np.int32) for _ in range(3)]
        levels = [np.empty((scales, n), dtype=np.uint8) for _ in range(3)]
        return cls(np.empty((words, n), dtype=np.int64), scores[0], levels[0], *scores[1:], *levels[1:])

    def close(self) -> None:
        """Set the bounds to score and level themselves, as they are where nothing is open."""
        self.lowest[:], self.highest[:] = self.totals, self.totals
        self.low_levels[:], self.high_levels[:] = self.levels, self.levels

    def part(self, first: int, end: int) -> Rated:
        """The rows from `first` up to `end`, as views."""
        return Rated(*(array[:, first:end] for array in self))


class Kernel:
    """The compiled kernel of a pack."""

    def __init__(self, pack: Pack) -> None:
        self.layout = Layout(pack)
        self.printer = Printer(self.layout)
        module = _compiled(self.printer)
        self._atoms = {kind: self.printer.function(module, kind) for kind in self.layout.kinds}
        self._known: Callable[..., None] = module.known
        self._bounds: Callable[..., None] = module.bounds

    def rate(self, rows: Rows, threads: int = 1) -> Rated:
        """Rate rows, in as many threads as given."""
        found = Rated.empty(rows.n, self.layout.fired_words, len(self.layout.pack.scales))
        blocks = [(first, min(first + BLOCK, rows.n)) for first in range(0, rows.n, BLOCK)]
        if threads == 1 or len(blocks) < 2:
            self._run(rows, found, iter(blocks))
        else:
            shared = iter(blocks)  # a list's iterator hands each block to one thread
            with ThreadPoolExecutor(threads) as pool:
                for done in [pool.submit(self._run, rows, found, shared) for _ in range(threads)]:
                    done.result()
        self._with_bounds(rows, found)
        return found

    def atoms(self, rows: Rows, sides: int = 1) -> Ints:
        """The words of atoms of rows; with two sides, what certainly holds and then what may hold."""
        out = np.empty((sides, self.printer.total_words, rows.n), dtype=np.int64)
        self._fill(rows, out)
        return out if sides == 2 else out[0]

    def atoms_of(self, kind: str, rows: Rows, sides: int = 1) -> Ints:
        """The atoms (sides, words, rows) of one kind of entity; rows need no columns of other kinds."""
        out = np.empty((sides, self.printer.words[kind], rows.n), dtype=np.int64)
        self._fill_kind(kind, rows, out)
        return out

    def rated(self, atoms: Ints) -> Rated:
        """Rate rows from their atoms (1 or 3, words, rows).

        First come the atoms of the assumed world; for rows with open facts, what certainly and what may hold follow.
        """
        found = Rated.empty(atoms.shape[2], self.layout.fired_words, len(self.layout.pack.scales))
        self.known(atoms[0], found)
        if len(atoms) == 1:
            found.close()
        else:
            self.bounds(atoms[1:], found)
        return found

    def known(self, atoms: Ints, found: Rated) -> None:
        """Rate rows whose atoms are given, into `found`."""
        self._known(atoms.shape[1], atoms, found.fired, found.totals, found.levels)

    def bounds(self, atoms: Ints, found: Rated) -> None:
        """The bounds of rows whose atoms are given on two sides, into `found`."""
        limits = (found.lowest, found.highest, found.low_levels, found.high_levels)
        self._bounds(atoms.shape[2], atoms[0], atoms[1], *limits)

    def _run(self, rows: Rows, found: Rated, blocks: Iterator[tuple[int, int]]) -> None:
        room = np.empty((1, self.printer.total_words, BLOCK), dtype=np.int64)
        for first, end in blocks:
            atoms = room if end - first == BLOCK else np.empty((1, self.printer.total_words, end - first), np.int64)
            self._fill(rows.part(first, end), atoms)
            self.known(atoms[0], found.part(first, end))

    def _fill(self, rows: Rows, out: Ints) -> None:
        for kind in self.layout.kinds:
            first = self.printer.starts[kind]
            self._fill_kind(kind, rows, out[:, first : first + self.printer.words[kind]])

    def _fill_kind(self, kind: str, rows: Rows, out: Ints) -> None:
        columns = self.layout.columns[kind]
        starts = [rows.starts[kind]] if kind in rows.starts else []
        if len(out) == 1:
            self._atoms[kind][0](rows.n, *starts, *(rows.codes[column.field.key] for column in columns), out[0])
        else:
            self._atoms[kind][1](rows.n, *starts, *(rows.masks_of(column) for column in columns), *out)

    def _with_bounds(self, rows: Rows, found: Rated) -> None:
        found.close()
        opened = rows.open()
        for first in range(0, len(opened), BLOCK):
            which = opened[first : first + BLOCK]
            atoms = self.atoms(rows.take(which), sides=2)
            room = Rated.empty(len(which), 1, len(found.totals))
            self.bounds(atoms, room)
            for whole, part in zip(found[3:], room[3:], strict=True):
                whole[:, which] = part


_KERNELS: dict[int, tuple[Pack, Kernel]] = {}
_KEPT = 8  # more would only be a leak


def kernel_of(pack: Pack) -> Kernel:
    """The kernel of a pack, compiled once in a process."""
    found = _KERNELS.get(id(pack))
    if found is None or found[0] is not pack:
        if len(_KERNELS) >= _KEPT:
            _KERNELS.pop(next(iter(_KERNELS)))
        found = _KERNELS[id(pack)] = (pack, Kernel(pack))
    return found[1]


def _compiled(printer: Printer) -> ModuleType:
    source = printer.source(cache=True)
    path = cache.file(f"kernel-{sha256(source.encode()).hexdigest()[:32]}.py", source.encode())
    if path is None:  # no cache folder: compiled for this process only
        module = ModuleType("escalation_kernel")
        exec(compile(printer.source(cache=False), "<kernel>", "exec"), module.__dict__)  # noqa: S102 - printed here
        return module
    name = os.path.basename(path).removesuffix(".py").replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where numba looks for it when it reads what it kept
    spec.loader.exec_module(module)
    return module
