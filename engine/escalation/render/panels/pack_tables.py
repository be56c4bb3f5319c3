"""What stands beside the rating: every panel of the pack, printed by the same code whatever it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.assess import Assessment
from escalation.beside import Beside, Shown, beside
from escalation.ledger import YES
from escalation.pack import Panel
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import levels, listed

__all__ = ["every_table", "table", "tables"]


def tables(found: Assessment) -> Sequence[Block]:
    """The panels of the ordinary report, and the titles of those that the full one adds."""
    shown = beside(found)
    more = [one.panel.title for one in shown if one.panel.detail == "full"]
    blocks: list[Block] = [table(found, one) for one in shown if one.panel.detail != "full"]
    return [*blocks, GAP, Paragraph(f"With --detail full also: {'; '.join(more)}.")] if more else blocks


def every_table(found: Assessment) -> Sequence[Block]:
    """Every panel of the pack that has something to show."""
    return [table(found, one) for one in beside(found)]


def table(found: Assessment, shown: Beside) -> Section:
    """One panel: what it is, its rows with what called for each, and what it rests on."""
    panel = shown.panel
    keys = list(_keys(found, shown.rows))
    beside_key = [name for name in panel.columns if name not in panel.under]
    labels = beside_key if len(beside_key) > 1 else [""]
    columns = (*([Column()] if any(keys) else []), *map(Column, labels[:-1]), Column(labels[-1], flex=True))
    rows = tuple(_row(panel, key, row, any(keys)) for key, row in zip(keys, shown.rows, strict=True))
    basis = [Paragraph(f"Rests on {listed(panel.basis)}.", 2)] if panel.basis else []
    about = [Paragraph(panel.says, 2)] if panel.says else []
    return Section(panel.title, (*about, Table(columns, rows), *basis))


def _row(panel: Panel, key: str, row: Shown, keyed: bool) -> Row:
    cells = dict(zip(panel.columns, row.cells, strict=True))
    shown = tuple(cells[name] for name in panel.columns if name not in panel.under)
    under = [f"{name}: {cells[name]}" for name in panel.under if cells[name]]
    touched = f"touched by {listed(row.rules)}" if row.rules else "not touched"
    under += [touched] if row.pathway else []
    under += [f"rests on {listed(row.basis)}"] if row.basis else []
    return Row(((key,) if keyed else ()) + shown, tuple(under))


def _keys(found: Assessment, rows: Sequence[Shown]) -> Iterator[str]:
    """What called for each row, said once for rows that follow each other."""
    last = ""
    for row in rows:
        key = _key(found, row)
        yield "" if key == last and row.levels else key
        last = key


def _key(found: Assessment, row: Shown) -> str:
    if row.levels:
        return levels(found.pack, min(row.levels), max(row.levels))
    if row.pathway:
        return row.pathway.partition("_")[0]
    return "" if row.state == YES and not row.rules else "open" if row.state != YES else listed(row.rules)
