"""`assess why-not FILE RULE`: what a rule lacked, what would satisfy it, and what firing would have done."""

from __future__ import annotations

import click

from escalation.analysis.rated import rule_of
from escalation.analysis.why_not import why_not
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import RULES, reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("why-not")
@click.argument("file", type=click.Path())
@click.argument("rule", type=RULES)
@options
def command(file: str, rule: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Say why RULE did not fire on FILE.

    All its failing tests are listed at once, the nearest first, with the value under each and what would pass; then
    what the rule by itself would do to the level, and what meeting it through its tests would do.
    """
    from escalation.render.why_not import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        rule_of(pack, rule)
        found = assessed(file, pack, engine)
    answer = why_not(found, rule)
    show(answer, lambda: blocks(answer), pack, form, color)
