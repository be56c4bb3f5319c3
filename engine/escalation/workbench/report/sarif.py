"""A report as SARIF 2.1.0, the exchange format of static analysis, which code hosts and editors show in place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from escalation import __version__
from escalation.diagnostics import Mark
from escalation.render.layout import Look
from escalation.workbench.finding import Finding, Report

__all__ = ["write"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(report: Report, look: Look) -> str:
    """One run of one tool; columns count characters, and the run says so."""
    used = {finding.code for finding in report.findings}
    known = [code for code in report.codes if code.code in used]
    rules = [
        {
            "id": code.code,
            "name": "".join(word.capitalize() for word in code.name.split("-")),
            "shortDescription": {"text": code.name.replace("-", " ")},
            "fullDescription": {"text": code.meaning},
            "defaultConfiguration": {"level": code.severity},
        }
        for code in known
    ]
    numbers = {code.code: i for i, code in enumerate(known)}
    run = {
        "tool": {"driver": {"name": report.command, "semanticVersion": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    text = f"{finding.message}. {finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {"ruleId": finding.code}
    if finding.code in numbers:
        result["ruleIndex"] = numbers[finding.code]
    result |= {"level": finding.severity, "message": {"text": text}, "locations": [_location(finding.mark)]}
    if finding.related:
        result["relatedLocations"] = [
            {"id": i, **_location(mark), "message": {"text": message}}
            for i, (message, mark) in enumerate(finding.related, 1)
        ]
    return result


def _location(mark: Mark) -> dict[str, Any]:
    region = {"startLine": mark.line, "startColumn": mark.column, "endColumn": mark.column + max(1, mark.length)}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(mark.file)}, "region": region}}


def _uri(file: str) -> str:
    """A path under the current folder as a relative reference, any other as a file URI."""
    path = os.path.abspath(file)
    inside = os.path.relpath(path)
    return Path(path).as_uri() if inside.startswith(os.pardir) else quote(inside.replace(os.sep, "/"))
