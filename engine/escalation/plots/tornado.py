"""What each fact does by itself: from the least to the greatest score that its values reach, widest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import altair as alt

from escalation.analysis.even_if import Room, even_if
from escalation.analysis.fixing import Outcome
from escalation.assess import Assessment
from escalation.plots.figure import (
    INK,
    LETTER,
    LINE,
    NO_ADVICE,
    QUIET,
    Chart,
    Figure,
    about,
    banded,
    made_from,
    rows,
    wrapped,
)
from escalation.render.moves import accepted, owner
from escalation.render.words import counted, levels, names

__all__ = ["MOST", "figure"]

MOST = 18
"""Facts drawn; the caption counts the rest."""
HEIGHT, WIDTH = 38, 360  # of a row, and of the widest bar at least
RAISES, LOWERS = "#9b3d12", "#9ecae1"  # dark and light, so that they part without colour too
_VALUE = 44  # letters of a value beside a bar
_SIDES: dict[str, tuple[Literal["left", "right"], int]] = {"low": ("right", -5), "high": ("left", 5)}
_READING = (
    "Bars go to the least (light) and the greatest (dark) score that some value of the one fact reaches, every other"
    " fact as stated or assumed; at each end that value, and the level where it is another. Dashed: where levels start,"
    " before floors and ceilings. Facts that move no score by themselves are not shown."
)


class _Bar(NamedTuple):
    """A fact with its lowest and its highest outcome; None where it goes no way from where it is."""

    room: Room
    low: Outcome | None
    high: Outcome | None

    def reach(self, score: int) -> int:
        """How many points there are between its ends."""
        return (self.high.score if self.high else score) - (self.low.score if self.low else score)


def figure(found: Assessment, asked: Sequence[str] = ()) -> Figure:
    """The picture of every single fact of an assessment; nothing further can be asked."""
    bars = sorted(_bars(found), key=lambda bar: -bar.reach(found.rating.score))
    shown, rest = bars[:MOST], bars[MOST:]
    rating, pack = found.rating, found.pack
    now = f"The line is the score as it stands, {rating.score} ({levels(pack, rating.level, rating.level)})."
    left = f" {counted(len(rest), 'further fact')} that move the score less are left out." if rest else ""
    return Figure(
        _chart(found, shown),
        f"What each fact does by itself to the score for {rating.scale}",
        about(found),
        (
            f"{now} {_READING}{left}",
            NO_ADVICE,
            made_from(pack, found.scenario.digest),
        ),
        " ".join(_says(found, bar) for bar in shown) or "No fact moves the score by itself.",
    )


def _bars(found: Assessment) -> Iterator[_Bar]:
    score = found.rating.score
    for room in even_if(found).rooms:
        low, high = (pick(room.outcomes, key=lambda one: one.score) for pick in (min, max))
        if low.score < high.score:
            yield _Bar(room, low if low.score < score else None, high if high.score > score else None)


def _chart(found: Assessment, bars: Sequence[_Bar]) -> Chart:
    score = found.rating.score
    ends = [one.score for bar in bars for one in (bar.low, bar.high) if one] + [score]
    unit = WIDTH / max(1, max(ends) - min(ends))
    told = list(_ends(found, bars))
    left = min([score, *(one["to"] - len(one["text"]) * LETTER / unit for one in told if one["side"] == "low")])
    right = max([score, *(one["to"] + len(one["text"]) * LETTER / unit for one in told if one["side"] == "high")])
    left, right = left - 12 / unit, right + 12 / unit
    x = alt.X(
        "from:Q",
        title=f"score for {found.rating.scale}",
        scale=alt.Scale(domain=[left, right], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )
    labels = [wrapped(_label(found, bar.room), 52) for bar in bars]
    y = alt.Y(
        "row:Q",
        title=None,
        scale=alt.Scale(domain=[len(bars), 0], nice=False),
        axis=banded(labels, labelPadding=8),
    )
    base = alt.Chart(rows(told))
    drawn = base.mark_bar(stroke=INK, strokeWidth=0.8, height=HEIGHT * 0.44).encode(
        x,
        y,
        x2="to",
        color=alt.Color("side:N", legend=None, scale=alt.Scale(domain=["low", "high"], range=[LOWERS, RAISES])),
        description="says:N",
    )
    texts = [base.encode(x="to:Q", y="row:Q", text="text:N").transform_filter(f"datum.side == '{s}'") for s in _SIDES]
    halo: dict[str, Any] = {
        "stroke": "white",
        "strokeWidth": 4,
        "aria": False,
    }  # so that a line behind leaves the words readable
    words = [
        mark
        for text, (align, dx) in zip(texts, _SIDES.values(), strict=True)
        for mark in (text.mark_text(align=align, dx=dx, **halo), text.mark_text(align=align, dx=dx, aria=False))
    ]
    home = alt.Chart(rows([{"x": score}])).mark_rule(color=INK, strokeWidth=2, aria=False).encode(x="x:Q")
    return alt.layer(*_thresholds(found, left, right, unit), drawn, home, *words).properties(
        width=round((right - left) * unit), height=max(60, HEIGHT * len(bars))
    )


def _ends(found: Assessment, bars: Sequence[_Bar]) -> Iterator[dict[str, Any]]:
    """Every end of every bar as a record."""
    score = found.rating.score
    for i, bar in enumerate(bars):
        for side, one in (("low", bar.low), ("high", bar.high)):
            if one is not None:
                value = accepted(bar.room.fact.field, one.values, brief=True)
                short = value if len(value) <= _VALUE else value[: _VALUE - 3].rstrip() + "..."
                moves = one.level != found.rating.level
                level = f" {levels(found.pack, one.level, one.level)}" if moves else ""
                yield {
                    "row": i + 0.5,
                    "from": score,
                    "to": one.score,
                    "side": side,
                    "text": f"{short}: {one.score}{level}",
                    "says": f"{_label(found, bar.room)}; at {value} {one.score}{level}",
                }


def _thresholds(found: Assessment, left: float, right: float, unit: float) -> list[alt.Chart]:
    """Dashed lines where levels start, each with the name of the level above it."""
    starts = found.pack.scales[0].thresholds
    own = names(found.pack)
    cuts: list[dict[str, Any]] = [
        {"x": start, "name": own[i].upper()} for i, start in enumerate(starts, 1) if left < start < right
    ]
    if not cuts:
        return []
    # a name has room up to the next line; where it has not, every other one stands a line higher
    tight = any((b["x"] - a["x"]) * unit < 12 * LETTER for a, b in pairwise(cuts))
    placed = [{**cut, "lift": i % 2 if tight else 0} for i, cut in enumerate(cuts)]
    base = alt.Chart(rows(placed))
    lines = base.mark_rule(color=LINE, strokeDash=[4, 3], aria=False).encode(x="x:Q")
    texts = [
        base.transform_filter(f"datum.lift == {lift}")
        .mark_text(align="left", baseline="bottom", dx=2, dy=-2 - 12 * lift, fontSize=10, color=QUIET, aria=False)
        .encode(x="x:Q", y=alt.value(0), text="name:N")
        for lift in (0, 1)
    ]
    return [lines, *texts]


# -- words


def _label(found: Assessment, room: Room) -> str:
    """A fact and what it is taken to be."""
    state = {"open": "open, taken as ", "assumed": "assumed "}.get(room.fact.state, "")
    return f"{owner(found, room.entity)}{room.fact.field.label}, {state}{room.fact.field.show(room.value)}"


def _says(found: Assessment, bar: _Bar) -> str:
    ends = [
        f"{accepted(bar.room.fact.field, one.values)} {one.score} {levels(found.pack, one.level, one.level)}"
        for one in (bar.low, bar.high)
        if one
    ]
    return f"{_label(found, bar.room)}: {'; '.join(ends)}."
