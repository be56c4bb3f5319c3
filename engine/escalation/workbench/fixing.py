"""Makes the fixes that findings carry, in the files of the pack, and looks again until there is none left to make.

A fix changes only what its finding is about. If the pack no longer loads after a round of fixes, the files are put
back.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from escalation.diagnostics import InputError
from escalation.workbench.finding import Edit, Finding
from escalation.workbench.lint import examined
from escalation.workbench.lint.base import Lint
from escalation.workbench.subject import Subject, load_subject
from escalation.workbench.text_edits import applied

__all__ = ["fixed"]

_ROUNDS = 8


def fixed(
    subject: Subject, lints: Iterable[Lint], findings: tuple[Finding, ...]
) -> tuple[Subject, tuple[Finding, ...], int]:
    """The pack after all fixes, what is still found in it, and how many findings were mended."""
    chosen, number = tuple(lints), 0
    for _ in range(_ROUNDS):
        edits = [edit for finding in findings for edit in finding.fix]
        if not edits:
            break
        before = _written(edits)
        try:
            again = load_subject(subject.pack.folder, subject.today, subject.folders)
        except InputError:
            for path, text in before.items():
                Path(path).write_text(text, encoding="utf-8")
            break
        left = examined(again, chosen)
        number += max(0, len(findings) - len(left))
        subject, findings = again, left
    return subject, findings, number


def _written(edits: list[Edit]) -> dict[str, str]:
    """Make the edits; the texts of the files before them."""
    before = {}
    for path in sorted({edit.file for edit in edits}):
        with open(path, encoding="utf-8", newline="") as file:
            before[path] = file.read()
        after = applied(before[path], [edit for edit in edits if edit.file == path])
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(after)
    return before
