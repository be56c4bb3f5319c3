"""The summary of a sweep: rows on each level, where the level changes along each fact, and pairs of facts as tables.

It is made from the cells that rules tell apart, each weighed by the rows that it stands for, so every count is exact
whatever the size of the grid. Shares are of the grid as it was laid out, and say nothing of how likely a value is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np

from escalation.analysis.vary import Axis
from escalation.analysis.wilson import wilson
from escalation.bulk.kernel import Rated
from escalation.bulk.rows import Ints
from escalation.bulk.sample import Sample
from escalation.bulk.sweep import Sweep
from escalation.pack import Pack
from escalation.sets import Scalar

__all__ = ["Edge", "Pair", "Run", "SampleCount", "SampleScale", "SampleSummary", "ScaleSummary", "Summary", "summary"]

_INTERVAL = 0.95
MOST_PAIRED = 3
"""Axes up to which every pair gets a table where none is asked for; with more, the first two do."""


class Run(NamedTuple):
    """Neighbouring values of a fact that rate alike, and how many rows with them are on each level from 1 up."""

    values: tuple[Scalar, ...]
    rows: tuple[int, ...]


class Edge(NamedTuple):
    """Two neighbouring values between which the level changes in some rows.

    `up` and `down` count the settings of all other facts in which it rises and falls, `of` all of them.
    """

    before: Scalar
    after: Scalar
    up: int
    down: int
    of: int


class Pair(NamedTuple):
    """Two facts by number: for each run of values of the one and the other, the rows on each level."""

    axes: tuple[int, int]
    values: tuple[tuple[tuple[Scalar, ...], ...], tuple[tuple[Scalar, ...], ...]]
    rows: tuple[tuple[tuple[int, ...], ...], ...]


class ScaleSummary(NamedTuple):
    """One scale. `rows` are those on each level, `undecided` those whose level hangs on facts left open."""

    scale: str
    rows: tuple[int, ...]
    undecided: int
    by_value: tuple[tuple[Run, ...], ...]
    edges: tuple[tuple[Edge, ...], ...]
    pairs: tuple[Pair, ...]


class Summary(NamedTuple):
    """A whole sweep: its axes, rows, cells, and what it comes to on each scale."""

    sweep: Sweep
    axes: tuple[Axis, ...]
    rows: int
    cells: int
    scales: tuple[ScaleSummary, ...]

    def data(self) -> dict[str, Any]:
        """The summary as JSON data."""
        return {
            "scenario": self.sweep.scenario.id,
            **_pack(self.sweep.pack),
            "rows": self.rows,
            "cells": self.cells,
            "axes": [{"path": axis.path, "values": list(axis.values)} for axis in self.axes],
            "scales": [self._scale(scale) for scale in self.scales],
        }

    def _scale(self, scale: ScaleSummary) -> dict[str, Any]:
        return {
            "scale": scale.scale,
            "rows": list(scale.rows),
            "undecided": scale.undecided,
            "by_value": {
                axis.path: [run._asdict() for run in runs] for axis, runs in zip(self.axes, scale.by_value, strict=True)
            },
            "edges": {
                axis.path: [edge._asdict() for edge in edges]
                for axis, edges in zip(self.axes, scale.edges, strict=True)
            },
            "pairs": [
                {"axes": [self.axes[i].path for i in pair.axes], "values": pair.values, "rows": pair.rows}
                for pair in scale.pairs
            ],
        }


class SampleScale(NamedTuple):
    """One scale of a sample: the rows on each level from 1 up, and intervals (Wilson, 95 in 100) of their shares."""

    scale: str
    rows: tuple[int, ...]
    undecided: int
    intervals: tuple[tuple[float, float], ...]


class SampleSummary(NamedTuple):
    """A whole sample."""

    sample: Sample
    scales: tuple[SampleScale, ...]

    def data(self) -> dict[str, Any]:
        """The summary as JSON data."""
        return {
            "scenario": self.sample.scenario.id,
            **_pack(self.sample.pack),
            "rows": self.sample.rows,
            "seed": self.sample.seed,
            "drawn": [list(doubt.paths) for doubt in self.sample.doubts],
            "scales": [scale._asdict() for scale in self.scales],
        }


class SampleCount:
    """Counts the rows of a sample on each level as they are made."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._levels = np.zeros((len(sample.pack.scales), len(sample.pack.levels) + 1), dtype=np.int64)
        self._undecided = np.zeros(len(sample.pack.scales), dtype=np.int64)

    def add(self, rated: Rated) -> None:
        """Count some more rows."""
        for s, levels in enumerate(rated.levels):
            self._levels[s] += np.bincount(levels, minlength=self._levels.shape[1])
            self._undecided[s] += np.count_nonzero(rated.low_levels[s] != rated.high_levels[s])

    def over(self, blocks: Iterable[tuple[Ints, list[Any], Rated]]) -> Iterator[tuple[Ints, list[Any], Rated]]:
        """The same blocks of rows, counted as they pass."""
        for numbers, columns, rated in blocks:
            self.add(rated)
            yield numbers, columns, rated

    def summary(self) -> SampleSummary:
        """What has been counted."""
        scales = []
        for s, scale in enumerate(self.sample.pack.scales):
            counts = [int(n) for n in self._levels[s, 1:]]
            intervals = tuple(wilson(n, sum(counts), _INTERVAL) for n in counts)
            scales.append(SampleScale(scale.name, tuple(counts), int(self._undecided[s]), intervals))
        return SampleSummary(self.sample, tuple(scales))


