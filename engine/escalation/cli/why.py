"""`assess why FILE [RULE]`: why this level and not the next, or why a rule fired."""

from __future__ import annotations

import click

from escalation.analysis.proof import prove
from escalation.analysis.rated import rule_of
from escalation.analysis.why import why
from escalation.analysis.why_not import why_not
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import RULES, reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("why")
@click.argument("file", type=click.Path())
@click.argument("rule", required=False, default="", type=RULES)
@options
def command(file: str, rule: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Say why FILE has its level and not the one above or below; or on what RULE rests.

    For a rule that did not fire the answer is that of `assess why-not`.
    """
    from escalation.render import why as pages
    from escalation.render import why_not as not_pages

    with reported(form):
        pack = load_pack(rules, profile)
        if rule:
            rule_of(pack, rule)
        found = assessed(file, pack, engine)
    if not rule:
        level = why(found)
        show(level, lambda: pages.level_blocks(level), pack, form, color)
    elif rule in found.fired:
        proof = prove(found, rule)
        show(proof, lambda: pages.rule_blocks(proof), pack, form, color)
    else:
        answer = why_not(found, rule)
        show(answer, lambda: not_pages.blocks(answer), pack, form, color)
