"""Base rates: counted from the cases, from nothing that was not known on the day, and no rate on too few."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.command import ROOT, run

from escalation.analysis import history
from escalation.analysis.base_rates import BaseRates, Plan, base_rates, load_plan
from escalation.analysis.wilson import wilson
from escalation.assess import assess
from escalation.diagnostics import InputError
from escalation.pack import load_pack

PACK = load_pack()
PLAN = load_plan(PACK)
RATED = date(2023, 6, 1)

CASE = """schema: 1
id: {id}
title: {id}
as_of: 2023-01-01
perceiver: {perceiver}
items: [{{id: item, role: artillery}}]
warnings: [{warnings}]
observed: {{followed: {{{followed}}}}}
"""


def case(
    folder: Path, name: str, *said: tuple[str, str, str], perceiver: str = "RUS", office: str = "minister"
) -> None:
    """Write a case whose warnings are (date, kind, what followed)."""
    warnings = ", ".join(
        f"{{id: w{i}, date: {day}, kind: {kind}, office: {office}}}" for i, (day, kind, _) in enumerate(said)
    )
    followed = ", ".join(f"w{i}: {word}" for i, (_, _, word) in enumerate(said))
    text = CASE.format(id=name, warnings=warnings, followed=followed, perceiver=perceiver)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def counted(folder: Path, kinds: str = "retaliation", plan: Plan = PLAN, name: str = "own") -> BaseRates:
    """The base rates of a scenario of RATED with a warning of each kind."""
    warnings = ", ".join(f"{{id: w{i}, date: {RATED}, kind: {kind}}}" for i, kind in enumerate(kinds.split()))
    path = folder.parent / "own.yaml"
    head = CASE.format(id=name, warnings=warnings, followed="", perceiver="RUS").replace("2023-01-01", str(RATED))
    path.write_text(head, encoding="utf-8")
    return base_rates(assess(path, PACK, engine="ledger"), plan._replace(cases=(str(folder),)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    return tmp_path / "cases"


def days(before: int) -> str:
    return (RATED - timedelta(days=before)).isoformat()


@pytest.mark.parametrize(("before", "counts"), [(89, 0), (90, 0), (91, 1), (400, 1)])
def test_a_warning_counts_once_its_window_has_closed(folder, before, counts):
    case(folder, "a", (days(before), "retaliation", "full"))
    [group] = counted(folder).groups
    assert (len(group.found), group.open_windows) == (counts, 1 - counts)


def test_what_is_not_alike_or_came_later_or_is_of_the_case_itself_does_not_count(folder):
    case(folder, "other-kind", (days(200), "nuclear", "full"))
    case(folder, "later", ("2024-01-01", "retaliation", "full"))
    case(folder, "own", (days(200), "retaliation", "full"))
    case(folder, "elsewhere", (days(200), "retaliation", "full"), perceiver="UKR")
    [group] = counted(folder).groups
    assert (group.found, group.open_windows, group.no_answer) == ((), 0, 0)


def test_outcomes_are_counted_by_word_and_a_word_of_none_is_no_answer(folder):
    words = ("full", "partial", "claimed", "none_seen", "none_seen", "not_applicable")
    case(folder, "a", *((days(200 + i), "retaliation", word) for i, word in enumerate(words)))
    found = counted(folder)
    [group] = found.groups
    assert [group.count(outcome) for outcome in PLAN.outcomes] == [2, 1, 2]
    assert (len(group.found), group.cases, group.steps, group.no_answer) == (5, 1, 2, 1)


def test_one_statement_in_two_cases_counts_once_with_what_counts_most(folder):
    case(folder, "a", (days(200), "retaliation", "none_seen"))
    case(folder, "b", (days(200), "retaliation", "partial"))
    case(folder, "c", (days(200), "retaliation", "none_seen"), office="head_of_state")
    [group] = counted(folder).groups
    assert sorted(one.outcome.title for one in group.found) == [
        "a step seen",
        "nothing seen beyond the existing pattern",
    ]


@pytest.mark.parametrize("number", [PLAN.least - 1, PLAN.least, PLAN.least + 5])
def test_there_is_a_rate_only_from_enough(folder, number):
    case(folder, "a", *((days(200 + i), "retaliation", "full" if i < 2 else "none_seen") for i in range(number)))
    found = counted(folder)
    rate = found.rate(found.groups[0])
    assert (rate is None) == (number < PLAN.least)
    if rate:
        share, low, high = rate
        assert share == 2 / number
        assert 0 <= low < share < high <= 1


def test_every_kind_that_the_scenario_holds_has_a_group(folder):
    case(folder, "a", (days(200), "retaliation", "full"), (days(201), "nuclear", "none_seen"))
    groups = counted(folder, "nuclear diplomatic retaliation nuclear").groups
    assert {(group.kind, len(group.found)) for group in groups} == {
        ("nuclear", 1),
        ("diplomatic", 0),
        ("retaliation", 1),
    }


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_the_interval_is_wilsons(counts, share):
    stats = pytest.importorskip("scipy.stats")
    known = stats.binomtest(*counts).proportion_ci(share, method="wilson")
    assert wilson(counts[0], counts[1], share) == pytest.approx((known.low, known.high), abs=1e-9)


def test_cases_that_change_are_read_again(folder):
    case(folder, "a", (days(200), "retaliation", "none_seen"))
    assert counted(folder).groups[0].steps == 0
    case(folder, "a", (days(200), "retaliation", "partial"))
    assert counted(folder).groups[0].steps == 1


def test_cases_that_are_kept_are_those_that_were_read(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    case(folder, "a", (days(200), "retaliation", "partial"))
    first = history.past_cases([str(folder)], PACK)
    monkeypatch.setattr(history, "load_scenario", lambda *_, **__: pytest.fail("read again"))
    assert history.past_cases([str(folder)], PACK) == first
    monkeypatch.setenv("ESCALATION_CACHE", "off")
    with pytest.raises(pytest.fail.Exception):
        history.past_cases([str(folder)], PACK)


def test_a_pack_may_come_without_its_casebook(folder):
    [group] = counted(folder / "nowhere").groups
    assert group.found == ()


def test_a_case_that_is_wrong_is_reported(folder):
    (folder / "bad.yaml").write_text("schema: 1\nid: bad\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs"):
        counted(folder)


def test_the_seed_case_finds_the_two_claims_before_it():
    found = json.loads(run("base-rates", "scenarios/us-patriot-2022.yaml", "--format", "json").out)
    [group] = found["groups"]
    assert (group["kind"], group["rate"]) == ("legitimate target", None)
    assert [(one["case"], one["date"], one["outcome"]) for one in group["earlier"]] == [
        ("sk-s300-2022", "2022-03-18", "a step claimed"),
        ("de-gepard-2022", "2022-04-25", "nothing seen beyond the existing pattern"),
    ]


def test_the_page_shows_the_counts_and_why_there_is_no_rate():
    text = " ".join(run("base-rates", "scenarios/us-patriot-2022.yaml").out.split())
    assert "legitimate target: 2 earlier in 2 cases, response windows closed" in text
    assert f"Too few for a rate, which needs {PLAN.least}." in text


def test_a_scenario_without_warnings_has_none_to_count(tmp_path):
    path = tmp_path / "quiet.yaml"
    text = (ROOT / "scenarios/us-patriot-2022.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("as_of: 2022-12-14", "as_of: 2022-12-13"), encoding="utf-8")
    assert "No warning was known on the date." in run("base-rates", path).out


def test_a_report_lists_the_latest_only_and_the_command_all():
    for words, listed in ((("base-rates", "scenarios/every-feature.yaml"), 10), (("scenarios/every-feature.yaml",), 3)):
        text = run(*words).out
        group = text[text.index("  retaliation: 10 earlier") : text.index("  diplomatic: ")]
        assert len(re.findall(r"^ {4}\d+ \w{3} \d{4} ", group, re.M)) == listed
