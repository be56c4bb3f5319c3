"""`assess agreement DIR_A DIR_B`: the same cases coded twice."""

from __future__ import annotations

import sys

import click

from escalation.analysis.agreement import agreement
from escalation.analysis.casebook import scenarios_of
from escalation.cli.asking import options, show
from escalation.cli.common import report, reported, scenario_files
from escalation.diagnostics import Problems
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("agreement")
@click.argument("first", metavar="DIR_A", type=click.Path())
@click.argument("second", metavar="DIR_B", type=click.Path())
@options
def command(first: str, second: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Compare two codings of the same cases, matched by id: agreement by field, and what disagreements do.

    For each field, in how many places the coders agree, and Krippendorff's alpha. Each disagreement is carried by
    itself into the first coding, to show which of them move a level.
    """
    from escalation.render import agreement as pages

    problems = Problems()
    with reported(form):
        pack = load_pack(rules, profile)
        files = [[path for path, _ in scenario_files([folder], problems)] for folder in (first, second)]
        ours, theirs = (scenarios_of(paths, pack, problems) for paths in files)
        found = agreement(pack, ours, theirs, engine)
    if problems.found:
        report(problems.found, form)
        sys.exit(2)
    show(found, lambda: pages.blocks(found), pack, form, color)
