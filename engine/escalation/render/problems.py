"""Problems as text: `file:line:col: CODE message`, the line with a caret, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from escalation.diagnostics import Mark, Problem
from escalation.render.layout import columns_of, wrap
from escalation.render.safe import safe

__all__ = ["data", "excerpt", "text"]

WIDTH = 100
_BEFORE = 60  # how much of a long line is shown before the place


def text(problems: Sequence[Problem]) -> str:
    """All problems, a paragraph each, and where to read more."""
    lines = [line for problem in problems for line in _lines(problem)]
    if problems:
        files = len({problem.mark.file for problem in problems})
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        where = f" in {files} files" if files > 1 else ""
        lines.append(f"{count}{where}; more on a code: assess explain {problems[0].code}")
    return "\n".join(lines)


def data(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """All problems as JSON data."""
    return [
        {
            "code": p.code,
            "message": p.message,
            "file": p.mark.file,
            "line": p.mark.line,
            "column": p.mark.column,
            "help": p.help,
            "related": [{"message": m, "file": r.file, "line": r.line, "column": r.column} for m, r in p.related],
        }
        for p in problems
    ]


def _lines(problem: Problem) -> Iterable[str]:
    mark = problem.mark
    yield f"{safe(str(mark))}: {problem.code} {safe(problem.message)}"
    if problem.excerpt:
        yield from excerpt(problem.excerpt, mark)
    if problem.help:
        yield from wrap(problem.help, WIDTH, 2, 2)
    for message, where in problem.related:
        yield f"  {safe(str(where))}: {safe(message)}"


def excerpt(line: str, mark: Mark) -> Iterable[str]:
    """The line, or the part of a long one around the place, and carets under the place."""
    gutter = f"  {mark.line} | "
    at = mark.column - 1
    start = max(0, at - _BEFORE) if len(line) > WIDTH else 0
    room = WIDTH - len(gutter)
    before, place = ("..." if start else "") + line[start:at], line[at : at + mark.length]
    before, place, after = (safe(part).replace("\t", " ") for part in (before, place, line[at + mark.length :]))
    carets = max(1, min(columns_of(place), room - columns_of(before)))
    shown = before + place + after
    yield gutter + (shown if columns_of(shown) <= room else shown[: room - 3] + "...")
    yield f"{' ' * (len(gutter) - 2)}| {' ' * columns_of(before)}{'^' * carets}"
