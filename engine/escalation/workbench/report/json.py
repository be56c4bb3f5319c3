"""A report as JSON: the findings, what was checked, and whatever else the command reports."""

from __future__ import annotations

import json
from typing import Any

from escalation import __version__
from escalation.diagnostics import Mark
from escalation.render.layout import Look
from escalation.workbench.finding import Finding, Report

__all__ = ["write"]


def write(report: Report, look: Look) -> str:
    """The report, in a fixed order of keys."""
    data = {
        "command": report.command,
        "engine": {"version": __version__},
        "findings": [_finding(finding) for finding in report.findings],
        "checked": [
            {"group": i.group, "name": i.name, "state": i.state, "message": i.message or None} for i in report.items
        ],
        **report.data,
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "about": finding.about or None,
        "help": finding.help or None,
        **_place(finding.mark),
        "related": [{"message": message, **_place(mark)} for message, mark in finding.related],
        "fixable": bool(finding.fix),
    }


def _place(mark: Mark) -> dict[str, Any]:
    return {"file": mark.file, "line": mark.line, "column": mark.column}
