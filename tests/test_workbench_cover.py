"""Coverage: what examples show, that what is said to be missing is missing, and that what is written fills it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.command import run as assess
from tests.support.workbench import base_pack, rule, rules_file

from escalation.pack import load_pack
from escalation.workbench.coverage import Coverage, Duty, Example, conditions
from escalation.workbench.gaps import filled, pair_of
from escalation.workbench.specimen import read

RULES = rules_file(
    rule("A", "{item: {role: missile, range: {gte: $far}}}", "{points: 1, conclude: ARMED}"),
    rule("B", "{concluded: ARMED, every_item: {any_of: [{role: radar}, {terms: {lte: usual}}]}}", "{points: -1}"),
    rule("C", "{warnings: {at_least: 2, where: {kind: {gte: threat}}}, transfer: {crew: {lt: inside}}}", factor="talk"),
    rule("D", "{no_item: {role: radar}}"),
)


def covered(pack: Path, *words: str) -> dict:
    ended = assess("rules", "cover", str(pack), "--format", "json", *words)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def missing(found: dict) -> set[tuple]:
    return {(gap["rule"], gap["what"], gap["condition"], gap["side"]) for gap in found["missing"]}


def pack_with(tmp_path: Path, tests: str = "tests: 1\n") -> Path:
    return base_pack(tmp_path, {"rules.yaml": RULES, "tests/rules.yaml": tests})


TESTS = """\
tests: 1
rules:
  - {id: hit, because: x, given: {items: [{role: missile, range: 150}]}, expect: {fired: A}}
  - {id: gun, because: x, given: {items: [{role: gun, range: 150}]}, expect: {not_fired: A}}
  - {id: both, because: x, given: {items: [{role: gun, range: 5}]}, expect: {not_fired: A}}
  - {id: late, todo: x, because: x, given: {items: [{role: missile, range: 5}]}, expect: {fired: A}}
