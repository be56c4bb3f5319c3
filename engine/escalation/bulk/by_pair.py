"""The rows of a sweep by two of the facts that it varies: lowest and highest level and score at each pair of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from escalation.analysis.vary import Axis, parse_axes
from escalation.bulk.origin import origin_of
from escalation.bulk.query import query
from escalation.bulk.stored import Stored
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack
from escalation.scenario import Scenario
from escalation.sets import Scalar

__all__ = ["ByPair", "Cell", "Swept", "by_pair", "swept"]


class Swept(NamedTuple):
    """A sweep as it lies on disk, with its pack, its scenario and the facts that it varies."""

    stored: Stored
    pack: Pack
    scenario: Scenario
    axes: tuple[Axis, ...]


class Cell(NamedTuple):
    """What the rows at a pair of values come to on one scale: least and greatest level and score, and how many."""

    level_low: int
    level_high: int
    score_low: int
    score_high: int
    rows: int


class ByPair(NamedTuple):
    """The table of two axes on the headline scale. `cells[i][j]` is of step i of the second and step j of the first.

    A step of a number is a run of neighbouring values with the same levels all along the other fact.
    """

    axes: tuple[Axis, Axis]
    steps: tuple[tuple[tuple[Scalar, ...], ...], tuple[tuple[Scalar, ...], ...]]
    cells: tuple[tuple[Cell, ...], ...]


def swept(stored: Stored, pack: Pack) -> Swept:
    """What stored results say that they vary. Raises InputError (OUT-3) unless it is a sweep of two facts or more."""
    if stored.about["kind"] != "sweep" or len(stored.about["origin"]["vary"]) < 2:
        help = "vary two facts: assess sweep FILE --vary PATH=VALUES --vary PATH=VALUES -o OUT"
        raise InputError([Problem("OUT-3", "no sweep of two facts or more", Mark(stored.path, 1, 1), help=help)])
    origin = origin_of(stored.about)
    scenario = origin.scenario(pack)
    return Swept(stored, pack, scenario, parse_axes(scenario, pack.vocabulary, origin.vary))


def by_pair(found: Swept, first: int, second: int) -> ByPair:
    """The table of two axes by number."""
    axes = (found.axes[first], found.axes[second])
    a, b = (_name(axis.path) for axis in axes)
    scale = found.pack.scales[0].name
    level, score = _name(f"{scale}_level"), _name(f"{scale}_score")
    sql = f"select {a}, {b}, min({level}), max({level}), min({score}), max({score}), count(*) from results group by all"  # noqa: S608 - names of our own columns
    told = {(row[0], row[1]): Cell(*row[2:]) for row in query(found.stored, sql).rows}
    table = [[told[x, y] for x in axes[0].values] for y in axes[1].values]
    up, table = _runs(axes[1], table)
    across, columns = _runs(axes[0], [list(column) for column in zip(*table, strict=True)])
    return ByPair(axes, (across, up), tuple(zip(*columns, strict=True)))


def _runs(axis: Axis, lines: list[list[Cell]]) -> tuple[tuple[tuple[Scalar, ...], ...], list[list[Cell]]]:
    """Neighbouring values of a number whose lines have the same levels, as one; words stay apart."""
    steps, kept = [], []
    same = [[cell[:2] for cell in line] if axis.steps else i for i, line in enumerate(lines)]
    for _, group in groupby(range(len(lines)), lambda i: same[i]):
        run = list(group)
        steps.append(tuple(axis.values[i] for i in run))
        kept.append(list(_together([lines[i] for i in run])))
    return tuple(steps), kept


def _together(lines: Sequence[Sequence[Cell]]) -> Iterator[Cell]:
    """The cells of several lines as those of one."""
    for cells in zip(*lines, strict=True):
        low, high, least, most, rows = zip(*cells, strict=True)
        yield Cell(min(low), max(high), min(least), max(most), sum(rows))


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
