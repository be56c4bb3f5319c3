"""`assess compare A B [C...]`: side by side, with the difference shared out."""

from __future__ import annotations

import click

from escalation.analysis.compare import compare
from escalation.analysis.compare_packs import compare_packs
from escalation.cli.asking import assessed, assessed_all, show, shown
from escalation.cli.common import PROFILES, reported
from escalation.pack import Pack, load_pack

__all__ = ["command"]


@click.command("compare")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--rules", multiple=True, metavar="DIR", type=click.Path(), help="A rule pack; several are compared.")
@click.option("--profile", multiple=True, metavar="NAME", type=PROFILES, help="An image; several are compared.")
@shown
def command(
    files: tuple[str, ...], rules: tuple[str, ...], profile: tuple[str, ...], form: str, engine: str, color: str
) -> None:
    """Compare scenarios, the first with each other: what makes the difference, and how firm the order is.

    With one FILE, compare packs or images of the perceiver on it, and name the rules that the difference is owed to:
    give --rules twice (old, new) or --profile once (against the pack as it is) or more often.
    """
    with reported(form):
        if len(files) == 1:
            _packs(files[0], rules, profile, form, engine, color)
            return
        if len(rules) > 1 or len(profile) > 1:
            raise click.UsageError("several packs or images are compared on one FILE")
        pack = load_pack(rules[0] if rules else None, profile[0] if profile else "")
        answer = compare(assessed_all(files, pack, engine))
    from escalation.render.compare import blocks

    show(answer, lambda: blocks(answer), pack, form, color)


def _packs(file: str, rules: tuple[str, ...], profiles: tuple[str, ...], form: str, engine: str, color: str) -> None:
    from escalation.render.compare_packs import blocks

    packs = _versions(rules, profiles)
    answer = compare_packs([assessed(file, pack, engine) for pack in packs])
    show(answer, lambda: blocks(answer), packs[0], form, color)


def _versions(rules: tuple[str, ...], profiles: tuple[str, ...]) -> list[Pack]:
    """The packs that the options name: versions under one image, or images of one version."""
    if len(rules) > 1:
        if len(profiles) > 1:
            raise click.UsageError("compare several packs or several images, not both")
        return [load_pack(folder, profiles[0] if profiles else "") for folder in rules]
    folder = rules[0] if rules else None
    return [load_pack(folder, name) for name in (profiles if len(profiles) > 1 else ("", *profiles))]
