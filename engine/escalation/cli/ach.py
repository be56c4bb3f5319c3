"""`assess ach FILE`: rival explanations of what was said and done, weighed against what is stated."""

from __future__ import annotations

import click

from escalation.analysis.ach import ach
from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("ach")
@click.argument("file", type=click.Path())
@options
def command(file: str, form: str, rules: str | None, profile: str, engine: str, color: str) -> None:
    """Weigh rival explanations of the warnings and acts in FILE (analysis of competing hypotheses).

    There is a matrix only where a stated fact tells explanations apart. Explanations, items of evidence and how well
    each goes with each are data: analysis/hypotheses.yaml in the rule pack. No score is a likelihood.
    """
    from escalation.render import ach as pages

    with reported(form):
        pack = load_pack(rules, profile)
        found = ach(assessed(file, pack, engine))
    show(found, lambda: pages.blocks(found), pack, form, color)
