"""The rows of a sweep by two of its facts: from the lowest to the highest level over all that else is varied."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.analysis.vary import Axis
from escalation.bulk.by_pair import Cell, Swept, by_pair
from escalation.plots.figure import NO_ADVICE, Figure, made_from
from escalation.plots.tiles import Tile, Tiles, drawn, told
from escalation.render.words import day, listed
from escalation.sets import Scalar

__all__ = ["figure"]

_READING = (
    "Each cell: the lowest and the highest level and score of its rows, with the colour of the highest; thick lines"
    " part cells of different levels."
)


def figure(found: Swept, asked: Sequence[str] = ()) -> Figure:
    """The picture of two varied facts, given by their paths (default: the first two)."""
    paths = [axis.path for axis in found.axes]
    first, second = (paths.index(path) for path in (asked or paths[:2]))
    answer = by_pair(found, first, second)
    pack, scenario = found.pack, found.scenario
    across, up = (_name(found, axis) for axis in answer.axes)
    table = Tiles(
        pack,
        across,
        up,
        tuple(_label(answer.axes[0], values) for values in answer.steps[0]),
        tuple(_label(answer.axes[1], values) for values in answer.steps[1]),
        tuple(tuple(_tile(cell) for cell in row) for row in answer.cells),
    )
    rest = [_name(found, axis) for i, axis in enumerate(found.axes) if i not in (first, second)]
    over = f"Rows differ in {listed(rest)} too, over all values swept." if rest else "No other fact was varied."
    return Figure(
        drawn(table),
        f"Levels for {pack.scales[0].name} by {across} and {up}",
        f"{scenario.title}, as of {day(scenario.as_of)}: {found.stored.about['rows']:,} rows of a sweep",
        (f"{_READING} {over}", NO_ADVICE, made_from(pack, scenario.digest)),
        told(table),
    )


def _tile(cell: Cell) -> Tile:
    scores = f"{cell.score_low}" if cell.score_low == cell.score_high else f"{cell.score_low} to {cell.score_high}"
    return Tile(cell.level_low, cell.level_high, scores)


def _name(found: Swept, axis: Axis) -> str:
    """A fact by its label, with the id of its entity where there can be several of the kind."""
    entity = found.scenario.entities[axis.entity]
    return f"{entity.id}: {axis.field.label}" if found.pack.vocabulary.kinds[entity.kind].many else axis.field.label


def _label(axis: Axis, values: Sequence[Scalar]) -> str:
    """A run of values in words."""
    first, last = axis.field.show(values[0]), axis.field.show(values[-1])
    return first if first == last else f"{first.removesuffix(axis.field.unit).rstrip()} to {last}"
