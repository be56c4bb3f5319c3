"""`assess base-rates FILE`: what followed earlier warnings of the same kind."""

from __future__ import annotations

import click

from escalation.analysis.base_rates import base_rates
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("base-rates")
@click.argument("file", type=click.Path())
@options
def command(file: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Count what followed earlier warnings of the kinds that FILE holds.

    Only warnings of the casebook whose response window had closed before the day rated count. Which warnings are alike
    and how many a rate needs is data: analysis/base_rates.yaml in the rule pack. No rule reads the result.
    """
    from escalation.render import base_rates as pages

    with reported(form):
        pack = load_pack(rules, profile)
        found = base_rates(assessed(file, pack, engine))
    show(found, lambda: pages.blocks(found), pack, form, color)
