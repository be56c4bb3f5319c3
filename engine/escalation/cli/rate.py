"""`assess FILE...`: rate scenarios and show why."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from escalation.assess import Assessment, assess, in_scope
from escalation.diagnostics import InputError, Mark, Problem, Problems
from escalation.pack import Pack, load_pack
from escalation.render.problems import text as problems_text
from escalation.scenario import Scenario, read_scenario
from escalation.source import LIMITS

__all__ = ["command", "scenario_files"]

ENGINES = click.Choice(["both", "ledger"])


@click.command("rate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--rules", metavar="DIR", help="Use the rule pack in DIR instead of the installed one.")
@click.option("--profile", default="", metavar="NAME", help="Rate under a perceiver image of the pack.")
@click.option("--engine", type=ENGINES, default="both", show_default=True, help="Engines to run; both must agree.")
def command(files: tuple[str, ...], form: str, rules: str | None, profile: str, engine: str) -> None:
    """Rate scenarios. FILE is a scenario, a folder of scenarios (not deeper), or - for standard input."""
    pack = load_pack(rules, profile)
    problems = Problems()
    found = [rated for path in scenario_files(files, problems) if (rated := _rate(path, pack, engine, problems))]
    several = len(files) > 1 or Path(files[0]).is_dir()
    if found:
        _show(found, form, several)
    if problems.found:
        click.echo(problems_text(sorted(problems.found, key=lambda p: p.mark.file)), err=True)
        sys.exit(2)


def scenario_files(names: tuple[str, ...], problems: Problems) -> list[str]:
    """The scenario files that the arguments stand for, in order; a folder gives its *.yaml files by name."""
    paths: list[str] = []
    for name in names:
        if name != "-" and Path(name).is_dir():
            inside = sorted(str(p) for p in Path(name).iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
            paths += inside
            if not inside:
                problems.add("FILE-4", "no scenario in this folder", Mark(name, 1, 1), "scenarios end in .yaml")
        else:
            paths.append(name)
    return paths


def read_input(path: str) -> bytes:
    """The bytes of a file, or of standard input for -; raises InputError if it cannot be read."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LIMITS.bytes + 1)
        with open(path, "rb") as file:
            return file.read(LIMITS.bytes + 1)
    except OSError as error:
        problem = Problem("FILE-1", f"cannot be read: {error.strerror}", Mark(path, 1, 1), help="check the name")
        raise InputError([problem]) from None


def _rate(path: str, pack: Pack, engine: str, problems: Problems) -> Assessment | None:
    try:
        scenario: Scenario | None = read_scenario(read_input(path), path, pack.vocabulary, problems)
        if scenario is None:
            return None
        if outside := in_scope(scenario, pack):
            problems.found.append(outside)
            return None
        return assess(scenario, pack, engine=engine)
    except InputError as error:
        problems.found.extend(error.problems)
        return None


def _show(found: list[Assessment], form: str, several: bool) -> None:
    if form == "json":
        from escalation.render.json import dump

        click.echo(dump(found, several))
    else:
        from escalation.render.text import page

        click.echo("\n\n".join(page(one) for one in found))
