"""`assess report FILE...`: one HTML file to read, mail, print and keep."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import click

from escalation import rete
from escalation.assess import Assessment, assess
from escalation.cli import common
from escalation.cli.common import emit, extra, reported, say
from escalation.cli.files import write_file
from escalation.diagnostics import Problems
from escalation.pack import load_pack

__all__ = ["command", "page_of"]

EPILOG = """
\b
Examples:
  assess report us-patriot-2022.yaml -o report.html
  assess report us-patriot-2022.yaml us-atacms-2022.yaml -o both.html
  assess report scenarios/ -o all.html
"""


@click.command("report", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option(
    "-o", "--output", metavar="HTML", type=click.Path(dir_okay=False), help="Write to this file.  [default: stdout]"
)
@common.rules_option
@click.option("--profile", default="", metavar="NAME", type=common.PROFILES, help="Rate under an image.")
@common.engine_option
@common.as_of_option
def command(
    files: tuple[str, ...], output: str | None, rules: str | None, profile: str, engine: str, as_of: date | None
) -> None:
    """Write a report on one scenario, or on several with how they compare, as one HTML file.

    The file loads nothing from anywhere and is readable without JavaScript; with it, what-if answers from a table of
    exact ratings inside the file. Exit code: 0 written, 2 bad input (good files among bad ones are still reported on).
    """
    with reported("text"):
        pack = load_pack(rules, profile)
        problems = Problems()
        read = common.read_scenarios(files, pack, problems, as_of)
    if rete.missing() and engine == "both":
        say(f"notice: {rete.missing()}; rated by the ledger alone")
    founds = [assess(scenario, pack, engine=engine) for scenario in read.scenarios]
    problems.found += [problem for found in founds for problem in common.review_problems(found)]
    if founds:
        page = page_of(founds)
        if output and output != "-":
            write_file(output, page.encode())
        else:
            emit(page.rstrip("\n"))
    if read.out_of_scope:
        names = ", ".join(problem.mark.file for problem in read.out_of_scope)
        say(f"out of scope, left out: {len(read.out_of_scope)} ({names}); assess explain SCOPE-1")
    if problems.found:
        common.report(problems.found)
        sys.exit(2)
    if not founds:
        raise click.ClickException("there is nothing to report on")


def page_of(founds: Sequence[Assessment]) -> str:
    """The report as HTML text. Says what to install where the templates' engine is missing."""
    with extra("web"):
        import jinja2  # noqa: F401 - to say in one line that it is missing
    from escalation.web.page import report

    return report(founds)
