"""A report as GitHub workflow commands: lines that a workflow prints and the host shows as notes beside the source."""

from __future__ import annotations

import os

from escalation.diagnostics import Mark
from escalation.render.layout import Look
from escalation.workbench.finding import Finding, Report

__all__ = ["write"]

_COMMANDS = {"note": "notice", "warning": "warning", "error": "error"}


def write(report: Report, look: Look) -> str:
    """A line for each finding; nothing if there is none."""
    return "\n".join(_line(finding) for finding in report.findings)


def _line(finding: Finding) -> str:
    text = f"{finding.message}. {finding.help}" if finding.help else finding.message
    title = _property(f"{finding.code} {finding.about}".strip())
    return f"::{_COMMANDS[finding.severity]} {_place(finding.mark)},title={title}::{_data(text)}"


def _place(mark: Mark) -> str:
    inside = os.path.relpath(mark.file)
    file = mark.file if inside.startswith(os.pardir) else inside
    return f"file={_property(file)},line={mark.line},col={mark.column},endColumn={mark.column + max(1, mark.length)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
