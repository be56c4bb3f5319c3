"""`assess path A B C`: the same item over time."""

from __future__ import annotations

import click

from escalation.analysis.path import path
from escalation.cli.asking import assessed_all, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("path")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@options
def command(files: tuple[str, ...], form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Show scenarios of one item as a sequence of steps, the earliest first.

    Each step is compared with the one before; then comes what no single step shows: the whole way against its largest
    step, the last terms as one step on the first day, and the earlier steps counted.
    """
    from escalation.render.path import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = path(assessed_all(files, pack, engine))
    show(answer, lambda: blocks(answer), pack, form, color)
