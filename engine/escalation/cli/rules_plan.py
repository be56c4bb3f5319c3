"""`assess rules plan OLD NEW`: what a change of rules does, before it is merged."""

from __future__ import annotations

import os

import click

from escalation.cli.common import color_option, emit, extra, page_look, say, scenario_files
from escalation.diagnostics import Problems
from escalation.pack import Pack, data_folder, load_pack
from escalation.workbench.report import FORMATS, write

__all__ = ["command"]


@click.command("plan")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--scenarios", multiple=True, metavar="PATH", help="Replay these files and folders instead of the installed ones."
)
@click.option("--timeout", metavar="SECONDS", type=float, default=30, show_default=True, help="Time for each question.")
@click.option("--no-backtest", is_flag=True, help="Leave the backtest figures out.")
@color_option
def command(
    old: str, new: str | None, form: str, scenarios: tuple[str, ...], timeout: float, no_backtest: bool, color: str
) -> None:
    """Compare two packs: over all scenarios by proof, rule by rule, and over the scenarios and the casebook.

    OLD and NEW are folders or git revisions (HEAD~1, v0.1.0:rules); NEW is the installed pack if it is not given.

    Each changed rule is also judged alone: whether it raises or lowers ratings, with a scenario for each direction, and
    the values without which it makes no difference. Needs the extra `prove` (z3); the backtest figures need `stats`.
    """
    with extra("prove"):
        from escalation.workbench.plan import fields_changed, plan
        from escalation.workbench.plans import report_of
    from escalation.workbench.revisions import pack_folder
    from escalation.workbench.subject import load_subject

    with pack_folder(old) as before_folder:
        before = load_pack(before_folder)
        if new is None:
            subject = load_subject(scenarios=scenarios)
            after, at_hand = subject.pack, subject.scenarios
        else:
            with pack_folder(new) as after_folder:
                subject = load_subject(after_folder, scenarios=scenarios)
                after, at_hand = subject.pack, subject.scenarios
    if changed := fields_changed(before, after):
        listed = ", ".join(changed[:6])
        raise click.ClickException(
            f"the packs read fields that differ, so no scenario means the same in both: {listed}"
        )
    if [s.name for s in before.scales] != [s.name for s in after.scales]:
        raise click.ClickException("the packs have other scales, so their ratings cannot be compared")
    found = plan(before, after, at_hand, timeout)
    figures = [] if no_backtest else _figures(before, after)
    emit(write(report_of(found, figures, (old, new or "the installed pack")), form, page_look(color, after)))


def _figures(before: Pack, after: Pack) -> list[tuple[str, str, str, str]]:
    """The engine's own backtest figures under both packs, on the installed casebook; none without the extra `stats`."""
    try:
        from escalation.analysis.backtest import backtest
    except ImportError:
        say("the backtest figures are left out: pip install 'escalation-assess[stats]'")
        return []
    from escalation.analysis.backtest_plan import load_plan
    from escalation.analysis.casebook import load_casebook

    asked = load_plan(after)
    problems = Problems()
    files = [path for path, _ in scenario_files([os.path.join(data_folder("scenarios"), "casebook")], problems)]
    results = [backtest(pack, load_casebook(files, pack, problems), asked) for pack in (before, after)]
    rows = []
    for one, other in zip(results[0].answers, results[1].answers, strict=True):
        for name in ("exact", "mean_absolute_error", "weighted_kappa"):
            values = [answer.scores[0].measures[name].value for answer in (one, other)]
            before_text, after_text = ("-" if value is None else f"{value:.2f}" for value in values)
            rows.append((one.question.title, name.replace("_", " "), before_text, after_text))
    return rows
