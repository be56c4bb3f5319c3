"""Text from scenarios made safe to show: control, bidi and invisible characters are written as escapes, never sent."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["one_line", "safe", "safe_json"]

_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_SPACES = str.maketrans("\t\n", "  ")


def safe(text: str) -> str:
    r"""The text with every character that could act on a terminal or reorder a line written as an escape.

    >>> safe("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    return _unsafe().sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def safe_json(text: str) -> str:
    r"""JSON text that says the same without such characters: they can stand in strings only, where an escape may.

    >>> safe_json('"a\u202eb"')
    '"a\\u202eb"'
    """
    return text if text.isascii() else _unsafe().sub(lambda m: _json_escape(m[0]), text)


def one_line(text: str) -> str:
    """The safe text on one line: tabs and ends of lines are spaces."""
    return safe(text).translate(_SPACES)


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(_UNSAFE)  # on first use: much JSON is plain ASCII, and compiling takes longer than looking


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
