"""Shared registers of warnings: what was said stands once, what it bears on is judged in each scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from escalation.assess import assess
from escalation.diagnostics import InputError, Problems
from escalation.pack import load_pack
from escalation.scenario import Scenario, load_scenario
from escalation.schema import scenario_schema

PACK = load_pack()
REGISTER = """\
warnings:
  - {id: embassy, date: 2022-09-14, office: ambassador, kind: direct_conflict, gist: a red line, source: eir, grade: D2}
  - {id: ministry, date: 2022-09-15, office: mfa_spokesperson, kind: retaliation, concerns: another_item, source: dpa}
  - {id: later, date: 2023-01-01, office: head_of_state, kind: nuclear, source: dpa}
sources:
  eir: {title: E, grade: D2}
  dpa: {title: D, grade: B2}
  unused: {title: U}
"""
HEAD = """\
schema: 1
id: a
title: t
as_of: 2022-12-14
perceiver: RUS
items: [{id: m, role: deep_strike, range: 298}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "register.yaml").write_text(REGISTER)
    (tmp_path / "below").mkdir()
    return tmp_path


def load(folder: Path, text: str, name: str = "a.yaml") -> Scenario:
    path = folder / name
    path.write_text(HEAD + text)
    return load_scenario(path, PACK.vocabulary)


def warnings(scenario: Scenario) -> dict:
    return {e.id: e for e in scenario.entities if e.kind == "warning"}


ALL = "warnings_from: {file: register.yaml, ids: [embassy, ministry, later]}\n"


def test_a_reference_stands_for_what_it_refers_to(folder):
    written = HEAD.replace("id: a", "id: a") + REGISTER.replace("  unused: {title: U}\n", "")
    (folder / "b.yaml").write_text(written)
    plain, shared = load_scenario(folder / "b.yaml", PACK.vocabulary), load(folder, ALL)
    assert shared.digest == plain.digest
    assert [later.path for later in shared.later] == ["warnings.later"]
    assert warnings(shared)["embassy"].facts["kind"].source == "eir"
    assert [r.score for r in assess(shared, PACK).ratings] == [r.score for r in assess(plain, PACK).ratings]


def test_only_sources_that_are_used_come_along(folder):
    assert load(folder, "warnings_from: {file: register.yaml, ids: [embassy]}\n").sources.keys() == {"eir"}


def test_a_fact_keeps_its_place_in_the_register(folder):
    fact = warnings(load(folder, ALL))["embassy"].facts["kind"]
    assert fact.mark.file.endswith("register.yaml")
    assert fact.mark.line == 2


def test_each_scenario_judges_for_itself(folder):
    judged = "{id: ministry, concerns: this_item, trigger_state: unmet}"
    own = f"warnings_from: {{file: register.yaml, ids: [embassy, {judged}]}}\n"
    facts = warnings(load(folder, own))["ministry"].facts
    assert (facts["concerns"].best, facts["trigger_state"].best) == ("this_item", "unmet")
    assert warnings(load(folder, ALL))["ministry"].facts["concerns"].best == "another_item"
    scores = [assess(load(folder, text), PACK).rating.score for text in (own, ALL)]
    assert scores[0] >= scores[1]


def test_own_warnings_and_several_registers_stand_together(folder):
    (folder / "other.yaml").write_text("warnings: [{id: deputy, date: 2022-10-01, office: deputy_minister}]")
    text = (
        "warnings: [{id: own, date: 2022-11-01, office: minister}]\n"
        "warnings_from:\n"
        "  - {file: register.yaml, ids: [embassy]}\n"
        "  - {file: other.yaml, ids: [deputy]}\n"
    )
    assert warnings(load(folder, text)).keys() == {"own", "embassy", "deputy"}


