"""One scenario under every image of the perceiver, side by side, with the first rule at which each parts."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.words import day, levels, listed, perceiver

__all__ = ["NEUTRAL", "parting", "side_by_side"]

NEUTRAL = "neutral"


def side_by_side(found: Sequence[Assessment]) -> Sequence[Block]:
    """A row for each assessment of one scenario; the first is under no image, and the others are held against it."""
    first, *others = found
    scenario, pack = first.scenario, first.pack
    low, high = min(one.rating.level for one in found), max(one.rating.level for one in found)
    least, most = min(one.rating.score for one in found), max(one.rating.score for one in found)
    spread = (
        f"{levels(pack, low, high)} for {first.rating.scale} under {len(found)} readings, {least} to {most} points."
        if least < most
        else f"{levels(pack, low, high)} for {first.rating.scale} under every reading, with the same points."
    )
    columns = (
        Column("image"),
        *(column for rating in first.ratings for column in (Column(rating.scale), Column("range"))),
        Column("parts at", flex=True),
    )
    rows = [Row((one.pack.profile or NEUTRAL, *_figures(one), _parting(first, one))) for one in found]
    images = [Row((one.pack.profile, one.pack.profiles[one.pack.profile].title)) for one in others]
    head = f"{scenario.title}, as of {day(scenario.as_of)}, read as {perceiver(first)}"
    return [
        Paragraph(head),
        Paragraph(spread),
        Section("Images of the perceiver", (Table(columns, tuple(rows)),)),
        *([Section("What each image holds", (Table((Column(), Column(flex=True)), tuple(images)),))] if images else []),
    ]


def parting(first: Pack, fired: Sequence[str], other: Pack, others: Sequence[str]) -> str:
    """The rules that give another number of points under another image, in pack order, with both numbers."""
    parted = []
    there = {rule.id: rule for rule in other.rules}
    for rule in first.rules:
        was = rule.then.points if rule.id in fired else {}
        now = there[rule.id].then.points if rule.id in others else {}
        differing = [scale.name for scale in first.scales if was.get(scale.name, 0) != now.get(scale.name, 0)]
        if differing:
            scale = differing[0]
            parted.append(f"{rule.id} {signed(was.get(scale, 0))} to {signed(now.get(scale, 0))}")
    return listed(parted) if parted else "no rule that fired: same sums"


def _parting(first: Assessment, one: Assessment) -> str:
    return "the pack as it is" if one is first else parting(first.pack, first.fired, one.pack, one.fired)


def _figures(found: Assessment) -> tuple[str, ...]:
    cells = []
    for rating in found.ratings:
        cells.append(f"{rating.name.upper()} {rating.score}")
        cells.append(f"{rating.low}-{rating.high}" if rating.low < rating.high else str(rating.low))
    return tuple(cells)
