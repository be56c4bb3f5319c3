"""The page on the method: its figures are those of a fresh backtest, and it names what it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="the extra `stats` is not installed")

from escalation.analysis.backtest import backtest
from escalation.analysis.backtest_plan import load_plan
from escalation.analysis.casebook import load_casebook
from escalation.diagnostics import Problems
from escalation.pack import load_pack

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/method.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def fresh():
    pack = load_pack()
    files = sorted(str(path) for path in (ROOT / "scenarios/casebook").glob("*.yaml"))
    return backtest(pack, load_casebook(files, pack, Problems()), load_plan(pack))


def test_the_figures_of_the_page_are_those_of_a_fresh_backtest(fresh):
    rows = {name: values for name, *values in ROW.findall(PAGE)}
    assert set(rows) == {answer.question.id for answer in fresh.answers}
    for answer in fresh.answers:
        measures = answer.scores[0].measures
        exact = sum(case.level == case.target for case in answer.cases)
        error, kappa = (f"{measures[name].value:.2f}" for name in ("mean_absolute_error", "weighted_kappa"))
        assert rows[answer.question.id] == [str(len(answer.cases)), str(exact), error, kappa]


def test_what_the_page_says_of_baselines_is_so(fresh):
    outcome = next(answer for answer in fresh.answers if answer.question.id == "outcome")
    errors = {
        score.forecast.id: f"{score.measures['mean_absolute_error'].value:.2f}"
        for score in outcome.scores
        if "mean_absolute_error" in score.measures
    }
    said = PAGE.replace("\n  ", " ")
    assert f"always answering 1 is {errors['always-1']}, of always 2 is {errors['always-2']}" in said
    assert f"of range alone {errors['range-only']}; the coder's own is {errors['coder']}" in said
    assert f"The loudest warning alone does better ({errors['loudest-warning']})" in said
    ex_ante = next(answer for answer in fresh.answers if answer.question.id == "ex_ante")
    assert ex_ante.within_coder == len(ex_ante.cases)
    assert ex_ante.farthest <= 1


def test_the_hard_cases_are_rated_as_the_page_says(fresh):
    levels = {case.scenario.id: case.rating.name for case in fresh.casebook.cases}
    assert levels["uk-du-2023"] == "limited"
    assert levels["us-atacms-2023"] == "moderate"
    assert levels["us-apmines-2024"] == "limited"


def test_every_image_has_its_page():
    pages = {path.stem for path in (ROOT / "docs/profiles").glob("*.md")} - {"README"}
    assert pages == set(load_pack().profiles)


@pytest.mark.parametrize("name", load_pack().profiles)
def test_a_page_on_an_image_names_all_that_it_changes_with_the_points(name):
    page = (ROOT / "docs/profiles" / f"{name}.md").read_text(encoding="utf-8")
    neutral, profile = load_pack(), load_pack().profiles[name]
    scale = neutral.scales[0].name
    for rule, points in profile.points.items():
        before = neutral.rule(rule).then.points.get(scale, 0)
        sign = "+" if before > 0 else ""
        here = f"+{points[scale]}" if points[scale] > 0 else str(points[scale])
        assert f"| {rule} | {sign}{before} {scale} | {here} |" in page
    for rule in profile.off:
        assert re.search(rf"\| {rule} \| .* \| off \|", page)
    for parameter in profile.parameters:
        assert f"${parameter}" in page
    for source in profile.sources:
        assert source == "casebook" or f"`{source}`" in page
