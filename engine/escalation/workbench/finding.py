"""What the workbench has to say: findings, the things that were checked, and the report that holds both.

Lints, tests, coverage and proofs all end in a `Report`; `report/` writes it as text, JSON, SARIF, JUnit or GitHub
annotations, and knows nothing of where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from escalation.diagnostics import Mark
from escalation.render.layout import Block

__all__ = ["FAILED", "PASSED", "SEVERITIES", "SKIPPED", "Code", "Edit", "Finding", "Item", "Report", "crossed"]

SEVERITIES = ("note", "warning", "error")
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Edit(NamedTuple):
    """A change of one file that mends a finding: the text from `start` to `end` (offsets) becomes `text`."""

    file: str
    start: int
    end: int
    text: str


class Finding(NamedTuple):
    """One defect: `code` is stable and has a page, `about` names the rule, parameter or profile it concerns.

    `related` are other places that matter, each with a short phrase. `fix` mends it and nothing else; empty if there
    is no safe way.
    """

    code: str
    severity: str
    message: str
    mark: Mark
    about: str = ""
    help: str = ""
    related: tuple[tuple[str, Mark], ...] = ()
    fix: tuple[Edit, ...] = ()


class Item(NamedTuple):
    """One thing that was checked, for formats that count what passed: its group, its name, how it ended, and why."""

    group: str
    name: str
    state: str
    message: str = ""
    mark: Mark | None = None


class Code(NamedTuple):
    """What a code stands for: its name in words, and what it means in a paragraph."""

    code: str
    name: str
    meaning: str
    severity: str = "warning"


class Report(NamedTuple):
    """The outcome of one command. `blocks` is what the text says after the findings; `data` goes into JSON as it is."""

    command: str
    findings: tuple[Finding, ...]
    items: tuple[Item, ...] = ()
    codes: tuple[Code, ...] = ()
    blocks: tuple[Block, ...] = ()
    data: Mapping[str, Any] = {}


def crossed(findings: Iterable[Finding], fail_on: str) -> bool:
    """Whether some finding is at or above a severity ("never": none is)."""
    if fail_on == "never":
        return False
    least = SEVERITIES.index(fail_on)
    return any(SEVERITIES.index(finding.severity) >= least for finding in findings)
