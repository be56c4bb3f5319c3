"""The same report as Markdown: headings, pipe tables, and code fences where spaces matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from escalation.assess import Assessment
from escalation.render.layout import Block, Paragraph, Section, Table, Verbatim
from escalation.render.panels import blocks
from escalation.render.safe import one_line, safe

__all__ = ["brief", "page", "report"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#$&])")
_BULLET = re.compile(" *- ")
_LISTED = re.compile(r"^([-+]|\d+[.)])(?=\s)")


def report(found: Assessment, detail: str = "ledger") -> str:
    """The report as Markdown, its title as the heading; lengths as for text."""
    head, *rest = blocks(found, detail)
    assert isinstance(head, Paragraph)
    return page([Section(head.text, tuple(rest))])


def brief(found: Assessment) -> str:
    """The verdict: what a notebook shows of an assessment."""
    head, *rest = blocks(found, "verdict")
    assert isinstance(head, Paragraph)
    return f"**{_escaped(head.text)}**\n\n{page(rest)}"


def page(found: Iterable[Block], level: int = 1) -> str:
    r"""Blocks as Markdown; `level` is that of the outermost headings. Indented paragraphs are items of a list.

    >>> print(page([Section("Raised by", (Paragraph("a * b"),))]))
    # Raised by
    <BLANKLINE>
    a \* b
    """
    text, in_list = "", False
    for part in (part for block in found for part in _parts(block, level)):
        listed = bool(_BULLET.match(part))
        text += ("" if not text else "\n" if listed and in_list else "\n\n") + part
        in_list = listed
    return text


def _parts(block: Block, level: int) -> list[str]:
    if isinstance(block, Paragraph):
        bullet = "  " * (block.indent // 2 - 1) + "- " if block.indent > 1 else ""
        return [bullet + _escaped(block.text)] if block.text.strip() else []
    if isinstance(block, Verbatim):
        lines = [one_line(line).rstrip() for line in block.lines]
        fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
        return ["\n".join([f"{fence}text", *lines, fence])] if any(lines) else []
    if isinstance(block, Table):
        return [_table(block)]
    title = f"{'#' * level} {_escaped(block.title)}"
    return [title, *(part for inner in block.blocks for part in _parts(inner, level + 1))]


def _table(table: Table) -> str:
    lines = [
        [_escaped(column.label) for column in table.columns],
        ["---:" if c.right else "---" for c in table.columns],
    ]
    for row in table.rows:
        cells = [_escaped(cell) for cell in row.cells]
        at = next((i for i, column in enumerate(table.columns) if column.flex), len(cells) - 1)
        cells[at] = "<br>".join([*filter(None, [cells[at]]), *map(_escaped, row.under)])
        lines.append(cells)
    return "\n".join(_row(cells) for cells in lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line; no-break spaces at its start, which indent it, are kept."""
    spaces = len(text) - len(text.lstrip("\xa0"))
    plain = " ".join(safe(text).replace("\xa0", " ").split())
    return "&nbsp;" * spaces + _LISTED.sub(lambda m: f"{m[1][:-1]}\\{m[1][-1]}", _SPECIAL.sub(r"\\\1", plain))
