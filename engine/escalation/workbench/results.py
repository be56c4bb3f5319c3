"""Results of tests as a report: what failed and why, what was not run and why, and a line for every test.

A must that fails is an error; a should that fails is a note, with the reason that the test itself gives for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.workbench.checks import FAILED, OUT_OF_SCOPE, PASSED, SKIPPED, Result
from escalation.workbench.finding import Code, Finding, Item, Report

__all__ = ["report_of"]

_CODES = (
    Code(
        "TST-3", "a must test fails", "A rating of the pack breaks an order or a relation that it has to keep.", "error"
    ),
    Code("TST-4", "a should test fails", "A rating breaks an order or a relation that it ought to keep.", "note"),
)
_NEUTRAL = "neutral"


def report_of(results: Sequence[Result]) -> Report:
    """The report of one run, under one or several images of the perceiver."""
    tests: dict[str, list[Result]] = {}
    for result in results:
        tests.setdefault(result.check.id, []).append(result)
    return Report(
        command="rules test",
        findings=tuple(_finding(result) for result in results if result.state == FAILED),
        items=tuple(_item(result) for result in results),
        codes=_CODES,
        blocks=tuple(_blocks(tests, results)),
        data={
            "tests": [
                {
                    "id": result.check.id,
                    "section": result.check.section,
                    "strength": result.check.strength,
                    "image": result.profile or _NEUTRAL,
                    "state": result.state,
                    "compared": result.verdict.compared,
                    "moved": result.verdict.moved,
                    "failures": list(result.verdict.failures),
                    "missed": list(result.verdict.missed),
                    "incorrect": list(result.verdict.incorrect),
                    "why_not_run": result.verdict.out_of_scope or result.verdict.skipped or None,
                    "because": result.check.because,
                }
                for result in results
            ]
        },
    )


def _finding(result: Result) -> Finding:
    check = result.check
    code, severity = ("TST-3", "error") if result.fails_the_run else ("TST-4", "note")
    message = f"{check.id} fails under {_image(result)}: {'; '.join(result.verdict.failures)}"
    reason = check.reason or ("" if result.fails_the_run else "no reason is given: add if_it_fails")
    return Finding(code, severity, message, check.mark, check.id, f"expected because: {check.because} {reason}".strip())


def _item(result: Result) -> Item:
    """One test under one image; out of scope, and a should that fails, count as skipped, with the reason."""
    verdict = result.verdict
    message = "; ".join(verdict.failures) or verdict.out_of_scope or verdict.skipped
    state = result.state
    if state == OUT_OF_SCOPE or (state == FAILED and not result.fails_the_run):
        state = SKIPPED
        message = f"should: {message}" if verdict.failures else message
    return Item(f"{_image(result)} {result.check.section}", result.check.id, state, message, result.check.mark)


def _image(result: Result) -> str:
    return result.profile or _NEUTRAL


def _blocks(tests: dict[str, list[Result]], results: Sequence[Result]) -> Iterator[Block]:
    images = list(dict.fromkeys(_image(result) for result in results))
    yield Section("Tests", (Table(_COLUMNS, tuple(_row(runs) for runs in tests.values())),))
    for title, name in (
        ("Missed: should have fired", "missed"),
        ("Incorrect: fired, and should not have", "incorrect"),
    ):
        of_rule: dict[str, list[str]] = {}
        for result in results:
            for rule in getattr(result.verdict, name):
                of_rule.setdefault(rule, []).append(result.check.id)
        if of_rule:
            rows = tuple(Row((rule, ", ".join(dict.fromkeys(ids)))) for rule, ids in of_rule.items())
            yield Section(title, (Table((Column(""), Column("in", flex=True)), rows),))
    counted = Counter((result.state, result.check.strength) for result in results)
    parts = [f"{counted[PASSED, strength]} {strength} hold" for strength in ("must", "should")]
    parts += [f"{counted[FAILED, strength]} {strength} fail" for strength in ("must", "should")]
    parts += [
        f"{sum(counted[state, s] for s in ('must', 'should'))} {words}"
        for state, words in ((OUT_OF_SCOPE, "out of scope"), (SKIPPED, "skipped"))
    ]
    yield Paragraph(f"{len(tests)} tests under {len(images)} images ({', '.join(images)}): {', '.join(parts)}.")


_COLUMNS = (
    Column(""),
    Column("strength"),
    Column("compared", right=True),
    Column("moved", right=True),
    Column("outcome", flex=True),
)


def _row(runs: Sequence[Result]) -> Row:
    """One test under all images: comparisons and moved ratings are those of all together."""
    check = runs[0].check
    compared, moved = (sum(getattr(run.verdict, name) for run in runs) for name in ("compared", "moved"))
    failing = [_image(run) for run in runs if run.state == FAILED]
    aside = next((run.verdict.out_of_scope or run.verdict.skipped for run in runs if run.state != PASSED), "")
    outcome = f"FAILS under {', '.join(failing)}" if failing else aside or "holds"
    return Row((check.id, check.strength, str(compared), str(moved), outcome))
