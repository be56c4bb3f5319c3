"""`assess rules lint [PACK]`: defects of a pack that loads."""

from __future__ import annotations

import sys
from datetime import date

import click

from escalation.cli.common import DAY, color_option, emit, page_look, report, say, word_of
from escalation.workbench.finding import SEVERITIES, crossed
from escalation.workbench.fixing import fixed
from escalation.workbench.lint import examined, lints
from escalation.workbench.lint.report import report_of
from escalation.workbench.report import FORMATS, write
from escalation.workbench.subject import load_subject

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess rules lint                         the installed pack
  assess rules lint my-pack --fix           mend what can be mended without a judgement
  assess rules lint --format sarif > x      for a code host
  assess explain LINT-4                     what a finding means, with a bad and a good example
"""


@click.command("lint", epilog=EPILOG)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--only", multiple=True, metavar="NAME", help="Run only this lint (name or code); may be repeated.")
@click.option("--fix", is_flag=True, help="Mend what has a safe fix; comments are kept.")
@click.option("--fail-on", type=click.Choice([*SEVERITIES, "never"]), default="warning", show_default=True)
@click.option("--today", type=DAY, metavar="DATE", help="The day that decides which review dates are past.")
@click.option(
    "--scenarios", multiple=True, type=click.Path(exists=True), metavar="PATH", help="Scenarios that try thresholds."
)
@click.option("--list", "listing", is_flag=True, help="List the lints.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@color_option
def command(
    pack: str | None,
    only: tuple[str, ...],
    fix: bool,
    fail_on: str,
    today: date | None,
    scenarios: tuple[str, ...],
    listing: bool,
    form: str,
    color: str,
) -> None:
    """Find what is wrong with the pack in folder PACK (default: the installed one) although it loads.

    Rules are compared by meaning, over all scenarios there can be. Exit code 1 if there are findings at or above
    --fail-on.
    """
    names = {word: lint for lint in lints() for word in (lint.name, lint.code)}
    chosen = [names[word_of(word, names, "lint")] for word in only] or lints()
    if listing:
        emit("\n".join(f"{lint.code:8} {lint.severity:8} {lint.name}" for lint in chosen))
        return
    subject = load_subject(pack, today, scenarios)
    findings = examined(subject, chosen)
    if fix and any(finding.fix for finding in findings):
        subject, findings, number = fixed(subject, chosen, findings)
        say(f"mended {number} finding{'s' * (number != 1)}")
    emit(write(report_of(subject, chosen, findings), form, page_look(color, subject.pack)))
    if subject.test_problems.found:
        report(subject.test_problems.found)
        sys.exit(2)
    if crossed(findings, fail_on):
        sys.exit(1)