@pytest.mark.parametrize(("name", "file"), [("below/a.yaml", "../register.yaml"), ("a.yaml", "below/near.yaml")])
def test_a_register_is_found_from_the_scenarios_folder(folder, name, file):
    (folder / "below/near.yaml").write_text(REGISTER)
    assert "embassy" in warnings(load(folder, f"warnings_from: {{file: {file}, ids: [embassy]}}\n", name))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("warnings_from: {file: ../../register.yaml, ids: [embassy]}", {"REG-1"}),
        ("warnings_from: {file: below/../../../x.yaml, ids: [embassy]}", {"REG-1"}),
        ("warnings_from: {file: /etc/passwd, ids: [embassy]}", {"REG-1"}),
        ("warnings_from: {file: nowhere.yaml, ids: [embassy]}", {"FILE-1"}),
        ("warnings_from: {file: register.yaml, ids: [embasy]}", {"REG-2"}),
        ("warnings_from: {file: register.yaml, ids: [{id: embassy, kind: nuclear}]}", {"KEY-1"}),
        ("warnings_from: {file: register.yaml, ids: [{concerns: this_item}]}", {"KEY-2"}),
        ("warnings_from: {file: register.yaml, ids: [{id: embassy, concerns: these}]}", {"WORD-1"}),
        ("warnings_from: {file: register.yaml, ids: embassy}", {"TYPE-1"}),
        ("warnings_from: {file: register.yaml}", {"KEY-2"}),
        ("warnings_from: embassy", {"TYPE-1"}),
        ("warnings_from: {file: register.yaml, ids: [embassy, embassy]}", {"ID-2"}),
        ("warnings_from: {file: register.yaml, ids: [embassy]}\nwarnings: [{id: embassy}]", {"ID-2"}),
        ("warnings_from: {file: register.yaml, ids: [embassy]}\nsources: {eir: {title: other}}", {"REG-3"}),
        ("warning_from: {file: register.yaml, ids: [embassy]}", {"KEY-1"}),
        ("items_from: {file: register.yaml, ids: [embassy]}", {"KEY-1"}),
    ],
)
def test_mistakes_are_told(folder, text, codes):
    with pytest.raises(InputError) as caught:
        load(folder, f"{text}\n")
    assert {problem.code for problem in caught.value.problems} == codes


def test_a_mistake_in_the_register_is_told_where_it_stands(folder):
    (folder / "register.yaml").write_text(REGISTER.replace("kind: retaliation", "kind: retalation"))
    with pytest.raises(InputError) as caught:
        load(folder, ALL)
    [problem] = caught.value.problems
    assert problem.code == "WORD-1"
    assert problem.mark.file.endswith("register.yaml")
    assert problem.mark.line == 3
    assert "retalation" in problem.excerpt


def test_the_same_source_may_stand_in_both(folder):
    assert load(folder, ALL + "sources: {eir: {grade: D2, title: E}}\n").sources["eir"].grade == "D2"


@pytest.mark.parametrize(
    ("reference", "fits"),
    [
        ({"file": "r.yaml", "ids": ["a-b"]}, True),
        ([{"file": "r.yaml", "ids": ["a", {"id": "b", "concerns": "this_item", "trigger_state": "unmet"}]}], True),
        ({"file": "r.yaml", "ids": [{"id": "b", "kind": "nuclear"}]}, False),
        ({"file": "r.yaml"}, False),
        ({"file": "r.yaml", "ids": ["B"]}, False),
        ("r.yaml", False),
    ],
)
def test_editors_know_references(reference, fits):
    document = {
        "schema": 1,
        "id": "a",
        "title": "t",
        "as_of": "2022-12-14",
        "perceiver": "RUS",
        "items": [{"name": "x"}],
    }
    checker = Draft202012Validator(scenario_schema(PACK.vocabulary))
    assert checker.is_valid({**document, "warnings_from": reference}) is fits


def test_problems_is_not_touched_by_a_scenario_without_references(folder):
    problems = Problems()
    path = folder / "plain.yaml"
    path.write_text(HEAD)
    assert load_scenario(path, PACK.vocabulary, problems) is not None
    assert problems.found == []
