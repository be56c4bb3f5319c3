"""`assess FILE...`: rate scenarios and show why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from escalation import rete
from escalation.assess import Assessment, assess
from escalation.cli import PlainHelp, common
from escalation.cli.common import emit, reported, say
from escalation.diagnostics import InputError, Mark, Problems
from escalation.pack import Pack, load_pack
from escalation.source import Limits, read_bytes

if TYPE_CHECKING:
    from escalation.analysis.timeline import Day
    from escalation.render.layout import Block

__all__ = ["command"]

FINDINGS = {
    "range": "the open facts allow more than one level",
    "assumed": "a fact that is not stated would move the level by itself",
    "low-confidence": "confidence is low",
    "later": "something in the file became known after the day rated",
    "inexact": "the range is bounds, not exact",
    "one-engine": "the two engines were not compared",
    "disputed": "a reviewer disputes a line",
    "unreviewed": "it is not signed as reviewed as it is now",
}
_FORMATS = click.Choice([*common.FORMATS.choices, "html"])
EPILOG = """
\b
Examples:
  assess us-patriot-2022.yaml                        the report: what, why, how sure
  assess us-patriot-2022.yaml --detail verdict       the same in eight sentences
  assess scenarios/                                  a folder, each scenario in short
  assess us-patriot-2022.yaml --as-of 2022-12-15     as of the next day
  assess us-patriot-2022.yaml --profile all          under every image of the perceiver
  assess us-patriot-2022.yaml --format json          the trace, for other programs
  assess new scenario > mine.yaml                    a file to start from
"""


@click.command("rate", cls=PlainHelp, epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=common.PATH)
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
@click.option(
    "--detail",
    type=click.Choice(["verdict", "ledger", "full"]),
    help="Length: verdict, ledger (why) or full (every condition).  [default: ledger; for several files verdict]",
)
@common.rules_option
@common.profile_option
@common.engine_option
@common.as_of_option
@click.option("--timeline", is_flag=True, help="One line for each day on which the rating or its reasons change.")
@click.option("--since", metavar="RESULT", type=common.PATH, help="Say what differs from an earlier --format json.")
@click.option("--fail-at", metavar="LEVEL", type=common.LEVELS, help="Exit with 1 if a scenario rates LEVEL or above.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(list(FINDINGS)),
    help="Exit with 1 on a finding (may be repeated): " + "; ".join(f"{k}: {v}" for k, v in FINDINGS.items()) + ".",
)
@common.color_option
@click.option("-q", "--quiet", is_flag=True, help="Print no report: problems and the exit code only.")
def command(
    files: tuple[str, ...],
    form: str,
    detail: str | None,
    rules: str | None,
    profile: str,
    engine: str,
    as_of: date | None,
    timeline: bool,
    since: str | None,
    fail_at: str | None,
    fail_on: tuple[str, ...],
    color: str,
    quiet: bool,
) -> None:
    """Rate scenarios. FILE is a scenario, a folder of scenarios (not deeper), or - for standard input.

    The report gives the level and its range over what is open, the rules that fired and what each rests on, what is
    only assumed, and how far the nearest other rules were from firing. Exit code: 0 rated, 1 a gate was crossed
    (--fail-at, --fail-on), 2 bad input or usage (good files among bad ones are still rated), 70 internal error.
    """
    if timeline and (since or profile == "all"):
        raise click.UsageError("--timeline goes with neither --since nor --profile all")
    if form == "html" and (timeline or since or profile == "all"):
        raise click.UsageError("--format html goes with neither --timeline, --since nor --profile all")
    with reported(form):
        packs = _packs(rules, profile)
        gate = _gate(fail_at, packs[0])
        problems = Problems()
        earlier = _earlier(since, problems)
        read = common.read_scenarios(files, packs[0], problems, as_of)
    if rete.missing() and engine == "both":
        say(f"notice: {rete.missing()}; rated by the ledger alone")
    found = [[assess(scenario, pack, engine=engine) for pack in packs] for scenario in read.scenarios]
    length = detail or ("verdict" if len(read.scenarios) > 1 else "ledger")
    several = len(files) > 1 or len(packs) > 1 or os.path.isdir(files[0])  # what was asked for, whatever came of it
    if found and not quiet:
        if timeline:
            from escalation.analysis.timeline import timeline as timeline_of

            days = [
                timeline_of(data, s.file, packs[0], engine) for s, data in zip(read.scenarios, read.texts, strict=True)
            ]
            _timeline(days, form, color, packs[0], several)
        elif since:
            _since([group[0] for group in found], earlier, form, length, color, several)
        else:
            _show(found, form, length, color, several)
    elif several and form == "json" and not (quiet or problems.found):
        emit("[]")  # all out of scope
    if read.out_of_scope:
        names = ", ".join(problem.mark.file for problem in read.out_of_scope)
        say(f"out of scope, not rated: {len(read.out_of_scope)} ({names}); assess explain SCOPE-1")
    problems.found += [problem for group in found for problem in common.review_problems(group[0])]
    crossed = [line for group in found for one in group for line in _crossed(one, gate, fail_on)]
    for line in crossed:
        say(line)
    if problems.found:
        common.report(problems.found, form)
    sys.exit(2 if problems.found else 1 if crossed else 0)


def _packs(rules: str | None, profile: str) -> list[Pack]:
    """The pack under the image that was asked for, or under none and then each of its images."""
    if profile != "all":
        return [load_pack(rules, profile)]
    neutral = load_pack(rules)
    return [neutral, *(load_pack(rules, name) for name in neutral.profiles)]


def _gate(fail_at: str | None, pack: Pack) -> int | None:
    if fail_at is None:
        return None
    names = [level.name for level in pack.levels]
    return names.index(common.word_of(fail_at, names, "level")) + 1


def _crossed(found: Assessment, gate: int | None, findings: Sequence[str]) -> Iterable[str]:
    """A line for each gate that an assessment crosses."""
    rating, who = found.rating, found.scenario.id
    if found.pack.profile:
        who += f" ({found.pack.profile})"
    if gate is not None and rating.level >= gate:
        yield f"gate: {who} rates {rating.name.upper()}, at or above {found.pack.levels[gate - 1].name.upper()}"
    tests = {
        "range": lambda: rating.low < rating.high,
        "assumed": lambda: bool(found.confidence.basis.assumed),
        "low-confidence": lambda: found.confidence.level == "low",
        "later": lambda: bool(found.scenario.later),
        "inexact": lambda: not rating.exact,
        "one-engine": lambda: len(found.engines) < 2,
        "disputed": lambda: _review_state(found) == "disputed",
        "unreviewed": lambda: _review_state(found) != "reviewed",
    }
    for name in findings:
        if tests[name]():
            yield f"gate: {who}: {FINDINGS[name]} ({name})"


def _review_state(found: Assessment) -> str:
    """The state of an assessment's review: draft where there is none, or none that is in order."""
    from escalation.analysis.review_file import review_of  # asked for by few

    try:
        state = review_of(found)
    except InputError:  # told by its problems
        return "draft"
    return state.state if state else "draft"


