"""`assess rules prove [PACK]`: what holds of a pack over all scenarios."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from escalation.cli.common import color_option, emit, extra, page_look, say
from escalation.pack import load_pack
from escalation.workbench.finding import SEVERITIES, crossed
from escalation.workbench.report import FORMATS, write

__all__ = ["command"]


@click.command("prove")
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--profile", metavar="NAME", default="", help="Prove it of the pack under one of its profiles.")
@click.option("--only", metavar="TEXT", default="", help="Settle only the claims whose id holds TEXT.")
@click.option("--timeout", metavar="SECONDS", type=float, default=30, show_default=True, help="Time for each claim.")
@click.option("--write", "folder", metavar="DIR", help="Write the scenarios that refute a claim to DIR.")
@click.option("--fail-on", type=click.Choice([*SEVERITIES, "never"]), default="warning", show_default=True)
@color_option
def command(
    pack: str | None, form: str, profile: str, only: str, timeout: float, folder: str | None, fail_on: str, color: str
) -> None:
    r"""Prove or refute claims about every scenario there can be, with any number of warnings and items.

    \b
    Claims about every pack: each level is reached; each rule fires, and moves a level, in some scenario; floors and
    ceilings never meet; no step up a field with a direction moves level or score against it. Claims of this pack:
    its properties.yaml.

    Each ends proved, refuted (with scenarios, rated by both engines before they are shown) or unknown within the time
    given. Needs the extra `prove` (z3).
    """
    with extra("prove"):
        from escalation.workbench.proofs import files_of, report_of
        from escalation.workbench.prove import prove
    used = load_pack(pack, profile)
    depth, coming = prove(used, timeout, only)
    answers = list(coming)
    if not answers:
        raise click.ClickException(f"no claim has an id that holds '{only}'")
    found = report_of(used, depth, answers, timeout)
    emit(write(found, form, page_look(color, used)))
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for answer in answers:
            for name, text in files_of(used, answer) if answer.state == "refuted" else ():
                Path(folder, name).write_text(text, encoding="utf-8")
                say(f"wrote {Path(folder, name)}")
    if crossed(found.findings, fail_on):
        sys.exit(1)
