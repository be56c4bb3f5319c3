"""A picture of what a command prints on a terminal: its coloured text as SVG, which is sharp, light and searchable."""

from __future__ import annotations

import re
from html import escape

__all__ = ["picture"]

_GROUND, _INK, _BAR = "#15181d", "#dfe3e8", "#262b33"
_SHADES = {"31": "#ff8a80", "32": "#8fd694", "33": "#f2c14e", "34": "#8ab4f8", "35": "#e29bf0", "36": "#7fdbca"}
_CODE = re.compile(r"\x1b\[([0-9;]*)m")
_SIZE, _ADVANCE, _LINE, _PAD, _TOP = 14, 8.4, 18, 18, 34  # of letters, lines and the frame, in pixels
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def picture(command: str, output: str, lines: int) -> str:
    """The command after a prompt, and the first lines of its output with their colours."""
    shown = [f"$ {command}", "", *output.splitlines()[:lines]]
    width = round(2 * _PAD + _ADVANCE * max(len(_CODE.sub("", line)) for line in shown))
    height = _TOP + _PAD + _LINE * len(shown)
    drawn = [_row(line, _TOP + _LINE * (i + 1)) for i, line in enumerate(shown)]
    dots = "".join(f'<circle cx="{x}" cy="15" r="5" fill="#5b6470"/>' for x in (20, 38, 56))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{_FONT}" font-size="{_SIZE}" fill="{_INK}">'
    )
    frame = f'<rect width="{width}" height="{height}" rx="8" fill="{_GROUND}"/>'
    bar = f'<path d="M0 30V8a8 8 0 0 1 8-8h{width - 16}a8 8 0 0 1 8 8v22z" fill="{_BAR}"/>'
    return "\n".join([head, f"<title>{escape(command)}</title>", frame, bar, dots, *filter(None, drawn), "</svg>", ""])


def _row(line: str, y: int) -> str:
    """A line as a run of text for each change of colour, each at its column whatever font draws it."""
    parts = _CODE.split(line)
    column, look, runs = 0, "", []
    for text, code in zip(parts[::2], ["", *parts[1::2]], strict=True):
        look = _look(look, code)
        for word in re.finditer(r"\S+(?: \S+)*", text):
            start, said = column + word.start(), word[0]
            place = f'x="{_PAD + _ADVANCE * start:.1f}" textLength="{_ADVANCE * len(said):.1f}"'
            runs.append(f"<tspan {place}{look}>{escape(said)}</tspan>")
        column += len(text)
    return f'<text y="{y}">{"".join(runs)}</text>' if runs else ""


def _look(before: str, code: str) -> str:
    """The attributes after a code that changes the look, or those before it where it is none."""
    if code in ("0", ""):
        return "" if code else before
    return before + (' font-weight="bold"' if code == "1" else f' fill="{_SHADES[code]}"')