def _show(found: list[list[Assessment]], form: str, detail: str, color: str, several: bool) -> None:
    flat = [one for group in found for one in group]
    if form == "json":
        from escalation.render.json import dump

        emit(dump(flat, several))
        return
    if form == "html":
        from escalation.cli.report import page_of

        emit(page_of(flat).rstrip("\n"))
        return
    images = len(found[0]) > 1
    if form == "markdown":
        from escalation.render import markdown, profiles

        shown = (markdown.page(profiles.side_by_side(g)) if images else markdown.report(g[0], detail) for g in found)
        emit("\n\n".join(shown))
        return
    from escalation.render import text

    view = common.page_look(color, flat[0].pack)
    if images:
        from escalation.render import profiles
        from escalation.render.layout import page

        emit("\n\n".join(page(profiles.side_by_side(group), view) for group in found))
    else:
        emit("\n\n".join(text.report(group[0], detail, view) for group in found))


def _timeline(found: Sequence[Sequence[Day]], form: str, color: str, pack: Pack, several: bool) -> None:
    if form == "json":
        rows = [[_day_data(day) for day in days] for days in found]
        emit(common.json_text(rows if several else rows[0]))
        return
    from escalation.render import over_time

    _pages([over_time.timeline(days) for days in found], form, color, pack)


def _day_data(day: Day) -> dict[str, Any]:
    """One day of a timeline as JSON data."""
    ratings = {r.scale: r._asdict() | {"arithmetic": None} for r in day.found.ratings} if day.found else None
    for rating in (ratings or {}).values():
        del rating["arithmetic"]
    news = [{"path": later.path, "date": later.date, "text": later.text} for later in day.news]
    return {"day": day.day.isoformat(), "ratings": ratings, "news": news, "on": list(day.on), "off": list(day.off)}


def _pages(pages: Sequence[Sequence[Block]], form: str, color: str, pack: Pack) -> None:
    """Write pages of blocks as text or Markdown."""
    if form == "markdown":
        from escalation.render import markdown

        emit("\n\n".join(markdown.page(blocks) for blocks in pages))
        return
    from escalation.render.layout import page

    view = common.page_look(color, pack)
    emit("\n\n".join(page(blocks, view) for blocks in pages))


def _earlier(since: str | None, problems: Problems) -> dict[str, Any]:
    """The traces of an earlier result by scenario id. Raises InputError for a file that holds none."""
    if since is None:
        return {}
    import json

    from escalation.analysis.since import is_trace

    data = read_bytes(since, problems, Limits(bytes=1 << 28))
    problems.stop()
    try:
        found = json.loads(data or b"")
    except ValueError as error:
        found = None
        reason = str(error)
    else:
        reason = "it holds no trace of version 1"
    traces = found if isinstance(found, list) else [found]
    if not all(is_trace(trace) for trace in traces):
        help = "give a file that assess --format json has written"
        problems.add("JSON-1", f"not an earlier result: {reason}", Mark(since, 1, 1), help)
        problems.stop()
    return {trace["scenario"]["id"]: trace for trace in traces}


def _since(found: list[Assessment], earlier: dict[str, Any], form: str, detail: str, color: str, several: bool) -> None:
    """The reports, each led by what differs from the earlier result of the same scenario."""
    from escalation.analysis.since import differences
    from escalation.trace import trace

    pairs = [(one, trace(one)) for one in found]
    notes = [differences(earlier[one.scenario.id], new) if one.scenario.id in earlier else None for one, new in pairs]
    for (one, _), note in zip(pairs, notes, strict=True):
        if note is None:
            say(f"notice: the earlier result has no scenario {one.scenario.id}")
    if form == "json":
        rows = [{**new, "since": note} for (_, new), note in zip(pairs, notes, strict=True)]
        emit(common.json_text(rows if several else rows[0]))
        return
    from escalation.render import over_time
    from escalation.render.layout import GAP
    from escalation.render.panels import blocks

    pages = [
        [
            *blocks(one, "verdict"),
            *(over_time.since(note) if note else ()),
            *((GAP, *blocks(one, detail)) if detail != "verdict" else ()),
        ]
        for one, note in zip(found, notes, strict=True)
    ]
    _pages(pages, form, color, found[0].pack)
