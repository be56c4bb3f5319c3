"""Reviewing in the application: what stands of a review, and the forms that record more of it.

A form carries the digest of each line as the reviewer read it; if a line says something else by now, nothing is
recorded and the page says so. The rest (states, what re-opens, the file) is the business of `analysis/review*.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from escalation.analysis.review import (
    Entry,
    LineState,
    Review,
    Signature,
    Standing,
    forget,
    record,
    sign,
    standing,
)
from escalation.analysis.review_file import Loaded, load, save_review
from escalation.analysis.review_lines import review_lines
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Mark, Problem
from escalation.render.review import sentence
from escalation.scenario import review_path
from escalation.web.cases import Case
from escalation.web.desk import Ask, Desk, address
from escalation.web.security import Refused

__all__ = ["Reviewed", "review", "review_state", "reviewed", "save_review_form"]


class Reviewed(NamedTuple):
    """What a page shows of a review: where it stands, in a sentence too, and the lines of each rule.

    `digests` are those of the lines as they are now, by address; `reviewer` is who reviewed last in this session, at
    first $ASSESS_REVIEWER. `problems` say why there is nothing to show: the file is not in order.
    """

    standing: Standing | None
    says: str
    by_rule: Mapping[str, tuple[LineState, ...]]
    digests: Mapping[str, str]
    reviewer: str
    today: str
    problems: tuple[Problem, ...] = ()

    def state(self, rule: str) -> str:
        """The state of a rule: that of the line that needs attention most."""
        states = [line.state for line in self.by_rule.get(rule, ())]
        return next((state for state in ("disputed", "reopened", "overridden", "accepted") if state in states), "")


def review(desk: Desk, ask: Ask) -> Response:
    """The review of a scenario: its state, every line that is recorded or waits, and the forms to go on with it."""
    case = desk.cases.case(ask.path["name"])
    return _page(desk, ask, case, _found(case))


def save_review_form(desk: Desk, ask: Ask) -> Response:
    """Record what a form says: a verdict on a line, all that waits accepted, an entry dropped, or a signature.

    What it lacks is told beside the form, which keeps what was written.
    """
    case = desk.cases.case(ask.path["name"])
    found = _found(case)
    desk.reviewers[ask.session.key] = ask.given("reviewer").strip()
    try:
        kept = _loaded(desk, found)
        changed = _changed(found, kept.review, ask)
        if changed != kept.review:
            save_review(changed, kept.path, kept.digest)
    except InputError as error:
        return _page(desk, ask, case, found, 422, error.problems)
    rule = ask.given("line").partition("=")[0].partition("/")[0]
    if ask.given("back") == "ledger" and found.pack.rule(rule):
        return RedirectResponse(f"{address('s', case.name)}#s1-{rule.lower()}", 303)
    return RedirectResponse(address("s", case.name, "review"), 303)


def _page(
    desk: Desk, ask: Ask, case: Case, found: Assessment, status: int = 200, problems: Sequence[Problem] = ()
) -> Response:
    was = {name: ask.given(name) for name in ("line", "verdict", "reason", "answer", "reviewer", "date")}
    review = reviewed(desk, ask, found)
    return desk.page(
        "review.html", ask, status, case.name, case=case, found=found, review=review, was=was, problems=problems
    )


def _found(case: Case) -> Assessment:
    if case.found is None:
        raise InputError(case.problems)
    return case.found


def reviewed(desk: Desk, ask: Ask, found: Assessment) -> Reviewed:
    """What there is to show of the review of a scenario."""
    reviewer = desk.reviewers.get(ask.session.key) or os.environ.get("ASSESS_REVIEWER", "")
    today = _today().isoformat()
    try:
        state = standing(found, _loaded(desk, found).review)
    except InputError as error:
        return Reviewed(None, "The file of its review is not in order.", {}, {}, reviewer, today, error.problems)
    by_rule: dict[str, list[LineState]] = {}
    for line in state.lines:
        by_rule.setdefault(line.rule, []).append(line)
    return Reviewed(
        state,
        sentence(state),
        {rule: tuple(lines) for rule, lines in by_rule.items()},
        {line.address: line.digest for line in review_lines(found)},
        reviewer,
        today,
    )


def review_state(desk: Desk, case: Case) -> str:
    """The state of a review in a few words, for the list; "" where there is none."""
    if case.found is None or not os.path.lexists(review_path(case.found.scenario.file)):
        return ""
    try:
        state = standing(case.found, _loaded(desk, case.found).review)
    except InputError:
        return "file not in order"
    again = len(state.of("reopened"))
    return f"{state.state}, {again} re-opened" if again else state.state


def _loaded(desk: Desk, found: Assessment) -> Loaded:
    path = review_path(found.scenario.file)
    if os.path.islink(path) or not desk.cases.folder.holds(path):
        problem = Problem("FILE-1", "the file cannot be read: it is a link", Mark(path, 1, 1), help="move it away")
        raise InputError([problem])
    return load(found)


def _changed(found: Assessment, before: Review, ask: Ask) -> Review:
    """The review with what the form says. Raises InputError for what it lacks, Refused for a line read otherwise."""
    reviewer, reason, on = ask.given("reviewer").strip(), ask.given("reason").strip(), _day(ask.given("date"))
    act, (line, _, read) = ask.given("do"), ask.given("line").partition("=")
    if act == "forget":
        return forget(before, line, ask.given("of"))
    if act in ("reviewed", "withdrawn"):
        return sign(found, before, Signature(act, reviewer, on, reason))
    if act == "draft":
        return sign(found, before, None)
    lines = {one.address: one for one in review_lines(found)}
    wanted, seen = [line], {line: read}
    if act == "accept-open":
        wanted = [one.address for one in standing(found, before).of("open", "reopened")]
        seen = dict(one.partition("=")[::2] for one in ask.form.get("seen", []))
    changed = [name for name in wanted if name in lines and seen.get(name) != lines[name].digest]
    if changed:
        raise Refused(409, f"Nothing was recorded: since the page was made, {changed[0]} says something else.")
    verdict = "accept" if act == "accept-open" else ask.given("verdict")
    answer = ask.given("answer").strip() if verdict == "override" else ""
    return record(found, before, [Entry(name, verdict, reviewer, on, reason, answer) for name in wanted])


def _day(text: str) -> str:
    try:
        return (date.fromisoformat(text) if text else _today()).isoformat()
    except ValueError:
        raise Refused(422, "The day of the review is not a date: write 2022-12-14. Nothing was recorded.") from None


def _today() -> date:
    return datetime.now().astimezone().date()
