"""`assess review FILE`: accept, dispute or override lines of the trace, and see what of it still holds."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime

import click
from click.shell_completion import CompletionItem

from escalation.analysis.review import SIGNATURES, Entry, Review, Signature, Standing, forget, record, sign, standing
from escalation.analysis.review_file import load, save_review
from escalation.assess import Assessment, assess
from escalation.cli import common
from escalation.cli.asking import assessed, shown
from escalation.cli.common import emit, reported
from escalation.diagnostics import InputError, Problems
from escalation.pack import Pack, load_pack
from escalation.render import review as pages
from escalation.render.layout import Block

__all__ = ["command"]

OPEN = "open"
"""Stands for every line that is open or re-opened."""
EPILOG = """
\b
Examples:
  assess review p.yaml                                        what is accepted, disputed, open
  assess review scenarios/                                    how far each scenario of a folder is
  assess review p.yaml --lines                                every line with its address
  assess review p.yaml --accept ROL-10 --reviewer "A. Reader"
  assess review p.yaml --dispute WRN-10/2 --reason "the office is another" --reviewer "A. Reader"
  assess review p.yaml --override ROL-40 --answer "did not fire" --reason "..." --reviewer "A. Reader"
  assess review p.yaml --accept open --sign reviewed --reviewer "A. Reader"
\b
LINE is a rule (ROL-10), the second condition of a rule (ROL-10/2), the same of one of
several entities (WRN-10/2:kremlin-14-dec), or a level (rating/escalation).
"""


class _Line(click.ParamType):  # type: ignore[type-arg]
    """The address of a line, completed by the shell from the file that the command names."""

    name = "line"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        files = [ctx.params.get("file"), *ctx.args]  # an option that waits for its value keeps words from their places
        try:
            found = assessed(next(filter(None, files), ""), load_pack(ctx.params.get("rules")), "ledger")
            lines = standing(found, load(found).review).lines
        except (InputError, click.ClickException):  # a file with mistakes in it has no lines to offer
            return []
        near = [line for line in lines if line.address.lower().startswith(incomplete.lower())]
        return [CompletionItem(line.address, help=line.says) for line in near]


_LINE = _Line()


@click.command("review", epilog=EPILOG)
@click.argument("file", type=click.Path())
@click.option("--accept", metavar="LINE", multiple=True, type=_LINE, help="Agree with a line, or with all `open` ones.")
@click.option("--dispute", metavar="LINE", multiple=True, type=_LINE, help="Say that a line is wrong; needs --reason.")
@click.option(
    "--override", metavar="LINE", multiple=True, type=_LINE, help="Answer otherwise, beside the engine; needs --reason."
)
@click.option("--forget", "drop", metavar="LINE", multiple=True, type=_LINE, help="Drop what is recorded of a line.")
@click.option("--answer", default="", metavar="TEXT", help="What an override answers in place of the engine.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the next reader.")
@click.option(
    "--reviewer", default="", metavar="NAME", envvar="ASSESS_REVIEWER", help="Who says so ($ASSESS_REVIEWER)."
)
@click.option("--date", "on", metavar="DATE", type=common.DAY, help="The day of the review.  [default: today]")
@click.option(
    "--sign",
    "signature",
    type=click.Choice([*SIGNATURES, "draft"]),
    help="Sign the review off, withdraw the assessment, or take a signature back (draft).",
)
@click.option("--lines", "every", is_flag=True, help="Show every line that can be reviewed.")
@common.rules_option
@shown
def command(
    file: str,
    accept: tuple[str, ...],
    dispute: tuple[str, ...],
    override: tuple[str, ...],
    drop: tuple[str, ...],
    answer: str,
    reason: str,
    reviewer: str,
    on: date | None,
    signature: str | None,
    every: bool,
    rules: str | None,
    form: str,
    engine: str,
    color: str,
) -> None:
    """Show how far the review of FILE has come, or record what a reviewer says of lines of its trace.

    For a folder, show the state of each scenario in it.

    What is recorded stands beside the scenario, in NAME.review.yaml, bound to what each line said: when a fact or a
    rule changes, the lines that it touched are open again, and no others. A review never moves the rating. It is draft
    until it is signed as reviewed, which needs every rule that fired or cannot be told, and the levels, to be accepted
    or overridden; disputed while a dispute stands; and withdrawn if it is signed so.
    """
    if file == "-":
        raise click.UsageError("a review is kept beside a file; standard input has no place for one")
    said = {"accept": accept, "dispute": dispute, "override": override}
    if os.path.isdir(file):
        if any((*said.values(), drop, signature, every)):
            raise click.UsageError(f"{file} is a folder: lines are recorded of one file at a time")
        _folder(file, rules, form, engine, color)
        return
    with reported(form):
        pack = load_pack(rules)
        found = assessed(file, pack, engine)
        kept = load(found)
        review = kept.review
        day = (on or datetime.now().astimezone().date()).isoformat()
        for line in drop:
            review = forget(review, line, reviewer)
        entries = [
            Entry(line, verdict, reviewer, day, reason, answer if verdict == "override" else "")
            for verdict, lines in said.items()
            for line in (_lines(lines, found, review) if verdict == "accept" else lines)
        ]
        review = record(found, review, entries)
        if signature:
            review = sign(found, review, None if signature == "draft" else Signature(signature, reviewer, day, reason))
        if review != kept.review:
            save_review(review, kept.path, kept.digest)
    _show(standing(found, review), found, kept.path, form, color, pack, every)


def _folder(folder: str, rules: str | None, form: str, engine: str, color: str) -> None:
    """The state of each scenario of a folder; one that is not in order does not keep the others from being shown."""
    with reported(form):
        pack, problems = load_pack(rules), Problems()
        read = common.read_scenarios([folder], pack, problems)
    states: list[tuple[Assessment, Standing]] = []
    for found in (assess(scenario, pack, engine=engine) for scenario in read.scenarios):
        try:
            states.append((found, standing(found, load(found).review)))
        except InputError as error:
            problems.found += error.problems
    if form == "json":
        rows = [{"scenario": found.scenario.id, "file": found.scenario.file, **state.data()} for found, state in states]
        emit(common.json_text(rows))
    else:
        _print([pages.overview(states)], form, color, pack)
    if problems.found:
        common.report(problems.found, form)
        sys.exit(2)


def _lines(named: tuple[str, ...], found: Assessment, review: Review) -> list[str]:
    """The lines that are named, with those that `open` stands for."""
    waiting = [line.address for line in standing(found, review).of("open", "reopened")]
    return [line for name in named for line in (waiting if name == OPEN else [name])]


def _show(state: Standing, found: Assessment, path: str, form: str, color: str, pack: Pack, every: bool) -> None:
    if form == "json":
        emit(common.json_text({"scenario": found.scenario.id, "file": path, **state.data(every)}))
        return
    blocks = list(pages.blocks(state, found.scenario.title, path))
    blocks += [pages.every_line(state)] if every else []
    _print(blocks, form, color, pack)


def _print(blocks: list[Block], form: str, color: str, pack: Pack) -> None:
    """Write blocks as text or Markdown."""
    if form == "markdown":
        from escalation.render.markdown import page as markdown_page

        emit(markdown_page(blocks))
        return
    from escalation.render.layout import page

    emit(page(blocks, common.page_look(color, pack)))
