"""Change notes: what differs since an earlier result, and a scenario day by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from escalation.analysis.timeline import Day
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import levels, listed, when

__all__ = ["since", "timeline"]

Json = dict[str, Any]


def since(found: Json) -> Sequence[Block]:
    """The change note of one scenario; see `analysis/since.py`."""
    then, now = found["earlier"], found["later"]
    blocks: list[Block] = []
    for change in found["ratings"]:
        text = f"{change['scale']}: {_rated(change['then'])} then, {_rated(change['now'])} now"
        blocks.append(Paragraph(text, 2, 2))
    if found["confidence"]:
        blocks.append(Paragraph(f"confidence: {found['confidence']['then']} then, {found['confidence']['now']} now", 2))
    if then["pack_digest"] != now["pack_digest"]:
        blocks.append(Paragraph(f"pack: {_pack(then)} then, {_pack(now)} now", 2, 2))
    if then["as_of"] != now["as_of"]:
        blocks.append(Paragraph(f"rated as of {when(then['as_of'])} then, {when(now['as_of'])} now", 2))
    if found["facts"]:
        rows = tuple(Row((x["fact"], _shown(x["then"]), _shown(x["now"]))) for x in found["facts"])
        blocks.append(Section("Facts", (Table((Column(), Column("then"), Column("now", flex=True)), rows),)))
    if found["rules"]:
        rows = tuple(
            Row((x["rule"], (x["now"] or x["then"])["title"], _state(x["then"]), _state(x["now"])))
            for x in found["rules"]
        )
        columns = (Column(), Column(flex=True), Column("then"), Column("now"))
        blocks.append(Section("Rules", (Table(columns, rows),)))
    same = Paragraph("Nothing differs in ratings, in facts that rules read, or in rules.", 2)
    return [Section("What changed since the earlier result", tuple(blocks) or (same,))]


def timeline(days: Sequence[Day]) -> Sequence[Block]:
    """A row for each day on which something changed."""
    shown = [one.found for one in days if one.found]
    if not shown:
        return [Paragraph("On no day was enough known to rate.")]
    scenario, scales = shown[-1].scenario, shown[-1].pack.scales
    rows = [_day(one, first=one is days[0]) for one in days]
    columns = (
        Column(),
        Column("level"),
        Column("range"),
        *(Column(scale.name, right=True) for scale in scales),
        Column("what changed", flex=True),
    )
    return [Section(f"{scenario.title}: day by day", (Table(columns, tuple(rows)),))]


def _day(one: Day, first: bool) -> Row:
    if one.found is None:
        return Row((when(one.day.isoformat()), "not rated", "", *_blank(one), "too little was known"))
    rating, pack = one.found.rating, one.found.pack
    news = [f"{later.path} became known" + (f" ({later.text})" if later.text else "") for later in one.news]
    on, off = ([f"{word} {listed(ids)}"] if ids else [] for word, ids in (("on", one.on), ("off", one.off)))
    said = "; ".join([*news, *on, *off]) or ("the first day in the file" if first else "facts count anew")
    extent = "" if rating.low == rating.high else f"{rating.low}-{rating.high}"
    scores = (str(found.score) for found in one.found.ratings)
    return Row((when(one.day.isoformat()), levels(pack, rating.level, rating.level), extent, *scores, said))


def _blank(one: Day) -> tuple[str, ...]:
    return ("", "") if one.found is None else ()


def _rated(rating: Json | None) -> str:
    if rating is None:
        return "not rated"
    extent = f", {rating['low']}-{rating['high']} of the levels" if rating["low"] != rating["high"] else ""
    return f"{rating['name'].upper()} {rating['score']}{extent}"


def _pack(end: Json) -> str:
    return f"{end['pack']} {end['pack_digest'][:8]}"


def _shown(fact: Json | None) -> str:
    if fact is None:
        return "not there"
    ground = " ".join(part for part in (fact["grade"], fact["source"]) if part)
    return f"{fact['shown']} [{ground}]" if ground else str(fact["shown"])


def _state(rule: Json | None) -> str:
    if rule is None:
        return "not there"
    points = [f"{scale} {value:+d}" for scale, value in rule["points"].items() if value]
    state = str(rule["state"]).replace("_", " ")
    state += ", assumed" if state == "cannot tell" and rule["in_assumed_world"] else ""
    return f"{state} ({', '.join(points)})" if points else state
