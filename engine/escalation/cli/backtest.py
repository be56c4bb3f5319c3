"""`assess backtest [DIR]`: the engine against historical cases, with baselines beside it."""

from __future__ import annotations

import os
import sys

import click

from escalation.analysis.backtest_plan import load_plan
from escalation.analysis.casebook import load_casebook
from escalation.cli.common import (
    FORMATS,
    PROFILES,
    color_option,
    emit,
    engine_option,
    extra,
    json_text,
    page_look,
    report,
    rules_option,
    scenario_files,
)
from escalation.diagnostics import Problems
from escalation.pack import data_folder, load_pack

__all__ = ["command"]


@click.command("backtest")
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path())
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
@click.option("--with-banner", is_flag=True, help="Count cases under a banner (coded from memory) as well.")
@click.option("--profile", default="", metavar="NAME", type=PROFILES, help="Rate under an image of the perceiver.")
@rules_option
@engine_option
@color_option
def command(
    folders: tuple[str, ...], form: str, with_banner: bool, profile: str, rules: str | None, engine: str, color: str
) -> None:
    """Rate historical cases and compare with what was coded of them. DIR is a folder of cases (default: the casebook).

    The figures are agreement with one coder, and never accuracy. Beside the engine stand baselines that any reader
    could do without it. What is asked and which baselines are shown is data: analysis/backtest.yaml in the rule pack.
    """
    with extra("stats"):
        from escalation.analysis.backtest import backtest
    pack = load_pack(rules, profile)
    problems = Problems()
    names = folders or (os.path.join(data_folder("scenarios"), "casebook"),)
    files = [path for path, _ in scenario_files(names, problems)]
    casebook = load_casebook(files, pack, problems, engine=engine, with_banner=with_banner)
    if casebook.cases:
        from escalation.render import backtest as view
        from escalation.render import layout, markdown

        found = backtest(pack, casebook, load_plan(pack))
        if form == "json":
            emit(json_text(view.data(found)))
        elif form == "markdown":
            emit(markdown.page(view.blocks(found)))
        else:
            emit(layout.page(view.blocks(found), page_look(color, pack)))
    elif not problems.found:
        raise click.ClickException("nothing to compare: none of these scenarios has observed: or ex_ante:")
    if problems.found:
        report(problems.found)
        sys.exit(2)
