"""Problems as text: `file:line:col: CODE message`, the line with a caret, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from escalation.diagnostics import Problem
from escalation.render.safe import safe

__all__ = ["data", "text"]

_EXCERPT = 100


def text(problems: Sequence[Problem]) -> str:
    """All problems, a paragraph each."""
    return "\n".join(line for problem in problems for line in _lines(problem))


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
        start = max(0, mark.column - _EXCERPT + 20)
        shown = problem.excerpt[start : start + _EXCERPT].replace("\t", " ")
        gutter = f"  {mark.line} | "
        before = safe(shown[: mark.column - 1 - start])
        under = max(1, min(mark.length, len(shown) - (mark.column - 1 - start)))
        yield f"{gutter}{safe(shown)}"
        yield f"{' ' * (len(gutter) - 2)}| {' ' * len(before)}{'^' * under}"
    if problem.help:
        yield f"  {safe(problem.help)}"
    for message, where in problem.related:
        yield f"  {safe(str(where))}: {safe(message)}"
