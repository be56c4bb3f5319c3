"""Pages as data: paragraphs, tables and sections, and how they become lines of text.

A command says what it has to say as a tuple of `Block`s, in plain words; `page` lays them out at a width, and
`render/markdown.py` writes the same blocks as Markdown. Text of a scenario needs no care from the caller: every word is
made safe here, once, before it is measured. Colour is put on last, over finished lines, so nothing depends on it.

    blocks = [Section("Settled by", (Paragraph("Within 90 days ...", indent=2),))]
    click.echo(page(blocks, look("auto")))
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias
from unicodedata import category, east_asian_width

import click

from escalation.facts import Fact
from escalation.render.safe import one_line, safe

__all__ = [
    "GAP",
    "PLAIN",
    "Block",
    "Column",
    "Look",
    "Paragraph",
    "Row",
    "Section",
    "Table",
    "Verbatim",
    "attribution",
    "bar",
    "columns_of",
    "gauge",
    "heading",
    "level_range",
    "look",
    "pad",
    "page",
    "signed",
    "wrap",
]

NARROWEST, WIDEST = 80, 100
BETWEEN = 2
LETTERS = {"reported_fact": "F", "assumption": "A", "judgement": "J"}
_LEAST_FLEX = 24
_NAME = re.compile(r"[$_]|\w\.\w")
_WORD = re.compile(r"[^ \t\n\r\f\v]+")


class Look(NamedTuple):
    """How a page is laid out: columns it may use, whether colour is wanted, and the words to colour as levels."""

    width: int = WIDEST
    colour: bool = False
    levels: tuple[str, ...] = ()


class Column(NamedTuple):
    """A column of a table. One column of a table may be `flex`: it takes what the others leave, and wraps."""

    label: str = ""
    right: bool = False
    flex: bool = False


class Row(NamedTuple):
    """A row of cells; `under` are further lines that belong to its flexible cell."""

    cells: tuple[str, ...]
    under: tuple[str, ...] = ()


class Table(NamedTuple):
    """Rows under columns. As the first block of a section, its labels stand on the line of the heading."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    indent: int = 2


class Paragraph(NamedTuple):
    """Wrapped text. `indent` spaces before every line, `hang` more before every line but the first."""

    text: str
    indent: int = 0
    hang: int = 0


class Verbatim(NamedTuple):
    """Lines that keep their spaces: bars, excerpts of files. Lines wider than the page are cut into several."""

    lines: tuple[str, ...]


class Section(NamedTuple):
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


Block: TypeAlias = Paragraph | Table | Verbatim | Section
PLAIN = Look()
GAP = Verbatim(("",))
"""An empty line."""


def look(color: str = "auto", levels: Iterable[str] = ()) -> Look:
    """The look for standard output. `color` is auto, always or never.

    auto is colour on a terminal only, and never where NO_COLOR is set to anything or TERM is "dumb". The width is that
    of the terminal (or COLUMNS), kept between 80 and 100; a pipe or a file gets 100.
    """
    quiet = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    colour = color == "always" or (color == "auto" and not quiet and sys.stdout.isatty())
    return Look(max(NARROWEST, min(WIDEST, _columns_there())), colour, tuple(levels))


def page(blocks: Iterable[Block], look: Look = PLAIN) -> str:
    """The blocks as text, sections set apart by an empty line, without a newline at the end.

    >>> print(page([Paragraph("One."), Section("Raised by", (Paragraph("Two.", indent=2),))]))
    One.
    <BLANKLINE>
    RAISED BY
      Two.
    """
    lines: list[str] = []
    for block in blocks:
        if lines and isinstance(block, Section):
            lines.append("")
        lines += _lines(block, look)
    text = "\n".join(line.rstrip() for line in lines)
    return _coloured(text, look) if look.colour else text


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining ones none.

    >>> columns_of("naïve"), columns_of("nai" + chr(0x308) + "ve"), columns_of("日本")
    (5, 5, 4)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, width: int, right: bool = False) -> str:
    """The text filled up to a width; `right` puts it at the right end.

    >>> pad("+3", 5, right=True) + "|" + pad("日本", 5) + "|"
    '   +3|日本 |'
    """
    space = " " * max(0, width - columns_of(text))
    return space + text if right else text + space


