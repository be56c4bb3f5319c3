"""The terms of an item in one table, and what each item of a package adds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from escalation.analysis.rated import Rated, of
from escalation.analysis.terms import Cell, Terms
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.moves import accepted, foot
from escalation.render.words import entity_name, levels, listed

__all__ = ["blocks"]


def blocks(answer: Terms) -> Sequence[Block]:
    """The whole answer."""
    return [Paragraph(_headline(answer)), *_tables(answer), *_package(answer), *foot([answer.found])]


def _headline(answer: Terms) -> str:
    pack = answer.found.pack
    scores = [cell.ratings[0] for cell in answer.cells]
    low, high = min(scores, key=lambda r: (r.level, r.score)), max(scores, key=lambda r: (r.level, r.score))
    terms = listed([axis.field.label for axis in answer.axes])
    name = entity_name(answer.found, answer.item)
    span = f"{low.score} {levels(pack, low.level, low.level)} to {high.score} {levels(pack, high.level, high.level)}"
    rest = " The other items stand as stated." if answer.parts else ""
    unasked = answer.parts and not answer.chosen
    which = " It is the item without which the rest rates lowest; another: --item ID." if unasked else ""
    return f"{name} under each {terms}: {span}, all else as stated and assumed.{rest}{which}"


def _tables(answer: Terms) -> list[Block]:
    """A table for each scale: the last axis across, the others down."""
    return [_table(answer, i, scale.name) for i, scale in enumerate(answer.found.pack.scales)]


def _table(answer: Terms, index: int, scale: str) -> Section:
    *down, across = answer.axes
    cells = {cell.runs: cell for cell in answer.cells}
    rows = []
    before: tuple[int, ...] = ()
    for place in product(*(range(len(axis.runs)) for axis in down)):
        labels = [
            "" if i < len(down) - 1 and place[: i + 1] == before[: i + 1] else accepted(axis.field, axis.runs[place[i]])
            for i, axis in enumerate(down)
        ]
        shown = [_cell(answer, cells[*place, run], index) for run in range(len(across.runs))]
        rows.append(Row((*labels, *shown)))
        before = place
    columns = (
        *(Column(axis.field.label, flex=i == 0) for i, axis in enumerate(down)),
        *(Column(accepted(across.field, run)) for run in across.runs),
    )
    note = f"Across: {across.field.label}. * is what is stated or assumed; ranges are over the other open facts."
    return Section(scale, (Table(columns, tuple(rows)), Paragraph(note, 2)))


def _cell(answer: Terms, cell: Cell, index: int) -> str:
    rating = cell.ratings[index]
    extent = f"\xa0({rating.low}-{rating.high})" if rating.low < rating.high else ""
    star = "\xa0*" if cell.stated else ""
    return f"{rating.score}\xa0{levels(answer.found.pack, rating.level, rating.level)}{extent}{star}"


def _package(answer: Terms) -> list[Block]:
    if not answer.parts:
        return []
    whole = of(answer.found)
    rows = [
        Row(
            (
                entity_name(answer.found, part.at),
                signed(whole.score - part.without.score) if part.without else "",
                _shown(answer, part.without) if part.without else "nothing left",
                _shown(answer, part.alone),
            )
        )
        for part in answer.parts
    ]
    rows.append(Row(("the package", "", _shown(answer, whole), "")))
    columns = (Column(flex=True), Column("adds", right=True), Column("dropping it gives"), Column("alone"))
    return [Section("The package", (Table(columns, tuple(rows)),))]


def _shown(answer: Terms, found: Rated) -> str:
    return f"{found.score} {levels(answer.found.pack, found.level, found.level)}"
