"""Rival explanations as a matrix: what speaks against each, what tells them apart, and what would show which holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.ach import Ach, Weighed
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import counted, day, listed, weakest

__all__ = ["blocks"]


def blocks(found: Ach) -> tuple[Block, ...]:
    """The page of `assess ach`."""
    scenario, matrix = found.assessment.scenario, found.matrix
    explained = tuple(Row((h.id, f"{h.title[:1].upper()}{h.title[1:]}. {h.says}")) for h in matrix.hypotheses)
    parts: list[Block] = [
        Paragraph(f"{scenario.title}, as of {day(scenario.as_of)}"),
        Section(f"{matrix.title} (J)", (Table((Column(), Column(flex=True)), explained),)),
    ]
    parts += _weighed(found) if found.telling else _nothing(found)
    alike = [one for one in found.counted if one not in found.telling]
    if alike:
        parts.append(_listed("Goes with every explanation alike, and tells nothing apart", found, alike))
    if found.not_counted:
        parts.append(_listed("Not counted: rests on an assumption or on an open fact", found, found.not_counted))
    watch = tuple(Row((h.id, h.watch)) for h in matrix.hypotheses)
    parts.append(Section("What would show which holds", (Table((Column(), Column(flex=True)), watch),)))
    return (*parts, Paragraph(_foot(found)))


def _weighed(found: Ach) -> Iterator[Block]:
    hypotheses = found.matrix.hypotheses
    marks = [Column(h.id) for h in hypotheses]
    columns = (Column(), Column(flex=True), *marks, Column("apart", right=True), Column("rests on"))
    rows = [
        Row(
            (
                one.item.id,
                f"{one.text} {one.item.because}",
                *(one.item.marks[h.id] for h in hypotheses),
                str(found.apart(one)),
                weakest(found.assessment, one.line),
            )
        )
        for one in found.telling
    ]
    against = Row(("", "speaks against", *(str(found.against(h)) for h in hypotheses), "", ""))
    yield Section("What tells them apart", (Table(columns, (*rows, against)),))
    least = found.least()
    alike = " alike" if len(least) > 1 else ""
    hangs = listed([one.item.id for one in found.hangs_on])
    alone = "it" if len(found.hangs_on) == 1 else "any one of them"
    hanging = f"That hangs on {hangs}: without {alone} it is otherwise." if hangs else "No single item decides that."
    yield Paragraph(f"Least speaks against {listed(least)}{alike}. {hanging}", 2)


def _nothing(found: Ach) -> Iterator[Block]:
    bearing = f"{counted(len(found.counted), 'stated item')}, with which all of them go alike"
    said = bearing if found.counted else "nothing that is stated bears on them"
    yield Paragraph(f"No stated fact tells the explanations apart: {said}. There is no matrix.", 2)


def _listed(title: str, found: Ach, items: Sequence[Weighed]) -> Section:
    rows = tuple(Row((one.item.id, one.text, weakest(found.assessment, one.line))) for one in items)
    return Section(title, (Table((Column(), Column(flex=True), Column("rests on")), rows),))


def _foot(found: Ach) -> str:
    worth = ", ".join(f"{mark} {value:+d}" if value else f"{mark} 0" for mark, value in found.matrix.worth.items())
    basis = f" Rests on {listed(found.matrix.basis)}." if found.matrix.basis else ""
    return (
        f"Marks: {worth}. An explanation is judged by what speaks against it; an item by how far apart its marks lie."
        f" No score is a likelihood, and none of it reaches the rating.{basis}"
    )
