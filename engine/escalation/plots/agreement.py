"""A backtest in pictures: how rated and coded levels fall together, and how far off each rated level was on average."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum

import altair as alt

from escalation.analysis.backtest import Answer, Backtest
from escalation.plots.figure import INK, LINE, QUIET, Chart, Figure, axis_labels, made_from, rows, wrapped
from escalation.render.words import counted, names

__all__ = ["calibration", "confusion"]

CELL = 64
_GREYS = ("#ffffff", "#9a9a9a")
_ABREAST = 2
_NOT_ACCURACY = 2  # the first lines of the plan's notes go under every picture


def confusion(found: Backtest, asked: Sequence[str] = ()) -> Figure:
    """Cases by rated and coded level, a panel for each question asked by its id (default: all)."""
    return _figure(
        found,
        asked,
        _confusion,
        "Rated and coded levels of the historical cases",
        "Each cell counts cases; framed, where both are the same. Cases above the frames were rated higher than coded.",
    )


def calibration(found: Backtest, asked: Sequence[str] = ()) -> Figure:
    """The mean coded level of the cases rated at each level, a panel for each question asked by its id."""
    return _figure(
        found,
        asked,
        _calibration,
        "Coded level of the cases rated at each level",
        "Points: the mean coded level, with the number of cases. Lines: from the least to the greatest. Dashed: where"
        " both are the same; a point under it means that cases were rated higher than they are coded.",
    )


def _figure(
    found: Backtest, asked: Sequence[str], panel: Callable[[Backtest, Answer], Chart], title: str, reading: str
) -> Figure:
    answers = [answer for answer in found.answers if not asked or answer.question.id in asked]
    charts = [
        panel(found, answer).properties(
            title=alt.TitleParams(
                wrapped(f"{answer.question.title}: {counted(len(answer.cases), 'case')}", 60),
                fontSize=12,
                offset=8,
                anchor="start",
            )
        )
        for answer in answers
    ]
    pack = found.pack
    image = f", image {pack.profile}" if pack.profile else ""
    return Figure(
        alt.concat(*charts, columns=_ABREAST, spacing=30),
        title,
        f"{pack.name} {pack.version}{image}, {counted(len(found.casebook.cases), 'case')}",
        (reading, " ".join(found.plan.notes[:_NOT_ACCURACY]), made_from(pack)),
        " ".join(_says(found, answer) for answer in answers),
    )


def _confusion(found: Backtest, answer: Answer) -> Chart:
    own = [name.upper() for name in names(found.pack)]
    most = max(map(max, answer.confusion))
    cells = [
        {
            "coded": own[j],
            "rated": own[i],
            "count": count,
            "text": str(count) if count else "",
            "same": i == j,
            "says": f"rated {own[i]}, coded {own[j]}: {counted(count, 'case')}",
        }
        for i, row in enumerate(answer.confusion)
        for j, count in enumerate(row)
    ]
    base = alt.Chart(rows(cells)).encode(
        alt.X(
            "coded:N", sort=own, title="coded", axis=alt.Axis(labelAngle=0, ticks=False, domain=False, labelPadding=6)
        ),
        alt.Y("rated:N", sort=own[::-1], title="rated", axis=alt.Axis(ticks=False, domain=False, labelPadding=6)),
    )
    tiles = base.mark_rect(stroke="#c9ced6", strokeWidth=1).encode(
        color=alt.Color("count:Q", legend=None, scale=alt.Scale(domain=[0, most], range=list(_GREYS))),
        description="says:N",
    )
    frames = base.transform_filter("datum.same").mark_rect(filled=False, stroke=INK, strokeWidth=2, aria=False)
    texts = base.mark_text(fontSize=14, fontWeight="bold", color="#000000", aria=False).encode(text="text:N")
    size = CELL * len(own)
    return alt.layer(tiles, frames, texts).properties(width=size, height=round(size * 0.62))


def _calibration(found: Backtest, answer: Answer) -> Chart:
    own = [name.upper() for name in names(found.pack)]
    last = len(own)
    points = []
    for level in range(1, last + 1):
        coded = [case.target for case in answer.cases if case.level == level]
        if coded:
            mean = fsum(coded) / len(coded)
            points.append(
                {
                    "rated": level,
                    "mean": mean,
                    "low": min(coded),
                    "high": max(coded),
                    "text": f"{mean:.1f}, n {len(coded)}",
                    "says": f"rated {own[level - 1]}: coded {mean:.1f} on average, {counted(len(coded), 'case')}",
                }
            )
    scale = alt.Scale(domain=[0.5, last + 0.7], nice=False)
    places = list(range(1, last + 1))
    label = axis_labels([["", ""], *([name] for name in own)])
    x = alt.X("rated:Q", title="rated", scale=scale, axis=alt.Axis(values=places, labelExpr=label, grid=False))
    y = alt.Y("mean:Q", title="coded", scale=scale, axis=alt.Axis(values=places, labelExpr=label))
    same = alt.Chart(rows([{"x": 1, "x2": last}])).mark_rule(strokeDash=[4, 3], color=LINE, aria=False)
    base = alt.Chart(rows(points))
    spans = base.mark_rule(strokeWidth=2, color=QUIET, aria=False).encode(x, alt.Y("low:Q", scale=scale), y2="high")
    dots = base.mark_point(filled=True, size=90, color=INK, opacity=1).encode(x, y, description="says:N")
    texts = base.mark_text(align="left", dx=8, dy=-1, aria=False).encode(x, y, text="text:N")
    size = CELL * last
    return alt.layer(same.encode(x="x:Q", y="x:Q", x2="x2", y2="x2"), spans, dots, texts).properties(
        width=size, height=round(size * 0.62)
    )


def _says(found: Backtest, answer: Answer) -> str:
    measures = answer.scores[0].measures
    number = len(answer.cases)
    exact, near = (round(number * (measures[name].value or 0)) for name in ("exact", "within_one"))
    return (
        f"{answer.question.title}: of {counted(number, 'case')} {exact} rated as coded, {near} at most one level apart."
    )
