"""`assess new scenario` and `assess new rule`: something to start from."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from escalation.cli.common import emit
from escalation.cli.new_rule import command as rule
from escalation.diagnostics import suggest
from escalation.pack import data_folder
from escalation.render.layout import Column, Paragraph, Row, Section, Table, look, page
from escalation.scenario import is_scenario

__all__ = ["command", "samples"]

TEMPLATE = "template"
EPILOG = """
\b
Examples:
  assess new scenario > mine.yaml                          a commented template
  assess new scenario --list                               the samples that come with the package
  assess new scenario --like us-patriot-2022 > mine.yaml   a sample to change
"""


class _Sample(click.ParamType):  # type: ignore[type-arg]
    """The id of a sample."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in samples() if name.startswith(incomplete)]


@click.group("new")
def command() -> None:
    """Start a scenario or a rule."""


@command.command("scenario", epilog=EPILOG)
@click.option("--like", metavar="ID", type=_Sample(), default=TEMPLATE, help="Print a sample instead of the template.")
@click.option("--list", "listing", is_flag=True, help="List the samples.")
def scenario(like: str, listing: bool) -> None:
    """Print a scenario that passes validation: the template, or a sample that comes with the package."""
    known = samples()
    if listing:
        emit(page(_listed(known), look()))
        return
    if like not in known:
        help = suggest(like, known) or "--list shows them"
        raise click.BadParameter(f"there is no sample {like}; {help}", param_hint="--like")
    emit(known[like].read_text(encoding="utf-8").rstrip("\n"))


command.add_command(rule)


def samples() -> dict[str, Path]:
    """The scenarios that come with the package, by id (the name of the file)."""
    return {p.stem: p for p in sorted(Path(data_folder("scenarios")).glob("*.yaml")) if is_scenario(p.name)}


def _listed(known: dict[str, Path]) -> list[Section | Paragraph]:
    rows = tuple(Row((name, _title(path))) for name, path in known.items())
    table = Table((Column(), Column(flex=True)), rows)
    return [Section("Samples", (table,)), Paragraph("Print one: assess new scenario --like ID")]


def _title(path: Path) -> str:
    """The title that a sample gives, without reading all of it as YAML."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.removeprefix("title:").strip() for line in lines if line.startswith("title:")), "")