def wrap(text: str, width: int, indent: int = 0, hang: int = 0) -> list[str]:
    """Lines of at most `width` columns, indented by `indent`, and by `hang` more from the second on.

    Runs of white space count as one space; a word longer than a line is cut. A no-break space (U+00A0) is kept as a
    space at which no line ends, so that a number stays with its unit.

    >>> wrap("raised by: a weapon", 14, 2, 2)
    ['  raised by: a', '    weapon']
    """
    lines, line = [], " " * indent
    room = max(1, width - indent - hang)
    for word in (piece for long in _WORD.findall(safe(text)) for piece in _pieces(long, room)):
        if line.strip(" ") and columns_of(line) + 1 + columns_of(word.rstrip("\xa0")) > width:
            lines += [line] if line.strip() else []  # a word of no-break spaces alone shows nothing
            line = " " * (indent + hang)
        line += f" {word}" if line.strip(" ") else word
    lines += [line] if line.strip() else []
    return [line.replace("\xa0", " ").rstrip() for line in lines]


def heading(title: str) -> str:
    """A heading as a line of text; a name such as `item.range` keeps its case.

    >>> heading("What raises it"), heading("Field item.range: range")
    ('WHAT RAISES IT', 'FIELD item.range: RANGE')
    """
    return " ".join(word if _NAME.search(word) else word.upper() for word in one_line(title).split(" "))


def signed(points: int) -> str:
    """Points with their sign; nothing is added to 0.

    >>> signed(3), signed(-1), signed(0)
    ('+3', '-1', '0')
    """
    return f"{points:+d}" if points else "0"


def level_range(names: Sequence[str], low: int, high: int) -> str:
    """Levels (numbers from 1) by name, always in capitals.

    >>> level_range(["minimal", "limited", "moderate"], 2, 3)
    'LIMITED to MODERATE'
    """
    first, last = names[low - 1].upper(), names[high - 1].upper()
    return first if low == high else f"{first} to {last}"


def attribution(fact: Fact, file: str = "") -> str:
    """What a fact rests on: F (reported fact), A (assumption) or J (judgement), its grade, and its line as `@24`.

    A fact that no line states is an assumption of the vocabulary and has no line; one from another file than `file`
    names that file.
    """
    letter = LETTERS[fact.status]
    if fact.state == "assumed":
        return "A"
    elsewhere = "" if fact.mark.file == file or not file else f"{os.path.basename(fact.mark.file)}:"
    return f"{letter} {fact.grade:2} @{elsewhere}{fact.mark.line}".replace(" ", "\xa0")


def bar(share: float, width: int = 20, fill: str = "=") -> str:
    """A bar for a share between 0 and 1, at least one mark long if the share is over 0.

    >>> bar(0.5, 8), bar(0.001, 8), bar(0, 8)
    ('====', '=', '')
    """
    return fill * (max(1, round(share * width)) if share > 0 else 0)


