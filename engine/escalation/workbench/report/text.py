"""A report for people: each finding with its line of source and a caret, then what the command sums up."""

from __future__ import annotations

import os
from collections import Counter
from functools import lru_cache

from escalation.diagnostics import LINE_END, Mark, Problem
from escalation.render.layout import Look, page
from escalation.render.problems import text as problems_text
from escalation.workbench.finding import SEVERITIES, Report

__all__ = ["counted", "line_of", "write"]


def write(report: Report, look: Look) -> str:
    """The findings in the order given, then the blocks of the report."""
    problems = [
        Problem(f.code, f"{f.severity}: {f.message}", _shown(f.mark), line_of(f.mark), f.help, _near(f.related))
        for f in report.findings
    ]
    shown = [problems_text(problems)] if problems else []
    if report.blocks:
        shown += ["", page(report.blocks, look)] if shown else [page(report.blocks, look)]
    return "\n".join(shown)


def counted(report: Report) -> str:
    """How many findings of each severity: "2 errors, 1 warning", or "no findings".

    >>> counted(Report("x", ()))
    'no findings'
    """
    numbers = Counter(finding.severity for finding in report.findings)
    parts = [f"{n} {word}{'s' * (n > 1)}" for word in reversed(SEVERITIES) if (n := numbers[word])]
    return ", ".join(parts) or "no findings"


def _shown(mark: Mark) -> Mark:
    """The place with its file as a path from the current folder, where it lies in it."""
    inside = os.path.relpath(mark.file)
    return mark if inside.startswith(os.pardir) else mark._replace(file=inside)


def _near(related: tuple[tuple[str, Mark], ...]) -> tuple[tuple[str, Mark], ...]:
    return tuple((words, _shown(mark)) for words, mark in related)


def line_of(mark: Mark) -> str:
    """The source line at a place, or "" if it cannot be read."""
    try:
        lines = _lines(mark.file, os.stat(mark.file).st_mtime_ns)
    except (OSError, ValueError):  # ValueError: not UTF-8, or a name with a null character
        return ""
    return lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""


@lru_cache(maxsize=64)
def _lines(file: str, changed: int) -> list[str]:
    """The lines of a file as it was when last changed."""
    with open(file, encoding="utf-8-sig") as opened:
        return LINE_END.split(opened.read())
