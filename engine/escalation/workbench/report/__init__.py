"""Reports in the formats that people and other programs read: one file each, from one record."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from escalation.render.layout import PLAIN, Look
from escalation.workbench.finding import Report

__all__ = ["FORMATS", "write"]

FORMATS = ("text", "json", "sarif", "junit", "github")


def write(report: Report, form: str, look: Look = PLAIN) -> str:
    """The report in one of FORMATS, without a newline at the end; only text has a look."""
    module = import_module(f"escalation.workbench.report.{form}")
    writer: Callable[[Report, Look], str] = module.write
    return writer(report, look)
