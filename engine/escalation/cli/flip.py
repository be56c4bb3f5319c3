"""`assess flip FILE`: the smallest sets of changes that move the level."""

from __future__ import annotations

import click

from escalation.cli.asking import assessed, options, show
from escalation.cli.common import Words, reported
from escalation.pack import load_pack

__all__ = ["command"]

WAYS = Words("level", lambda pack: [("up", ""), ("down", ""), *((level.name, level.meaning) for level in pack.levels)])


@click.command("flip")
@click.argument("file", type=click.Path())
@click.option(
    "--to", default="", metavar="LEVEL|up|down", type=WAYS, help="Where the level is to go.  [default: up and down]"
)
@click.option("--hold", multiple=True, metavar="NAME", help="Do not move: a path, field, entity or kind of change.")
@click.option("--free", multiple=True, metavar="NAME", help="Move what is held by default, such as physics.")
@click.option("--max", "most", default=3, show_default=True, type=click.IntRange(1), help="Changes in a set at most.")
@options
def command(
    file: str,
    to: str,
    hold: tuple[str, ...],
    free: tuple[str, ...],
    most: int,
    form: str,
    rules: str | None,
    profile: str,
    engine: str,
    color: str,
) -> None:
    """Find the smallest sets of changes that move the level of FILE: all of them, nearest first.

    A change is one fact, or one further warning. Sets are shown by what changes the facts: a decision, an event, a
    judgement. What the thing physically is, is held unless it is freed. No smaller set exists than those shown.
    """
    from escalation.analysis.flip import flip
    from escalation.render.flip import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = flip(assessed(file, pack, engine), to, hold, free, most)
    show(answer, lambda: blocks(answer), pack, form, color)
