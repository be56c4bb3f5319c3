"""Two facts varied together, all others as they stand: the level at every pair of their values."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.analysis.two_facts import Side, TwoFacts, two_facts
from escalation.analysis.vary import parse_axes
from escalation.assess import Assessment
from escalation.plots.figure import NO_ADVICE, Figure, about, made_from
from escalation.plots.tiles import Tile, Tiles, drawn, told
from escalation.render.moves import accepted, owner
from escalation.render.words import levels, listed
from escalation.sets import Numbers

__all__ = ["figure"]

_READING = (
    "Each cell: the level on the pack's rules and under it the score; thick lines part levels. Every other fact stands"
    " as stated or assumed."
)
_STEPS = " Numbers are cut exactly where a rule draws a line, so the width of a cell says nothing."


def figure(found: Assessment, axes: Sequence[str]) -> Figure:
    """The picture of two axes, each written PATH=VALUES. Raises InputError."""
    across, up = parse_axes(found.scenario, found.pack.vocabulary, axes)
    answer = two_facts(found, across, up)
    table = _tiles(answer)
    return Figure(
        drawn(table),
        f"Level for {found.rating.scale} by {table.across} and {table.up}",
        about(found),
        (
            f"{_READING} {_now(answer, table)}{_STEPS if across.steps or up.steps else ''}",
            NO_ADVICE,
            made_from(found.pack, found.scenario.digest),
        ),
        told(table),
    )


def _tiles(answer: TwoFacts) -> Tiles:
    across, up = answer.across, answer.up
    places = [next((i for i, step in enumerate(side.steps) if step.now), -1) for side in (across, up)]
    return Tiles(
        answer.found.pack,
        _name(answer, across),
        _name(answer, up),
        tuple(_label(across, i) for i in range(len(across.steps))),
        tuple(_label(up, i) for i in range(len(up.steps))),
        tuple(tuple(Tile(cell.level, cell.level, str(cell.score)) for cell in row) for row in answer.cells),
        None if -1 in places else (places[0], places[1]),
    )


def _name(answer: TwoFacts, side: Side) -> str:
    return f"{owner(answer.found, side.axis.entity)}{side.axis.field.label}"


def _label(side: Side, at: int) -> str:
    """The values of a step in words."""
    step, field = side.steps[at], side.axis.field
    return accepted(field, step.values) if isinstance(step.values, Numbers) else field.show(step.value)


def _now(answer: TwoFacts, table: Tiles) -> str:
    """The two facts as they stand, and the level they have."""
    found = answer.found
    now = [
        f"{name} {side.axis.field.show(found.world[side.axis.entity][side.axis.field.name])}"
        for name, side in ((table.across, answer.across), (table.up, answer.up))
    ]
    level = levels(found.pack, found.rating.level, found.rating.level)
    framed = "the dashed frame" if table.here else "not in the picture"
    return f"As they stand ({framed}): {listed(now)}, {level} {found.rating.score}."