def gauge(ends: Sequence[int], score: int, low: int, high: int, cell: int = 10) -> str:
    """A scale with one cell for each level: `#` from the start of the score's cell to the score, `:` over the range.

    `ends` are the least totals of every level, with one past the greatest total at the end. A total has its place in
    its cell in proportion, so cells of unequal span are drawn alike.

    >>> gauge([-9, 2, 6, 10], 3, 3, 6, 4)
    '|    |##::|:   |'
    """

    def place(total: int) -> int:
        at = max(i for i, end in enumerate(ends[:-1]) if total >= end or i == 0)
        span = max(1, ends[at + 1] - ends[at])
        return at * cell + min(cell - 1, int((total - ends[at] + 0.5) * cell / span))

    drawn = [" "] * (cell * (len(ends) - 1))
    for i in range(place(low), place(high) + 1):
        drawn[i] = ":"
    for i in range(place(score) // cell * cell, place(score) + 1):
        drawn[i] = "#"
    cells = ("".join(drawn[i : i + cell]) for i in range(0, len(drawn), cell))
    return f"|{'|'.join(cells)}|"


def _columns_there() -> int:
    """The width of the terminal, by COLUMNS or by asking it; the widest page where there is none."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return WIDEST


def _lines(block: Block, look: Look) -> list[str]:
    if isinstance(block, Paragraph):
        return wrap(block.text, look.width, block.indent, block.hang)
    if isinstance(block, Verbatim):
        return [piece for line in block.lines for piece in _pieces(one_line(line), look.width) or [""]]
    if isinstance(block, Table):
        return _table(block, look, "")
    first, *others = block.blocks or (Paragraph(""),)
    titled = isinstance(first, Table)
    lines = _table(first, look, block.title) if isinstance(first, Table) else _headings(block.title, look)
    for inner in others if titled else block.blocks:
        lines += ["", *_lines(inner, look)] if isinstance(inner, Section) else _lines(inner, look)
    return lines


def _table(table: Table, look: Look, title: str) -> list[str]:
    """The rows of a table, under a line with the title and the labels if there are any."""
    widths = _widths(table, look.width)
    lines = _headings(title, look)
    labels = _row(
        [wrap(column.label, width) or [""] for column, width in zip(table.columns, widths, strict=True)], table, widths
    )
    if any(column.label for column in table.columns):
        shown = heading(title)
        beside = len(lines) == len(labels) == 1 and not labels[0][: columns_of(shown) + 1].strip()
        lines = [_strong(shown, look) + labels[0][columns_of(shown) :]] if beside else [*lines, *labels]
    flex = next((i for i, column in enumerate(table.columns) if column.flex), len(table.columns) - 1)
    for row in table.rows:
        cells = [wrap(cell, width) or [""] for cell, width in zip(row.cells, widths, strict=True)]
        cells[flex] = [*cells[flex], *(line for text in row.under for line in wrap(text, widths[flex]))]
        if not row.cells[flex]:
            cells[flex] = cells[flex][1:] or [""]
        lines += _row(cells, table, widths)
    return lines


def _widths(table: Table, width: int) -> list[int]:
    """Widths of the columns: what the widest cell needs, and for the flexible one the rest of the page."""
    needed = [
        max([columns_of(safe(c.label)), *(columns_of(safe(row.cells[i])) for row in table.rows)])
        for i, c in enumerate(table.columns)
    ]
    room = width - table.indent - BETWEEN * (len(needed) - 1)
    flex = next((i for i, column in enumerate(table.columns) if column.flex), None)
    for i in sorted(range(len(needed)), key=lambda i: -needed[i]):  # a column too wide to leave room is wrapped as well
        others = sum(needed) - needed[i]
        if i != flex and sum(needed) > room and (flex is None or sum(needed) - needed[flex] > room - _LEAST_FLEX):
            least = _LEAST_FLEX if flex is not None else 0
            others = others - (needed[flex] if flex is not None else 0)
            needed[i] = max(8, min(needed[i], room - others - least))
    if flex is not None:
        needed[flex] = max(1, room - (sum(needed) - needed[flex]))
    return needed


def _row(cells: Sequence[Sequence[str]], table: Table, widths: Sequence[int]) -> list[str]:
    """The lines of cells that are lines themselves, side by side."""
    lines = []
    for i in range(max(map(len, cells))):
        here = (cell[i] if i < len(cell) else "" for cell in cells)
        parts = (pad(text, width, c.right) for text, c, width in zip(here, table.columns, widths, strict=True))
        lines.append(" " * table.indent + (" " * BETWEEN).join(parts))
    return lines


def _pieces(word: str, width: int) -> list[str]:
    """A word cut into pieces of at most `width` columns; one piece as a rule."""
    if columns_of(word) <= width:
        return [word] if word else []
    pieces, piece, taken = [], "", 0
    for char in word:
        wide = _columns(char)
        if taken + wide > width and piece:
            pieces.append(piece)
            piece, taken = "", 0
        piece, taken = piece + char, taken + wide
    return [*pieces, piece]


def _columns(char: str) -> int:
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _headings(title: str, look: Look) -> list[str]:
    return [_strong(line, look) for line in wrap(heading(title), look.width)]


def _strong(text: str, look: Look) -> str:
    return click.style(text, bold=True) if look.colour and text else text


def _coloured(text: str, look: Look) -> str:
    """Level names coloured from calm to grave; the words themselves say all that the colour does."""
    if not look.levels:
        return text
    shades = ("green", "green", "yellow", "red", "magenta")
    last = max(1, len(look.levels) - 1)
    shade = {name.upper(): shades[round(i * (len(shades) - 1) / last)] for i, name in enumerate(look.levels)}
    names = re.compile(rf"\b({'|'.join(map(re.escape, shade))})\b")
    return names.sub(lambda match: click.style(match[0], fg=shade[match[0]], bold=True), text)
