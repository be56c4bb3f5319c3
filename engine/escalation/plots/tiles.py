"""Tiles: a table of levels as a picture, with thick lines where the level changes. What heat maps are drawn with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import altair as alt

from escalation.pack import Pack
from escalation.plots.figure import INK, LETTER, Chart, banded, ink_on, ramp, rows, wrapped
from escalation.render.words import levels, names

__all__ = ["Tile", "Tiles", "drawn", "told"]

WIDTH, WIDEST, NARROWEST = 700, 116, 30  # of the picture, and of a tile
HEIGHT, LOWEST = 150, 42  # at least
_TILT: dict[str, Any] = {"labelAngle": -40, "labelAlign": "right", "labelBaseline": "middle"}
_TILTED = 60  # tiles narrower than this have tilted labels under them
_INSIDE = 0.04  # how far the frame stands from the edge, as a share of the tile


class Tile(NamedTuple):
    """The lowest and the highest level of a cell, from 1, and its score or scores."""

    low: int
    high: int
    score: str


class Tiles(NamedTuple):
    """A table: what goes across and up, their steps in words, and `cells[i][j]` of line i and column j.

    `here` is the column and line of the facts as they stand; None where they are not in the table.
    """

    pack: Pack
    across: str
    up: str
    columns: tuple[str, ...]
    lines: tuple[str, ...]
    cells: tuple[tuple[Tile, ...], ...]
    here: tuple[int, int] | None = None


def drawn(table: Tiles) -> Chart:
    """The picture of a table. A tile has the colour of its highest level, and says all of them."""
    columns, lines = len(table.columns), len(table.lines)
    width = max(NARROWEST, min(WIDEST, WIDTH / columns))
    colours, every, room = ramp(table.pack), names(table.pack), int(width / LETTER)
    cells = list(_records(table, all(len(name) * 1.25 <= room for name in every)))
    present = {cell["key"] for cell in cells}
    keys = [key for i, name in enumerate(every, 1) if (key := f"{i} {name.upper()}") in present]
    used = [colours[every[int(key.split()[0]) - 1]] for key in keys]
    under = [wrapped(label, max(9, room) if width >= _TILTED else 60) for label in table.columns]
    beside = [wrapped(label, 30) for label in table.lines]
    bottom = banded(under, **(_TILT if width < _TILTED else {}))
    x = alt.X("x:Q", title=table.across, scale=alt.Scale(domain=[0, columns], nice=False), axis=bottom)
    y = alt.Y("y:Q", title=table.up, scale=alt.Scale(domain=[0, lines], nice=False), axis=banded(beside))
    colour = alt.Color("key:N", title="level", sort=keys, scale=alt.Scale(domain=keys, range=used))
    base = alt.Chart(rows(cells))
    tiles = base.mark_rect(stroke="#c9ced6", strokeWidth=0.8).encode(
        x, y, x2="x2", y2="y2", color=colour, description="says:N"
    )
    places = {"x": "mid:Q", "y": "row:Q", "color": alt.Color("ink:N", scale=None)}
    above = base.mark_text(baseline="bottom", dy=2, fontWeight="bold", aria=False).encode(text="level:N", **places)
    below = base.mark_text(baseline="top", dy=4, fontSize=10, aria=False).encode(text="score:N", **places)
    edges = (
        alt.Chart(rows(list(_edges(table))))
        .mark_rule(strokeWidth=3, color="#000000", strokeCap="square", aria=False)
        .encode(x="x:Q", y="y:Q", x2="x2", y2="y2")
    )
    return alt.layer(tiles, above, below, edges, *_frame(table)).properties(
        width=width * columns, height=max(HEIGHT, LOWEST * lines)
    )


def told(table: Tiles) -> str:
    """The table in words."""
    lines = []
    for line, row in zip(table.lines, table.cells, strict=True):
        cells = (f"{column} {_said(table, tile)}" for column, tile in zip(table.columns, row, strict=True))
        lines.append(f"{line}: {', '.join(cells)}")
    return f"{table.across} across, {table.up} up. {'. '.join(lines)}."


def _records(table: Tiles, spelled: bool) -> Iterator[dict[str, Any]]:
    """Every tile as a record; levels by name where these are to be `spelled`, else by number."""
    every, colours = names(table.pack), ramp(table.pack)
    for i, row in enumerate(table.cells):
        for j, tile in enumerate(row):
            top = every[tile.high - 1]
            numbers = str(tile.high) if tile.low == tile.high else f"{tile.low}-{tile.high}"
            whole = spelled and tile.low == tile.high
            yield {
                "x": j,
                "x2": j + 1,
                "y": i,
                "y2": i + 1,
                "mid": j + 0.5,
                "row": i + 0.5,
                "key": f"{tile.high} {top.upper()}",
                "level": top.upper() if whole else f"levels {numbers}" if spelled else numbers,
                "score": f"score {tile.score}" if spelled else tile.score,
                "ink": ink_on(colours[top]),
                "says": f"{table.columns[j]}; {table.lines[i]}: {_said(table, tile)}",
            }


def _edges(table: Tiles) -> Iterator[dict[str, Any]]:
    """The sides of tiles across which the levels change."""
    levels_of = [[tile[:2] for tile in row] for row in table.cells]
    for i, row in enumerate(levels_of):
        for j, own in enumerate(row):
            if j and row[j - 1] != own:
                yield {"x": j, "x2": j, "y": i, "y2": i + 1}
            if i and levels_of[i - 1][j] != own:
                yield {"x": j, "x2": j + 1, "y": i, "y2": i}


def _frame(table: Tiles) -> list[alt.Chart]:
    """A dashed frame around the tile of the facts as they stand."""
    if table.here is None:
        return []
    j, i = table.here
    place = {"x": j + _INSIDE, "x2": j + 1 - _INSIDE, "y": i + 2 * _INSIDE, "y2": i + 1 - 2 * _INSIDE}
    base = alt.Chart(rows([place])).encode(x="x:Q", y="y:Q", x2="x2", y2="y2")
    return [
        base.mark_rect(filled=False, stroke="white", strokeWidth=3.5, aria=False),
        base.mark_rect(filled=False, stroke=INK, strokeWidth=1.5, strokeDash=[4, 3], aria=False),
    ]


def _said(table: Tiles, tile: Tile) -> str:
    return f"{levels(table.pack, tile.low, tile.high)} {tile.score}"
