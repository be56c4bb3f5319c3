"""How the stated uncertainty falls on the levels: a bar for each level of each scale, with its share in per cent."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from escalation.analysis.shares import ScaleShares, Shares, shares
from escalation.assess import Assessment
from escalation.plots.figure import INK, Chart, Figure, about, made_from, ramp, rows
from escalation.render.shares import NOTE, percent
from escalation.render.words import counted, listed, names

__all__ = ["figure"]

WIDTH, HEIGHT = 330, 220


def figure(found: Assessment, asked: Sequence[str] = ()) -> Figure:
    """The picture of the shares of an assessment; nothing further can be asked."""
    answer = shares(found)
    return Figure(
        alt.hconcat(*(_panel(answer, scale) for scale in answer.scales), spacing=40),
        "Share of the stated uncertainty on each level",
        about(found),
        (NOTE, _spread(answer), _how(answer), made_from(found.pack, found.scenario.digest)),
        " ".join(_says(answer, scale) for scale in answer.scales),
    )


def _panel(answer: Shares, scale: ScaleShares) -> Chart:
    pack = answer.found.pack
    own = [name.upper() for name in names(pack)]
    ends = [one.interval or (one.low, one.high) for one in scale.levels]
    bars = [
        {
            "level": own[one.level - 1],
            "share": one.share,
            "low": low,
            "high": high,
            "top": max(one.share, high or 0),
            "text": percent(one.share),
            "says": f"{own[one.level - 1]} {percent(one.share)}",
        }
        for one, (low, high) in zip(scale.levels, ends, strict=True)
    ]
    base = alt.Chart(rows(bars))
    x = alt.X(
        "level:N", sort=own, title=f"level for {scale.scale}", axis=alt.Axis(labelAngle=0, ticks=False, labelPadding=6)
    )
    y = alt.Y(
        "share:Q",
        title="share of the stated uncertainty",
        scale=alt.Scale(domain=[0, 1.08], nice=False),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    drawn = base.mark_bar(stroke=INK, strokeWidth=0.8).encode(
        x,
        y,
        color=alt.Color("level:N", legend=None, scale=alt.Scale(domain=own, range=list(ramp(pack).values()))),
        description="says:N",
    )
    texts = base.mark_text(baseline="bottom", dy=-4, fontWeight="bold", aria=False).encode(x, y="top:Q", text="text:N")
    whiskers = base.transform_filter("datum.high > datum.low").mark_rule(strokeWidth=2, color=INK, aria=False)
    spans = whiskers.encode(x, y="low:Q", y2="high")
    caps = [
        base.transform_filter("datum.high > datum.low")
        .mark_tick(thickness=2, width=12, color=INK, opacity=1, orient="horizontal", aria=False)
        .encode(x, y=f"{end}:Q")
        for end in ("low", "high")
    ]
    return alt.layer(drawn, spans, *caps, texts).properties(width=WIDTH, height=HEIGHT)


def _spread(answer: Shares) -> str:
    paths = [path for one in answer.spread for path in one.paths]
    if not paths:
        return "No fact that a rule reads states probabilities or a distribution, so all of it falls on one level."
    ranged = bool(answer.others) and answer.scales[0].levels[0].low is not None
    how = (
        "; the lines with ends show the least and the greatest share over them" if ranged and not answer.samples else ""
    )
    rest = (
        f" Open, with no spread stated, at their assumed values{how}: {listed(answer.others)}." if answer.others else ""
    )
    return f"Spread: {listed(paths)}.{rest}"


def _how(answer: Shares) -> str:
    if answer.samples:
        drawn = f"Sampled, {answer.samples:,} worlds, seed {answer.seed}"
        return f"{drawn}; lines with ends hold the exact share 95 times in 100."
    return f"Exact, {counted(answer.cells, 'cell')} of values weighed."


def _says(answer: Shares, scale: ScaleShares) -> str:
    own = names(answer.found.pack)
    told = (f"{own[one.level - 1].upper()} {percent(one.share)}" for one in scale.levels if one.share)
    return f"On {scale.scale}: {listed(list(told))}."
