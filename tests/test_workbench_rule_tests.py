"""Tests of single rules: what they may state and expect, and how their outcomes are told."""

from __future__ import annotations

import json

import pytest
from tests.support.command import run as assess
from tests.support.workbench import base_pack

HEAD = "tests: 1\nrules:\n"


def outcome(tmp_path, body: str, *words: str):
    """Run the tests of the base pack with this one test file; `words` are further arguments."""
    pack = base_pack(tmp_path, {"tests/rules.yaml": HEAD + body})
    return assess("rules", "test", str(pack), *words)


def results(tmp_path, body: str, *words: str) -> dict[str, dict]:
    ended = outcome(tmp_path, body, "--format", "json", *words)
    assert ended.out, ended.err
    return {test["id"]: test for test in json.loads(ended.out)["tests"]}


HOLDS = [
    ("fired and silent", "{items: [{role: missile}]}", "{fired: [R-1], not_fired: [R-2, R-3]}"),
    ("one name without a list", "{items: [{role: missile}]}", "{fired: R-1}"),
    ("level of the headline", "{items: [{role: missile, range: 500}]}", "{level: high}"),
    ("level by scale", "{items: [{role: radar}]}", "{level: {acts: low}}"),
    ("score", "{items: [{role: missile, range: 500}]}", "{score: 2}"),
    ("nothing stated", "{}", "{level: low, score: {acts: 0}}"),
    ("a value with another unit", "{items: [{range: 62.5 mi}]}", "{trace: {facts: {item.range: 100.584 km}}}"),
    ("a fact assumed", "{}", "{trace: {facts: {item.role: {value: gun, state: assumed}}}}"),
    ("an open fact", "{items: [{range: unknown}]}", "{trace: {cannot_tell: R-2, facts: {item.range: {state: open}}}}"),
    ("a reason", "{items: [{role: missile}]}", "{trace: {because: {R-1: a missile}}}"),
    ("ids of entities", "{items: [{id: a}, {id: b, role: missile}]}", "{trace: {facts: {items.b.role: missile}}}"),
]  # fmt: skip
FAILS = [
    ("{items: [{role: radar}]}", "{fired: R-1}", "missed R-1: fails: role is missile"),
    ("{items: [{role: missile}]}", "{not_fired: R-1}", "incorrect R-1: it fired"),
    ("{items: [{role: missile}]}", "{level: high}", "acts is MID, not HIGH"),
    ("{}", "{score: 3}", "the score on acts is 0, not 3"),
    ("{}", "{trace: {facts: {item.role: radar}}}", "item.role is gun"),
    ("{}", "{trace: {facts: {item.role: {state: stated}}}}", "item.role is assumed, not stated"),
    ("{}", "{trace: {facts: {items.item-1.rolle: gun}}}", "item has no field rolle"),
    ("{}", "{trace: {cannot_tell: R-1}}", "R-1 can be told: it does not fire on what is stated"),
    ("{items: [{role: missile}]}", "{trace: {because: {R-1: a gun}}}", "R-1 gives as its reason 'It is a missile.'"),
]


@pytest.mark.parametrize(("given", "expect"), [row[1:] for row in HOLDS], ids=[row[0] for row in HOLDS])
def test_what_holds(given, expect, tmp_path):
    body = f"  - {{id: t, because: x, given: {given}, expect: {expect}}}\n"
    assert results(tmp_path, body)["t"]["state"] == "passed"


@pytest.mark.parametrize(("given", "expect", "told"), FAILS)
def test_what_fails_says_why(given, expect, told, tmp_path):
    ended = outcome(tmp_path, f"  - {{id: t, because: x, given: {given}, expect: {expect}}}\n")
    assert ended.code == 1
    assert told in " ".join(ended.out.split())


