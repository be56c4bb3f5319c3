"""`assess even-if FILE`: how far each fact may move with no change of level."""

from __future__ import annotations

import click

from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("even-if")
@click.argument("file", type=click.Path())
@click.option(
    "--near",
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="How near a line a stated number counts as beside it.",
)
@options
def command(file: str, near: float, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Say how far each fact of FILE may move, by itself, with no change of level.

    Also which facts would move the range over what is open, and the cliff edges: lines drawn by a rule that a stated
    number, or an end of a stated range, lies just beside.
    """
    from escalation.analysis.even_if import even_if
    from escalation.render.even_if import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = even_if(assessed(file, pack, engine), near / 100)
    show(answer, lambda: blocks(answer), pack, form, color)
