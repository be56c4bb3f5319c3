"""`assess rules show RULE [PACK]`: a rule with its parameters, tests, the cases in which it fires, and its history."""

from __future__ import annotations

import json

import click

from escalation.cli.common import RULES, color_option, emit, page_look, word_of
from escalation.render.layout import page
from escalation.workbench.listing import about, data, shown
from escalation.workbench.subject import load_subject

__all__ = ["command"]


@click.command("show")
@click.argument("rule", metavar="RULE", type=RULES)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--scenarios", multiple=True, type=click.Path(exists=True), metavar="PATH", help="Cases to look at.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@color_option
def command(rule: str, pack: str | None, scenarios: tuple[str, ...], form: str, color: str) -> None:
    """Show a rule of the pack in folder PACK (default: the installed one) with all that hangs on it.

    Its history is that of its lines in git, where the pack is in a repository.
    """
    subject = load_subject(pack, scenarios=scenarios)
    name = word_of(rule, [r.id for r in subject.pack.rules], "rule")
    chosen = subject.pack.rule(name)
    assert chosen is not None
    found = about(subject, chosen)
    if form == "json":
        emit(json.dumps(data(chosen, found, subject.pack), indent=2, ensure_ascii=False))
    else:
        emit(page(shown(subject, chosen, found), page_look(color, subject.pack)))