def test_missed_and_incorrect_rules_are_told_apart(tmp_path):
    body = (
        "  - {id: t, because: x, given: {items: [{role: radar, range: 500}]}, expect: {fired: R-1, not_fired: R-2}}\n"
    )
    found = results(tmp_path, body)["t"]
    assert found["missed"] == ["R-1"]
    assert found["incorrect"] == ["R-2"]
    text = outcome(tmp_path / "again", body).out
    missed, incorrect = text.index("MISSED"), text.index("INCORRECT")
    assert "R-1" in text[missed:incorrect]
    assert "R-2" in text[incorrect:]


TABLE = """\
  - id: line
    because: x
    given: {items: [{range: <range>}], transfer: {crew: <crew>}}
    expect: {not_fired: R-1}
    table:
      - {range: 99, crew: none, not_fired: R-2}
      - {range: 100, crew: inside, fired: R-2}
      - {range: 100, crew: near, fired: R-2, not_fired: [R-1, R-3]}
      - {range: 99, crew: none, fired: R-2}
"""


def test_a_row_of_a_table_is_a_test(tmp_path):
    found = results(tmp_path, TABLE)
    assert [found[f"line-{n}"]["state"] for n in (1, 2, 3, 4)] == ["passed", "passed", "passed", "failed"]


def test_a_todo_never_fails_a_run_and_says_when_it_holds(tmp_path):
    body = """\
  - {id: later, todo: not decided, because: x, given: {}, expect: {fired: R-1}}
  - {id: done, todo: not decided, because: x, given: {}, expect: {not_fired: R-1}}
  - {id: out, skip: too slow, because: x, given: {}, expect: {fired: R-1}}
  - {id: good, because: x, given: {}, expect: {not_fired: R-1}}
"""
    ended = outcome(tmp_path, body)
    assert ended.code == 0
    assert "todo: not decided" in ended.out
    assert "too slow" in ended.out
    assert "marked as a todo, and it holds" in " ".join(ended.out.split())


def test_a_test_is_for_one_image(tmp_path):
    profile = """\
profile: calm
title: Calm
rationale: It has passed over what others answered.
sources: [study]
points:
  R-1: {acts: 0}
"""
    body = """\
  - {id: plain, because: x, given: {items: [{role: missile}]}, expect: {score: 1}}
  - {id: calm, under: calm, because: x, given: {items: [{role: missile}]}, expect: {score: 0}}
"""
    pack = base_pack(tmp_path, {"profiles/calm.yaml": profile, "tests/rules.yaml": HEAD + body})
    ended = assess("rules", "test", str(pack), "--format", "json")
    found = [(test["id"], test["image"], test["state"]) for test in json.loads(ended.out)["tests"]]
    assert found == [("plain", "neutral", "passed"), ("calm", "calm", "passed")]


WRONG = [
    ("{id: t, because: x, given: {}, expect: {}}", "TST-6"),
    ("{id: t, because: x, given: {}, expect: {fired: R-9}}", "TST-7"),
    ("{id: t, because: x, given: {}, expect: {concluded: ARMED}}", "TST-7"),
    ("{id: t, because: x, given: {}, table: [{range: 5, fired: R-1}]}", "TST-5"),
    ("{id: t, because: x, given: {items: [{range: <range>}]}, expect: {fired: R-1}}", "NUM-1"),
    ("{id: t, because: x, given: {items: [{rnge: 5}]}, expect: {fired: R-1}}", "KEY-1"),
    ("{id: t, because: x, given: {}, expect: {level: grave}}", "WORD-1"),
    ("{id: t, because: x, under: calm, given: {}, expect: {level: low}}", "WORD-1"),
    ("{id: t, because: x, expect: {level: low}}", "KEY-2"),
]


@pytest.mark.parametrize(("test", "code"), WRONG)
def test_a_test_that_cannot_mean_anything_is_refused(test, code, tmp_path):
    ended = outcome(tmp_path, f"  - {test}\n")
    assert ended.code == 2
    assert f": {code} " in ended.err
    assert "tests/rules.yaml:3:" in ended.err


def test_the_default_packs_own_tests_are_about_every_rule():
    found = json.loads(assess("rules", "cover", "--by", "tests", "--format", "json").out)
    assert found["coverage"]["rules"]["percent"] == 100