def summary(sweep: Sweep, pairs: Sequence[tuple[int, int]] = (), threads: int = 1) -> Summary:
    """The summary of a sweep, with tables for `pairs` of axes (by default all of up to three axes, else the first)."""
    wanted = list(pairs) or list(combinations(range(len(sweep.axes)), 2))
    if not pairs and len(sweep.axes) > MOST_PAIRED:
        wanted = wanted[:1]
    levels, low, high = sweep.levels(threads)
    scales = tuple(
        _scale(sweep, scale.name, levels[s], int(_weighed(sweep, low[s] != high[s], ())), wanted)
        for s, scale in enumerate(sweep.pack.scales)
    )
    return Summary(sweep, sweep.axes, sweep.rows, sweep.cells, scales)


def _pack(pack: Pack) -> dict[str, Any]:
    return {
        "pack": {"name": pack.name, "version": pack.version, "digest": pack.digest, "profile": pack.profile},
        "levels": [level.name for level in pack.levels],
    }


def _scale(sweep: Sweep, name: str, levels: Ints, undecided: int, pairs: Sequence[tuple[int, int]]) -> ScaleSummary:
    masks = [levels == level.number for level in sweep.pack.levels]
    rows = tuple(int(_weighed(sweep, mask, ())) for mask in masks)
    axes = range(len(sweep.axes))
    by_value = tuple(_runs(sweep, i, [_weighed(sweep, mask, (i,)) for mask in masks]) for i in axes)
    edges = tuple(_edges(sweep, i, levels) for i in axes)
    tables = tuple(_pair(sweep, pair, [_weighed(sweep, mask, pair) for mask in masks]) for pair in pairs)
    return ScaleSummary(name, rows, undecided, by_value, edges, tables)


def _weighed(sweep: Sweep, mask: Ints, keep: Sequence[int]) -> Ints:
    """How many rows the cells of a mask stand for, by the classes of the axes to keep (one of each), in their order."""
    found = mask
    for axis in reversed(range(len(sweep.axes))):
        if axis not in keep:
            found = np.tensordot(found, sweep.weights(axis), axes=([axis], [0]))
    if len(keep) > 1 and keep[0] > keep[1]:
        found = found.T
    return np.asarray(found, dtype=np.int64)


def _runs(sweep: Sweep, axis: int, by_level: Sequence[Ints]) -> tuple[Run, ...]:
    """The values of an axis, neighbours that rate alike together."""
    counts = np.stack(by_level)
    return tuple(
        Run(tuple(values), tuple(int(n) * len(values) for n in counts[:, class_]))
        for class_, values in _spans(sweep, axis)
    )


def _edges(sweep: Sweep, axis: int, levels: Ints) -> tuple[Edge, ...]:
    """Where the level changes along an axis, in the order of its values."""
    others = sweep.rows // sweep.sizes[axis]
    values, classes = sweep.axes[axis].values, sweep.classes[axis].tolist()
    found = []
    for (before, a), (after, b) in pairwise(zip(values, classes, strict=True)):
        if a == b:
            continue
        low, high = levels.take([a], axis), levels.take([b], axis)
        up, down = (int(_weighed(sweep, mask, (axis,))[0]) for mask in (high > low, high < low))
        if up or down:
            found.append(Edge(before, after, up, down, others))
    return tuple(found)


def _pair(sweep: Sweep, pair: tuple[int, int], by_level: Sequence[Ints]) -> Pair:
    """Two axes as a table of runs of values."""
    counts = np.stack(by_level)
    spans = [_spans(sweep, axis) for axis in pair]
    rows = tuple(
        tuple(tuple(int(n) * len(down) * len(across) for n in counts[:, a, b]) for b, across in spans[1])
        for a, down in spans[0]
    )
    first, second = (tuple(tuple(values) for _, values in span) for span in spans)
    return Pair(pair, (first, second), rows)


def _spans(sweep: Sweep, axis: int) -> list[tuple[int, list[Scalar]]]:
    """Neighbouring values of an axis that are of one class, with the class."""
    found: list[tuple[int, list[Scalar]]] = []
    for value, class_ in zip(sweep.axes[axis].values, sweep.classes[axis].tolist(), strict=True):
        if found and found[-1][0] == class_:
            found[-1][1].append(value)
        else:
            found.append((class_, [value]))
    return found
