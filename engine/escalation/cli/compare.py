"""`assess compare A B [C...]`: side by side, with the difference shared out."""

from __future__ import annotations

import click

from escalation.analysis.compare import compare
from escalation.cli.asking import assessed_all, show, shown
from escalation.cli.common import PROFILES, reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("compare")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--rules", multiple=True, metavar="DIR", type=click.Path(), help="A rule pack; two compare versions.")
@click.option("--profile", multiple=True, metavar="NAME", type=PROFILES, help="An image; several compare images.")
@shown
def command(
    files: tuple[str, ...], rules: tuple[str, ...], profile: tuple[str, ...], form: str, engine: str, color: str
) -> None:
    """Compare scenarios, the first with each other: what makes the difference, and how firm the order is.

    With one FILE and two --rules, or several --profile, compare what the packs or images make of it, and name the rules
    that the difference is owed to. The pack as it is counts as an image if only one --profile is given.
    """
    from escalation.render.compare import blocks

    with reported(form):
        pack = load_pack(rules[0] if rules else None, profile[0] if profile else "")
        answer = compare(assessed_all(files, pack, engine))
    show(answer, lambda: blocks(answer), pack, form, color)
