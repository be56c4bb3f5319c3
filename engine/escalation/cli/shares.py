"""`assess shares FILE`: how the stated uncertainty falls on the levels."""

from __future__ import annotations

import click

from escalation.cli.asking import assessed, options, show
from escalation.cli.common import reported
from escalation.pack import load_pack

__all__ = ["command"]


@click.command("shares")
@click.argument("file", type=click.Path())
@click.option("--samples", type=click.IntRange(100), metavar="N", help="Sample N worlds, even where exact is possible.")
@click.option("--seed", default=0, show_default=True, help="Where sampling starts: equal seeds, equal samples.")
@options
def command(
    file: str, samples: int | None, seed: int, form: str, rules: str | None, profile: str, engine: str, color: str
) -> None:
    """Share out the stated uncertainty of FILE over the levels.

    Facts with probabilities or a distribution are spread; other open facts stand at their assumed values. It is exact
    as long as the facts are independent and not too many, else sampled with its error. The shares are the spread of
    the inputs, not the likelihood of any reaction.
    """
    from escalation.analysis.shares import shares
    from escalation.render.shares import blocks

    with reported(form):
        pack = load_pack(rules, profile)
        answer = shares(assessed(file, pack, engine), samples=samples, seed=seed)
    show(answer, lambda: blocks(answer), pack, form, color)
