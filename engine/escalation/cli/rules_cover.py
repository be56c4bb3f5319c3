"""`assess rules cover [PACK] [SCENARIO]...`: what tests and scenarios show of each condition of each rule."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from escalation.cli.common import color_option, emit, page_look, say
from escalation.diagnostics import Mark, Problems
from escalation.workbench.cover import fill, report_of, shares, tests_of
from escalation.workbench.coverage import Coverage, Example
from escalation.workbench.fmt import formatted
from escalation.workbench.report import FORMATS, write
from escalation.workbench.subject import Subject, load_subject

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess rules cover                              the installed pack, by its tests and all scenarios
  assess rules cover --by tests --min 90          by the tests alone; exit code 1 under 90% of conditions
  assess rules cover my-pack --write more/        write the scenarios that are missing
"""
PERCENT = click.FloatRange(0, 100)


@click.command("cover", epilog=EPILOG)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...", type=click.Path(exists=True))
@click.option(
    "--by", type=click.Choice(["all", "tests", "scenarios"]), default="all", show_default=True, help="What counts."
)
@click.option("--min", "least", type=PERCENT, metavar="PERCENT", help="Exit code 1 if fewer conditions are shown.")
@click.option("--min-rules", type=PERCENT, metavar="PERCENT", help="Exit code 1 if fewer rules fire.")
@click.option("--min-lines", type=PERCENT, metavar="PERCENT", help="Exit code 1 if fewer sides of lines are reached.")
@click.option(
    "--write", "folder", type=click.Path(file_okay=False), metavar="DIR", help="Write the missing scenarios to DIR."
)
@click.option("--write-tests", type=click.Path(dir_okay=False), metavar="FILE", help="Write the missing tests to FILE.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@color_option
def command(
    pack: str | None,
    scenarios: tuple[str, ...],
    by: str,
    least: float | None,
    min_rules: float | None,
    min_lines: float | None,
    folder: str | None,
    write_tests: str | None,
    form: str,
    color: str,
) -> None:
    """Show what tests and scenarios cover of the pack in folder PACK (default: the installed one).

    A rule is covered if something makes it fire. A condition is covered if it is shown to decide its rule alone, both
    where it holds and where it fails (MC/DC). A line of a graded fact has two sides. SCENARIO is a file or a folder
    (default: the scenarios beside the pack, or the installed ones).
    """
    subject = load_subject(pack, scenarios=scenarios)
    examples = _examples(subject, by)
    subject.test_problems.stop()
    coverage = Coverage(subject.pack, examples)
    report, found = report_of(subject, coverage, examples)
    emit(write(report, form, page_look(color, subject.pack)))
    for path in subject.left_out:
        say(f"{path}: not a scenario of this pack, left out")
    if folder:
        _write_scenarios(subject, coverage, Path(folder))
    if write_tests:
        _write_tests(subject, coverage, Path(write_tests))
    gates = {"conditions": least, "rules": min_rules, "lines": min_lines}
    below = [s for s in found if (gate := gates[s.name]) is not None and s.percent < gate]
    for share in below:
        say(f"{share.name}: {share.shown} of {share.of} is {share.percent:.1f}%, under {gates[share.name]:g}%")
    if below:
        sys.exit(1)


def _examples(subject: Subject, by: str) -> list[Example]:
    tests = [Example(test.id, "test", test.scenario, test.about) for test in subject.rule_tests if test.counts]
    cases = [Example(scenario.id, "scenario", scenario) for scenario in subject.scenarios] if by != "tests" else []
    return [*(tests if by != "scenarios" else []), *cases]


def _write_scenarios(subject: Subject, coverage: Coverage, folder: Path) -> None:
    problems = Problems()
    number = 0
    for found, text in fill(subject, coverage):
        path = folder / f"{found.id}.yaml"
        if path.exists():
            problems.add(
                "FILE-5", "is there already, and is left as it is", Mark(str(path), 1, 1), "use another folder"
            )
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_in_form(text), encoding="utf-8")
        number += 1
    _say_written(coverage, f"{number} scenarios written to {folder}")
    problems.stop()


def _write_tests(subject: Subject, coverage: Coverage, path: Path) -> None:
    problems = Problems()
    text, number = tests_of(subject, coverage)
    if path.exists():
        problems.add("FILE-5", "is there already, and is left as it is", Mark(str(path), 1, 1), "name another file")
        problems.stop()
    if number:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_in_form(text), encoding="utf-8")
    _say_written(coverage, f"{number} tests written to {path}" if number else "no test is missing")


def _in_form(text: str) -> str:
    return formatted(text.encode(), "", Problems()) or text


def _say_written(coverage: Coverage, what: str) -> None:
    after = ", ".join(f"{share.name} {share.shown} of {share.of}" for share in shares(coverage, ()))
    say(f"{what}; with them: {after}")
