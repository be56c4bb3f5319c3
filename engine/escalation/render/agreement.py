"""Agreement of two coders as a page: by field, by the levels they come to, and what their disagreements do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.agreement import Agreement, Difference, FieldAgreement
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import counted

__all__ = ["blocks"]


def blocks(found: Agreement) -> tuple[Block, ...]:
    """The page of `assess agreement`."""
    return tuple(_blocks(found))


def _blocks(found: Agreement) -> Iterator[Block]:
    cases = len(found.levels)
    yield Paragraph(f"{counted(cases, 'case')} coded by both and rated by {found.pack.name} {found.pack.version}")
    asides = (
        ("only the first has", found.only_first),
        ("only the second has", found.only_second),
        ("not rated, with a perceiver outside the pack:", found.out_of_scope),
    )
    for words, ids in asides:
        if ids:
            yield Paragraph(f"{words} {', '.join(ids)}", 2, 2)
    for i, scale in enumerate(found.pack.scales):
        same = sum(one.first[i] == one.second[i] for one in found.levels)
        yield Paragraph(
            f"{scale.name}: the two codings come to the same level in {same} of {counted(cases, 'case')}.", 2, 2
        )
    yield from _table("Agreement by field", found.fields)
    yield from _table("Agreement on the levels that the coders wrote themselves", found.codings)
    moving = [one for one in found.differences if one.moves]
    rest = len(found.differences) - len(moving)
    rows = tuple(_row(found, one) for one in moving)
    parts: list[Block] = [Table(_COLUMNS, rows)] if rows else []
    parts.append(
        Paragraph(
            f"By themselves, {counted(rest, 'other disagreement')} {'moves' if rest == 1 else 'move'} no level.", 2
        )
    )
    yield Section("Disagreements that move a level by themselves", tuple(parts))
    yield Paragraph(
        "alpha is Krippendorff's: 1 is full agreement, 0 what chance would give, - where there is nothing to tell. A"
        " field counts where either coder states it. A disagreement is carried by itself into the coding named first;"
        " an entity that one coder lacks is taken out of the other's."
    )


_COLUMNS = (
    Column(""),
    Column("fact", flex=True),
    Column("first"),
    Column("second"),
    Column("levels", right=True),
    Column("with it", right=True),
)


def _table(title: str, fields: Sequence[FieldAgreement]) -> Iterator[Block]:
    columns = (
        Column("", flex=True),
        *(Column(name, right=True) for name in ("places", "agreed", "alpha")),
        Column("metric"),
    )
    rows = tuple(
        Row((f.key, str(f.units), str(f.agreed), "-" if f.alpha is None else f"{f.alpha:.2f}", f.metric))
        for f in fields
    )
    if rows:
        yield Section(title, (Table(columns, rows),))


def _row(found: Agreement, one: Difference) -> Row:
    levels = ("/".join(map(str, levels)) for levels in (one.levels, one.with_second))
    return Row((one.case, one.path, one.first, one.second, *levels))
