"""`assess rules test [PACK]`: the orderings and relations that the ratings of a pack have to keep."""

from __future__ import annotations

import sys

import click

from escalation.cli.common import color_option, emit, engine_option, page_look
from escalation.pack import load_pack
from escalation.workbench.finding import crossed
from escalation.workbench.report import FORMATS, write
from escalation.workbench.results import report_of
from escalation.workbench.testing import load_checks, run_checks

__all__ = ["command"]


@click.command("test")
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--profile", metavar="NAME", help="Run under one image only (neutral: the pack as it is; default: all).")
@click.option("--only", metavar="TEXT", default="", help="Run only the tests whose id holds TEXT.")
@engine_option
@color_option
def command(pack: str | None, form: str, profile: str | None, only: str, engine: str, color: str) -> None:
    """Run the tests of the pack in folder PACK (default: the installed one): its tests/*.yaml.

    They run under the pack as it is and under each of its profiles. A must that fails ends with exit code 1; a should
    that fails is shown with the reason that the test gives. Tests that compare nothing fail.
    """
    neutral = load_pack(pack)
    images = ["", *neutral.profiles] if profile is None else ["" if profile == "neutral" else profile]
    results = []
    for image in images:
        used = load_pack(pack, image)
        checks, cases = load_checks(used)
        chosen = [check for check in checks if only in check.id]
        if not chosen:
            raise click.ClickException(
                f"{used.folder}/tests has no test whose id holds '{only}'" if only else "no tests"
            )
        results += run_checks(chosen, used, cases, engine)
    found = report_of(results)
    emit(write(found, form, page_look(color, neutral)))
    if crossed(found.findings, "error"):
        sys.exit(1)
