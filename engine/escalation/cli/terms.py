"""`assess terms FILE [--item ID]`: one item under each term that a decision sets."""

from __future__ import annotations

import click

from escalation.analysis.terms import terms
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("terms")
@click.argument("file", type=click.Path())
@click.option("--item", default="", metavar="ID", help="The item whose terms vary, for a package.")
@options
def command(file: str, item: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Rate one item of FILE under each permission, consent and crew, in one table.

    Which terms vary is declared by the pack. For a package the answer also says what each item adds, what it is alone,
    and what dropping it gives.
    """
    from escalation.render.terms import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = terms(assessed(file, pack, engine), item)
    show(answer, lambda: blocks(answer), pack, form, color)
