"""`assess what-if FILE --set ... --add ... --remove ...`: before and after a change of facts."""

from __future__ import annotations

import click

from escalation.analysis.what_if import what_if
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("what-if")
@click.argument("file", type=click.Path())
@click.option("--set", "assign", multiple=True, metavar="PATH=VALUE", help="State a fact; VALUE may carry a unit.")
@click.option("--add", multiple=True, metavar="KIND:FIELD=VALUE,...", help="Add an entity, such as a warning.")
@click.option("--remove", multiple=True, metavar="PATH", help="Take away an entity, or what is stated of a fact.")
@options
def command(
    file: str,
    assign: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    form: str,
    rules: str | None,
    profile: str,
    engine: str,
    color: str,
) -> None:
    """Rate FILE with some facts changed, beside what it rates at as it stands.

    A path is transfer.FIELD, items.ID.FIELD, items[0].FIELD, warnings.ID.FIELD or context.FIELD. Changes are made in
    the order --remove, --add, --set, and each option may be given several times. The file is not touched.
    """
    from escalation.render.what_if import blocks

    if not (assign or add or remove):
        raise click.UsageError("say what changes: --set PATH=VALUE, --add KIND:FIELD=VALUE,... or --remove PATH")
    with reported(form):
        pack = load_pack(rules, profile)
        answer = what_if(assessed(file, pack, engine), assign, add, remove)
    show(answer, lambda: blocks(answer), pack, form, color)
