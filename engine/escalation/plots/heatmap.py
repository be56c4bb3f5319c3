"""Two facts varied together: the level in each cell, and thick lines where it changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt

from escalation.analysis.rated import Rated
from escalation.analysis.two_facts import Side, TwoFacts, two_facts
from escalation.analysis.vary import parse_axes
from escalation.assess import Assessment
from escalation.plots.figure import (
    INK,
    LETTER,
    NO_ADVICE,
    Chart,
    Figure,
    about,
    banded,
    ink_on,
    made_from,
    ramp,
    rows,
    wrapped,
)
from escalation.render.moves import accepted, owner
from escalation.render.words import levels, listed, names
from escalation.sets import Numbers

__all__ = ["figure"]

WIDTH, WIDEST, NARROWEST = 700, 116, 30  # of the picture, and of a cell
HEIGHT, LOWEST = 150, 42  # at least
_READING = (
    "Each cell: the level on the pack's rules and under it the score; thick lines part levels. Every other fact stands"
    " as stated or assumed."
)
_STEPS = " Numbers are cut exactly where a rule draws a line, so the width of a cell says nothing."
_TILT: dict[str, Any] = {"labelAngle": -40, "labelAlign": "right", "labelBaseline": "middle"}
_TILTED = 60  # cells narrower than this have tilted labels under them


def figure(found: Assessment, axes: Sequence[str]) -> Figure:
    """The picture of two axes, each written PATH=VALUES. Raises InputError."""
    across, up = parse_axes(found.scenario, found.pack.vocabulary, axes)
    answer = two_facts(found, across, up)
    scale = found.rating.scale
    return Figure(
        _chart(answer),
        f"Level for {scale} by {_name(answer, answer.across)} and {_name(answer, answer.up)}",
        about(found),
        (
            f"{_READING} {_now(answer)}{_STEPS if across.steps or up.steps else ''}",
            NO_ADVICE,
            made_from(found.pack, found.scenario.digest),
        ),
        _says(answer),
    )


def _chart(answer: TwoFacts) -> Chart:
    pack = answer.found.pack
    columns, lines = (len(side.steps) for side in (answer.across, answer.up))
    width = max(NARROWEST, min(WIDEST, WIDTH / columns))
    colours, every = ramp(pack), names(pack)
    room = int(width / LETTER)
    spelled = all(len(name) * 1.25 <= room for name in every)
    cells = [
        {
            "x": j,
            "x2": j + 1,
            "y": i,
            "y2": i + 1,
            "mid": j + 0.5,
            "row": i + 0.5,
            "key": f"{cell.level} {every[cell.level - 1].upper()}",
            "level": every[cell.level - 1].upper() if spelled else str(cell.level),
            "score": f"score {cell.score}" if spelled else str(cell.score),
            "ink": ink_on(colours[every[cell.level - 1]]),
            "says": f"{_label(answer.across, j)}; {_label(answer.up, i)}: {_told(answer, cell)}",
        }
        for i, row in enumerate(answer.cells)
        for j, cell in enumerate(row)
    ]
    present = {str(cell["key"]) for cell in cells}
    keys = [key for i, name in enumerate(every, 1) if (key := f"{i} {name.upper()}") in present]
    under = [wrapped(_label(answer.across, j), max(9, room) if width >= _TILTED else 60) for j in range(columns)]
    beside = [wrapped(_label(answer.up, i), 30) for i in range(lines)]
    x = alt.X(
        "x:Q",
        title=_name(answer, answer.across),
        scale=alt.Scale(domain=[0, columns], nice=False),
        axis=banded(under, **(_TILT if width < _TILTED else {})),
    )
    y = alt.Y(
        "y:Q", title=_name(answer, answer.up), scale=alt.Scale(domain=[0, lines], nice=False), axis=banded(beside)
    )
    base = alt.Chart(rows(cells))
    tiles = base.mark_rect(stroke="white", strokeWidth=1).encode(
        x,
        y,
        x2="x2",
        y2="y2",
        color=alt.Color(
            "key:N",
            title="level",
            sort=keys,
            scale=alt.Scale(domain=keys, range=[colours[every[int(key.split()[0]) - 1]] for key in keys]),
        ),
        description="says:N",
    )
    places = {"x": "mid:Q", "y": "row:Q", "color": alt.Color("ink:N", scale=None)}
    above = base.mark_text(baseline="bottom", dy=2, fontWeight="bold", aria=False).encode(text="level:N", **places)
    below = base.mark_text(baseline="top", dy=4, fontSize=10, aria=False).encode(text="score:N", **places)
    edges = (
        alt.Chart(rows(list(_edges(answer))))
        .mark_rule(strokeWidth=3, color="#000000", strokeCap="square", aria=False)
        .encode(x="x:Q", y="y:Q", x2="x2", y2="y2")
    )
    return alt.layer(tiles, above, below, edges, *_here(answer)).properties(
        width=width * columns, height=max(HEIGHT, LOWEST * lines)
    )


def _edges(answer: TwoFacts) -> Iterator[dict[str, Any]]:
    """The sides of cells across which the level changes."""
    for i, row in enumerate(answer.cells):
        for j, cell in enumerate(row):
            if j and row[j - 1].level != cell.level:
                yield {"x": j, "x2": j, "y": i, "y2": i + 1}
            if i and answer.cells[i - 1][j].level != cell.level:
                yield {"x": j, "x2": j + 1, "y": i, "y2": i}


def _here(answer: TwoFacts) -> list[alt.Chart]:
    """A dashed frame around the cell of the facts as they stand; nothing where they are not in the picture."""
    places = [next((i for i, step in enumerate(s.steps) if step.now), None) for s in (answer.across, answer.up)]
    if None in places:
        return []
    j, i = (float(place or 0) for place in places)
    inside = 0.04
    frame = {"x": j + inside, "x2": j + 1 - inside, "y": i + 2 * inside, "y2": i + 1 - 2 * inside}
    base = alt.Chart(rows([frame])).encode(x="x:Q", y="y:Q", x2="x2", y2="y2")
    return [
        base.mark_rect(filled=False, stroke="white", strokeWidth=3.5, aria=False),
        base.mark_rect(filled=False, stroke=INK, strokeWidth=1.5, strokeDash=[4, 3], aria=False),
    ]


# -- words


def _name(answer: TwoFacts, side: Side) -> str:
    return f"{owner(answer.found, side.axis.entity)}{side.axis.field.label}"


def _at(answer: TwoFacts, side: Side) -> str:
    """A fact with the value that it has as it stands."""
    field = side.axis.field
    return f"{_name(answer, side)} {field.show(answer.found.world[side.axis.entity][field.name])}"


def _label(side: Side, at: int) -> str:
    """The values of a step in words."""
    step, field = side.steps[at], side.axis.field
    return accepted(field, step.values) if isinstance(step.values, Numbers) else field.show(step.value)


def _told(answer: TwoFacts, cell: Rated) -> str:
    return f"{levels(answer.found.pack, cell.level, cell.level)} {cell.score}"


def _now(answer: TwoFacts) -> str:
    now = [_at(answer, side) for side in (answer.across, answer.up)]
    rating = answer.found.rating
    level = levels(answer.found.pack, rating.level, rating.level)
    framed = "the dashed frame" if _here(answer) else "not in the picture"
    return f"As they stand ({framed}): {listed(now)}, {level} {rating.score}."


def _says(answer: TwoFacts) -> str:
    lines = []
    for i, row in enumerate(answer.cells):
        cells = (f"{_label(answer.across, j)} {_told(answer, cell)}" for j, cell in enumerate(row))
        lines.append(f"{_label(answer.up, i)}: {', '.join(cells)}")
    return f"{_name(answer, answer.across)} across, {_name(answer, answer.up)} up. {'. '.join(lines)}."
