"""A report for people: each finding with its line of source and a caret, then what the command sums up."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from escalation.diagnostics import LINE_END, Mark, Problem
from escalation.render.layout import Look, page
from escalation.render.problems import text as problems_text
from escalation.workbench.finding import SEVERITIES, Report

__all__ = ["counted", "line_of", "write"]


def write(report: Report, look: Look) -> str:
    """The findings in the order given, then the blocks of the report."""
    shown = [
        problems_text([
            Problem(f.code, f"{f.severity}: {f.message}", f.mark, line_of(f.mark), f.help, f.related)
        ])
        for f in report.findings
    ]  # fmt: skip
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


def line_of(mark: Mark) -> str:
    """The source line at a place, or "" if it cannot be read."""
    lines = _lines(mark.file)
    return lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""


@lru_cache(maxsize=64)
def _lines(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8-sig") as opened:
            return LINE_END.split(opened.read())
    except (OSError, UnicodeDecodeError):
        return []
