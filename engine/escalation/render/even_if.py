"""How far each fact may move with no change of level, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.even_if import Cliff, EvenIf, Room
from escalation.analysis.fixing import Outcome, joined
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.moves import accepted, foot, owner
from escalation.render.words import levels, listed

__all__ = ["blocks"]


def blocks(answer: EvenIf) -> Sequence[Block]:
    """The whole answer."""
    rating, pack = answer.found.rating, answer.found.pack
    now = levels(pack, rating.level, rating.level)
    text = f"{now} for {rating.scale}, score {rating.score}. Each fact moved by itself, the others as they stand."
    return [
        Paragraph(text),
        *_moving(answer, now),
        *_range(answer),
        *_cliffs(answer),
        *_free(answer),
        *foot([answer.found]),
    ]


def _moving(answer: EvenIf, now: str) -> Iterator[Section]:
    rows = []
    for room in answer.rooms:
        if room.anywhere:
            continue
        gone = [one for one in room.outcomes if one.level != answer.found.rating.level]
        here = accepted(room.fact.field, room.keeps, brief=True)
        rows.append(Row((_fact(answer, room), here, "; ".join(_outcome(answer, room, one) for one in gone))))
    columns = (Column(""), Column(f"stays {now} at"), Column("else", flex=True))
    if rows:
        yield Section("Would change the level", (Table(columns, tuple(rows)),))
    else:
        yield Section("Would change the level", (Paragraph("no fact by itself", 2),))


def _range(answer: EvenIf) -> Iterator[Section]:
    """The facts that move an end of the range, where there is one."""
    rating, pack = answer.found.rating, answer.found.pack
    rows = []
    for room in answer.rooms:
        if rating.low == rating.high or room.range_keeps == room.fact.field.domain:
            continue
        ends: dict[tuple[int, int], list[Outcome]] = {}
        for one in room.outcomes:
            if (one.low, one.high) != (rating.low, rating.high):
                ends.setdefault((one.low, one.high), []).append(one)
        told = []
        for (low, high), group in ends.items():
            values = joined(room.fact.field, (one.values for one in group))
            assert values is not None
            told.append(f"{accepted(room.fact.field, values)}: {levels(pack, low, high)}")
        rows.append(Row((_fact(answer, room), "; ".join(told))))
    if rows:
        title = f"Would change the range, {levels(pack, rating.low, rating.high)}"
        yield Section(title, (Table((Column(), Column(flex=True)), tuple(rows)),))


def _cliffs(answer: EvenIf) -> Iterator[Section]:
    rows = []
    for room in answer.rooms:
        for cliff in room.cliffs:
            rows.append(Row((_beside(answer, room, cliff), _beyond(answer, cliff))))
    near = f"{answer.near:.0%}"
    if rows:
        yield Section("Cliff edges", (Table((Column(flex=True), Column("beyond it")), tuple(rows)),))
    else:
        yield Section(
            "Cliff edges", (Paragraph(f"no stated number lies within {near} of a line that a rule draws", 2),)
        )


def _beside(answer: EvenIf, room: Room, cliff: Cliff) -> str:
    field = room.fact.field
    end = {"value": "", "low": "low end, ", "high": "high end, ", "one_of": "one value, "}[cliff.end]
    name = f"{listed([f'${p}' for p in cliff.parameters])}, " if cliff.parameters else ""
    gap = (
        "on"
        if cliff.number == cliff.line
        else f"{field.show(cliff.gap)} {'under' if cliff.number < cliff.line else 'past'}"
    )
    asks = f"{listed(cliff.rules)} ask{'s' if len(cliff.rules) == 1 else ''}"
    return f"{_fact(answer, room)}: {end}{field.show(cliff.number)} is {gap} {name}{field.show(cliff.line)}; {asks}"


def _beyond(answer: EvenIf, cliff: Cliff) -> str:
    rating = answer.found.rating
    if (cliff.level, cliff.score) == (rating.level, rating.score):
        return "no change by itself"
    return f"{rating.score} -> {cliff.score} {levels(answer.found.pack, cliff.level, cliff.level)}"


def _free(answer: EvenIf) -> Iterator[Section]:
    """The facts that may be anything, those that touch nothing apart from those that move the score."""
    rating = answer.found.rating
    still: list[str] = []
    scored: list[str] = []
    for room in answer.rooms:
        if room.anywhere:
            (scored if any(one.score != rating.score for one in room.outcomes) else still).append(_name(answer, room))
    blocks: list[Block] = []
    if scored:
        blocks.append(Paragraph(f"the score moves: {'; '.join(scored)}", 2, 2))
    if still:
        blocks.append(Paragraph(f"the score stays too: {'; '.join(still)}", 2, 2))
    if blocks:
        yield Section("No value changes the level", tuple(blocks))


def _outcome(answer: EvenIf, room: Room, one: Outcome) -> str:
    name = levels(answer.found.pack, one.level, one.level)
    return f"{accepted(room.fact.field, one.values)}: {one.score} {name}"


def _fact(answer: EvenIf, room: Room) -> str:
    now = f"{'open, taken as ' if room.fact.state == 'open' else ''}{room.fact.field.show(room.value)}"
    return f"{_name(answer, room)}, {now}"


def _name(answer: EvenIf, room: Room) -> str:
    place = "assumed" if room.fact.state == "assumed" else f"@{room.fact.mark.line}"
    return f"{owner(answer.found, room.entity)}{room.fact.field.label} ({place})"
