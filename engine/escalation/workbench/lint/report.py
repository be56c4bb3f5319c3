"""The report of a run of lints: a check for each lint, and how many findings there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.render.layout import Block, Paragraph
from escalation.workbench.finding import FAILED, PASSED, Finding, Item, Report
from escalation.workbench.lint.base import Lint
from escalation.workbench.report.text import counted
from escalation.workbench.subject import Subject

__all__ = ["report_of"]


def report_of(subject: Subject, lints: Sequence[Lint], findings: Sequence[Finding]) -> Report:
    """The report of some lints over a pack."""
    report = Report(
        command="rules lint",
        findings=tuple(findings),
        items=tuple(_items(lints, findings)),
        codes=tuple(lint.described() for lint in lints),
        data={
            "pack": {"name": subject.pack.name, "version": subject.pack.version, "digest": subject.pack.digest},
            "today": subject.today.isoformat(),
        },
    )
    return report._replace(blocks=tuple(_blocks(subject, lints, report)))


def _items(lints: Sequence[Lint], findings: Sequence[Finding]) -> Iterator[Item]:
    for lint in lints:
        own = [finding for finding in findings if finding.code == lint.code]
        yield Item("lint", lint.name, FAILED if own else PASSED, "; ".join(f"{f.mark}: {f.message}" for f in own))


def _blocks(subject: Subject, lints: Sequence[Lint], report: Report) -> Iterator[Block]:
    fixable = sum(bool(finding.fix) for finding in report.findings)
    mend = f"; {fixable} can be mended with --fix" if fixable else ""
    rules = f"{len(subject.pack.rules)} rules of {subject.pack.name} {subject.pack.version}"
    yield Paragraph(f"{len(lints)} lints over {rules}: {counted(report)}{mend}.")
