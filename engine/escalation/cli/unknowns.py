"""`assess unknowns FILE`: which facts that are not known still matter, and which to find out first."""

from __future__ import annotations

import click

from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("unknowns")
@click.argument("file", type=click.Path())
@options
def command(file: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Say which open and assumed facts of FILE still matter, which cannot, and which is most worth finding out.

    A fact matters if two worlds that differ in it alone rate otherwise; that none does is proved by search. The facts
    are given as questions to put to a source.
    """
    from escalation.analysis.unknowns import unknowns
    from escalation.render.unknowns import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = unknowns(assessed(file, pack, engine))
    show(answer, lambda: blocks(answer), pack, form, color)
