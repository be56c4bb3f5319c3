"""The kernel of a pack: its printed source compiled by numba, and run over rows in blocks that fit a cache.

The source is kept by its digest in the user's cache folder, beside what numba made of it, so that a pack is compiled
once. Rows without open facts pass through the plain side; the others pass through both, and get sound bounds too.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple, TypeAlias

import numpy as np

from escalation import cache
from escalation.assess import prepared
from escalation.bulk.layout import Column, Layout
from escalation.bulk.printer import Printer, Word
from escalation.bulk.rows import Ints, Rows
from escalation.digest import sha256
from escalation.pack import Pack

__all__ = ["BLOCK", "Kernel", "Rated", "kernel_of"]

Function: TypeAlias = Callable[..., None]
BLOCK = 16_384
"""Rows of one block: their atoms and results stay in the cache of a core."""
_AT_ONCE = 8 * BLOCK
"""Rows that a thread takes at a time, at most: with fewer, threads wait for each other more than caches save."""


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


class _Room:
    """Memory that a thread uses again for every block: fresh pages cost as much as rating what is written to them."""

    def __init__(self) -> None:
        self._own = np.empty(0, dtype=np.int64)

    def words(self, sides: int, n: int) -> Ints:
        """Room for `n` words on each side; what was in it is lost."""
        if len(self._own) < sides * n:
            self._own = np.empty(sides * n * 5 // 4, dtype=np.int64)
        return self._own[: sides * n].reshape(sides, n)


class _Word(NamedTuple):
    """The functions of one word of atoms, each for known rows and for open ones; `rows` where rows have their own."""

    columns: tuple[Column, ...]
    entities: tuple[Function, Function]
    rows: tuple[Function, Function] | None

    @classmethod
    def of(cls, word: Word, columns: Sequence[Column], module: ModuleType) -> _Word:
        names = (word.name, f"{word.name}_open")
        known, opened = (getattr(module, name) for name in names)
        rows = [getattr(module, f"{name}_rows") for name in names if word.by_row]
        used = tuple(columns[i] for i in word.columns)
        return cls(used, (known, opened), (rows[0], rows[1]) if rows else None)


class Kernel:
    """The compiled kernel of a pack."""

    def __init__(self, pack: Pack) -> None:
        self.layout = Layout(pack)
        self.printer = Printer(self.layout)
        module = _compiled(self.printer)
        scales = range(len(pack.scales))
        self._words = {
            kind: [_Word.of(self.printer.word(kind, i), columns, module) for i in range(self.printer.words[kind])]
            for kind, columns in self.layout.columns.items()
            if kind in self.layout.kinds
        }
        self._fire: tuple[Function, Function] = (module.fire, module.fire_open)
        self._rate: list[Function] = [getattr(module, f"rate_{s}") for s in scales]
        self._bounds: list[Function] = [getattr(module, f"bounds_{s}") for s in scales]

    def rate(self, rows: Rows, threads: int = 1, into: Rated | None = None) -> Rated:
        """Rate rows, in as many threads as given; `into` is room for them, if there is any."""
        found = into or Rated.empty(rows.n, self.layout.fired_words, len(self.layout.pack.scales))
        blocks = _even(rows.n, threads)
        if threads == 1 or len(blocks) < 2:
            self._run(rows, found, iter(blocks))
        else:
            shared = iter(blocks)  # a list's iterator hands each block to one thread
            with ThreadPoolExecutor(threads) as pool:
                for done in [pool.submit(self._run, rows, found, shared) for _ in range(threads)]:
                    done.result()
        return found

    def atoms(self, rows: Rows, sides: int = 1) -> Ints:
        """The words of atoms of rows; with two sides, what certainly holds and then what may hold."""
        out = np.empty((sides, self.printer.total_words, rows.n), dtype=np.int64)
        self._fill(rows, out, _Room())
        return out if sides == 2 else out[0]

    def atoms_of(self, kind: str, rows: Rows, sides: int = 1) -> Ints:
        """The atoms (sides, words, rows) of one kind of entity; rows need no columns of other kinds."""
        out = np.empty((sides, self.printer.words[kind], rows.n), dtype=np.int64)
        self._fill_kind(kind, rows, out, _Room())
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
        self._fire[0](*atoms, *found.fired)
        for rate, scores, levels in zip(self._rate, found.totals, found.levels, strict=True):
            rate(*found.fired, scores, levels)

    def bounds(self, atoms: Ints, found: Rated) -> None:
        """The bounds of rows whose atoms are given on two sides, into `found`."""
        fired = np.empty((2 * self.layout.fired_words, atoms.shape[2]), dtype=np.int64)
        self._fire[1](*atoms[0], *atoms[1], *fired)
        for scale, bounds in enumerate(self._bounds):
            bounds(*fired, *(end[scale] for end in (found.lowest, found.highest, found.low_levels, found.high_levels)))

    def _run(self, rows: Rows, found: Rated, blocks: Iterator[tuple[int, int]]) -> None:
        words, room = np.empty((1, self.printer.total_words, min(rows.n, _AT_ONCE)), dtype=np.int64), _Room()
        for first, end in blocks:
            block, part, atoms = rows.part(first, end), found.part(first, end), words[:, :, : end - first]
            self._fill(block, atoms, room)
            self.known(atoms[0], part)
            part.close()
            if block.masks and len(opened := block.open()):
                self._with_bounds(block.take(opened), opened, part)

    def _fill(self, rows: Rows, out: Ints, room: _Room) -> None:
        for kind in self.layout.kinds:
            first = self.printer.starts[kind]
            self._fill_kind(kind, rows, out[:, first : first + self.printer.words[kind]], room)

    def _fill_kind(self, kind: str, rows: Rows, out: Ints, room: _Room) -> None:
        sides, starts = len(out), [rows.starts[kind]] if kind in rows.starts else []
        for number, word in enumerate(self._words[kind]):
            given = [rows.codes[c.field.key] if sides == 1 else rows.masks_of(c) for c in word.columns]
            words = out[:, number]
            if word.rows is None:
                word.entities[sides - 1](*given, *words)
            else:
                seen = room.words(sides, int(starts[0][-1]) if starts else rows.n)
                word.entities[sides - 1](*given, *seen)
                word.rows[sides - 1](*starts, *seen, *words)

    def _with_bounds(self, rows: Rows, which: Ints, found: Rated) -> None:
        """The bounds of rows with open facts, into those of their numbers."""
        room = Rated.empty(rows.n, 1, len(found.totals))
        self.bounds(self.atoms(rows, sides=2), room)
        for whole, part in zip(found[3:], room[3:], strict=True):
            whole[:, which] = part


_KERNELS: dict[int, tuple[Pack, Kernel]] = {}


def kernel_of(pack: Pack) -> Kernel:
    """The kernel of a pack, compiled once in a process."""
    return prepared(_KERNELS, pack, Kernel)


def _even(rows: int, threads: int) -> list[tuple[int, int]]:
    """Blocks of rows alike in size, as many for each thread."""
    number = -(-rows // (threads * _AT_ONCE)) * threads
    ends = [rows * i // number for i in range(number + 1)] if rows else []
    return [(first, end) for first, end in pairwise(ends) if first < end]


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
