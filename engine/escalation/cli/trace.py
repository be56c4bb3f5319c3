"""`assess trace OUT --row ID`: the full trace of a row of a sweep or a batch, rated anew by both engines."""

from __future__ import annotations

import click

from escalation import rete
from escalation.assess import Assessment
from escalation.cli.common import color_option, emit, extra, page_look, reported, rules_option, say

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess trace rows.parquet --row 4711                      a row of `assess sweep -o rows.parquet`
  assess trace rated/ --row us-atacms-2022 --detail full    of `assess batch -o rated`, by its id
  assess trace rated/ --row 4711 --format json              for other programs, as `assess FILE` gives it
"""


@click.command("trace", epilog=EPILOG)
@click.argument("results", metavar="OUT", type=click.Path())
@click.option("--row", required=True, metavar="ID", help="The number of the row, or the id of a scenario of a batch.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text", show_default=True
)
@click.option(
    "--detail",
    type=click.Choice(["verdict", "ledger", "full"]),
    default="ledger",
    show_default=True,
    help="Length: verdict, ledger (why) or full (every condition).",
)
@rules_option
@color_option
def command(results: str, row: str, form: str, detail: str, rules: str | None, color: str) -> None:
    """Show why a row of the results in OUT has its rating, as `assess FILE` shows it for a scenario.

    A sweep keeps its scenario in the file; a row of a batch is read from its input again. Both engines rate it, and
    must come to what is stored. Exit code: 0 traced; 2 no such row, or its input or rules have changed and it no longer
    comes to the same; 70 internal error. Needs the extra `bulk`.
    """
    with extra("bulk"):
        import numba  # noqa: F401 - to say in one line that it is missing

        from escalation.bulk.stored import opened_results
        from escalation.bulk.trace_row import trace_row
    with reported(form):
        traced = trace_row(opened_results(results), row, rules)
    for notice in (*traced.notices, *([rete.missing()] if rete.missing() else [])):
        say(f"notice: {notice}")
    engines = "both engines come" if len(traced.found.engines) > 1 else "the ledger comes"
    own = ", ".join(f"{name} = {_shown(value)}" for name, value in traced.own.items())
    say(f"row {traced.row:,} of {results} ({own}): {engines} to what is stored")
    emit(_page(traced.found, form, detail, color))


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _page(found: Assessment, form: str, detail: str, color: str) -> str:
    if form == "json":
        from escalation.render.json import dump

        return dump([found], several=False)
    if form == "markdown":
        from escalation.render import markdown

        return markdown.report(found, detail)
    if form == "html":
        from escalation.cli.report import page_of

        return page_of([found]).rstrip("\n")
    from escalation.render import text

    return text.report(found, detail, page_look(color, found.pack))