"""


def test_a_condition_is_shown_by_a_pair_in_which_it_decides(tmp_path):
    found = missing(covered(pack_with(tmp_path, TESTS)))
    assert ("A", "fires", None, True) not in found
    # the role: it holds in one test, and alone stops the rule in the other
    assert ("A", "condition", 0, True) not in found
    assert ("A", "condition", 0, False) not in found
    # the range: where both fail neither decides, and a todo does not count
    assert ("A", "condition", 1, False) in found
    assert ("A", "line", 1, False) not in found


def test_a_test_shows_nothing_of_rules_it_expects_nothing_of(tmp_path):
    found = missing(covered(pack_with(tmp_path, TESTS)))
    assert ("D", "fires", None, True) in found
    assert ("B", "fires", None, True) in found


def test_written_scenarios_fill_every_gap(tmp_path):
    pack = pack_with(tmp_path)
    before = covered(pack)
    assert before["coverage"]["conditions"]["shown"] == 0
    ended = assess("rules", "cover", str(pack), "--write", str(tmp_path / "scenarios"))
    assert ended.code == 0
    after = covered(pack)
    assert {name: share["percent"] for name, share in after["coverage"].items()} == {
        "rules": 100,
        "conditions": 100,
        "lines": 100,
    }
    files = sorted((tmp_path / "scenarios").glob("*.yaml"))
    assert f"{len(files)} scenarios written" in ended.err
    assert assess(*files, "--rules", str(pack)).code == 0  # each of them is a scenario, and rated


@pytest.mark.slow
def test_each_written_scenario_raises_coverage(tmp_path):
    pack = pack_with(tmp_path)
    assess("rules", "cover", str(pack), "--write", str(tmp_path / "written"))
    paths = sorted((tmp_path / "written").glob("*.yaml"))
    shown = []
    for number in range(1, len(paths) + 1):
        share = covered(pack, *map(str, paths[:number]))["coverage"]
        shown.append(sum(share[name]["shown"] for name in share))
    assert shown[-1] == sum(share[name]["of"] for name in share)
    whole = len(missing(covered(pack, *map(str, paths))))
    for path in paths:  # and none of them is needless
        rest = [str(other) for other in paths if other != path]
        assert len(missing(covered(pack, *rest))) > whole


def test_written_tests_hold_and_cover(tmp_path):
    pack = pack_with(tmp_path)
    file = pack / "tests" / "more.yaml"
    assert assess("rules", "cover", str(pack), "--by", "tests", "--write-tests", str(file)).code == 0
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    assert all(entry["because"] for entry in entries)
    ended = assess("rules", "test", str(pack), "--format", "json")
    assert ended.code == 0
    assert {test["state"] for test in json.loads(ended.out)["tests"]} == {"passed"}
    assert covered(pack, "--by", "tests")["coverage"]["conditions"]["percent"] == 100


def test_a_table_turns_on_one_fact(tmp_path):
    pack = pack_with(tmp_path)
    file = tmp_path / "more.yaml"
    assess("rules", "cover", str(pack), "--write-tests", str(file))
    entries = {entry["id"]: entry for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]}
    assert entries["a-range"]["given"] == {"items": [{"role": "missile", "range": "<range>"}]}
    assert entries["a-range"]["table"] == [{"range": 100, "fired": ["A"]}, {"range": 99, "not_fired": ["A"]}]


def test_gates_close_below_their_share(tmp_path):
    pack = pack_with(tmp_path, TESTS)
    assert assess("rules", "cover", str(pack), "--min", "50").code == 1
    assert "under 50%" in assess("rules", "cover", str(pack), "--min", "50").err
    assert assess("rules", "cover", str(pack), "--min", "5", "--min-rules", "25").code == 0
    assert assess("rules", "cover", str(pack), "--min-rules", "26").code == 1
    assert assess("rules", "cover", str(pack), "--min-lines", "100").code == 1


def test_nothing_is_written_over(tmp_path):
    pack = pack_with(tmp_path)
    folder = tmp_path / "scenarios"
    kept = folder / "a-role-fails.yaml"
    kept.write_text("mine", encoding="utf-8")
    ended = assess("rules", "cover", str(pack), "--write", str(folder))
    assert ended.code == 2
    assert "FILE-5" in ended.err
    assert kept.read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_shown_is_told_apart(tmp_path):
    never = rules_file(rule("A", "{item: {range: {gte: $far}, any_of: [{terms: none}, {terms: {lte: usual}}]}}"))
    pack = base_pack(tmp_path, {"rules.yaml": never, "tests/rules.yaml": "tests: 1\n"})
    found = covered(pack)
    assert found["coverage"]["conditions"] == {"shown": 0, "of": 1, "impossible": 2, "percent": 0}
    assert [gap["possible"] for gap in found["missing"]].count(False) == 2
    assert "2 more that no scenario can show" in " ".join(assess("rules", "cover", str(pack)).out.split())


def test_the_text_gives_the_missing_half_and_the_half_that_is_there(tmp_path):
    text = " ".join(assess("rules", "cover", str(pack_with(tmp_path, TESTS))).out.split())
    assert "A: nothing shows that 'range at least 100 km ($far)', where it fails, alone keeps it from firing" in text
    assert "missing: items: role missile, range 99; the other half: hit" in text


# -- the pairs, over the installed pack


def every_condition():
    pack = load_pack()
    return [(rule.id, number) for rule in pack.rules for number in range(len(conditions(rule)))]


@pytest.mark.parametrize(("rule_id", "number"), every_condition())
def test_a_pair_decides_and_differs_in_one_fact_where_it_says_so(rule_id, number):
    pack = load_pack()
    rule = pack.rule(rule_id)
    assert rule
    pair = pair_of(pack, rule, number)
    fired = []
    for side in (True, False):
        facts = pair.half(side)
        assert facts is not None
        seen = Coverage(pack, [Example("x", "scenario", read(pack, facts))]).seen
        assert Duty(rule_id, "condition", number, side=side) in seen
        fired.append(Duty(rule_id, "fires") in seen)
    assert fired[0] != fired[1]
    if pair.fact:
        kind = pack.vocabulary.kinds[pair.fact[0]]
        for facts in (pair.holds, pair.fails):
            assert facts is not None
            entity = facts[kind.plural][0] if kind.many else facts[kind.name]
            entity.pop(pair.fact[1])
        assert pair.holds == pair.fails


@pytest.mark.slow
def test_every_duty_of_the_installed_pack_can_be_met():
    pack = load_pack()
    for duty in Coverage(pack).duties:
        assert filled(pack, duty) is not None, duty


@pytest.mark.slow
def test_the_installed_pack_keeps_what_is_asked_of_it():
    assert assess("rules", "cover", "--min-rules", "100", "--min", "90", "--min-lines", "90").code == 0
