"""`assess precedents FILE`: the nearest earlier cases, what they share with it and where they differ."""

from __future__ import annotations

import click

from escalation.analysis.precedents import precedents
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("precedents")
@click.argument("file", type=click.Path())
@options
def command(file: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Find the nearest earlier cases to FILE, with what they share and where they differ.

    Only cases of the casebook whose response window had closed before the day rated are considered. Which features
    count is data: analysis/precedents.yaml in the rule pack. A precedent is no rating, and no rule reads it.
    """
    from escalation.render import precedents as pages

    with reported(form):
        pack = load_pack(rules, profile)
        found = precedents(assessed(file, pack, engine))
    show(found, lambda: pages.blocks(found), pack, form, color)
