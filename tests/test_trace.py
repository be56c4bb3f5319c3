"""The trace: complete enough that another program can take it apart, check it, and ask further questions of it.

What is checked here is checked from the JSON alone, as a reader would: states, sums, places and distances.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import ROOT, run

from escalation import assess, load_pack, load_scenario
from escalation.edits import with_value, without
from escalation.paths import find, find_entities
from escalation.sets import contains
from escalation.trace import trace

Json = dict[str, Any]
NAMES = ["us-patriot-2022", "us-atacms-2022", "us-kharkiv-permission-2024", "us-package-dec-2022", "every-feature"]
FILES = {name: ROOT / f"scenarios/{name}.yaml" for name in NAMES}
RANK = {"fails": 0, "cannot_tell": 1, "holds": 2}
STATE = {"not_fired": "fails", "cannot_tell": "cannot_tell", "fired": "holds"}


@cache
def data(name: str) -> Json:
    """The trace of a sample as the command prints it."""
    return json.loads(run(f"scenarios/{name}.yaml", "--format", "json").out)


def nodes(node: Json) -> Iterator[Json]:
    """A condition and every condition under it."""
    yield node
    for child in [*node.get("all_of", ()), *node.get("any_of", ()), *(e["where"] for e in node.get("entities", ()))]:
        yield from nodes(child)


def leaves(found: Json) -> Iterator[Json]:
    return (node for rule in found["ledger"] for node in nodes(rule["when"]) if "test" in node)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_what_the_api_gives(name: str) -> None:
    found = trace(assess(f"scenarios/{name}.yaml" if Path.cwd() == ROOT else FILES[name]))
    printed = data(name)
    assert json.loads(json.dumps(found, allow_nan=False))["rating"] == printed["rating"]
    assert list(found) == list(printed)
    assert [rule["id"] for rule in printed["ledger"]] == [rule.id for rule in load_pack().rules]


@pytest.mark.parametrize("name", NAMES)
def test_each_state_follows_from_the_states_below_it(name: str) -> None:
    for rule in data(name)["ledger"]:
        assert rule["when"]["result"] == STATE[rule["state"]]
        if rule["state"] != "cannot_tell":
            assert rule["in_assumed_world"] == (rule["state"] == "fired")
        for node in nodes(rule["when"]):
            if "all_of" in node:
                assert RANK[node["result"]] == min(RANK[child["result"]] for child in node["all_of"])
            elif "any_of" in node:
                assert RANK[node["result"]] == max(RANK[child["result"]] for child in node["any_of"])
            elif "count" in node:
                results = [entity["result"] for entity in node["entities"]]
                assert node["pass"] == {
                    "least": results.count("holds"),
                    "most": len(results) - results.count("fails"),
                }
                assert all(entity["result"] == entity["where"]["result"] for entity in node["entities"])


@pytest.mark.parametrize("name", NAMES)
def test_a_conclusion_stands_if_a_rule_that_makes_it_fired(name: str) -> None:
    found = data(name)
    makers: dict[str, list[str]] = {}
    for rule in found["ledger"]:
        for conclusion in rule["concludes"]:
            makers.setdefault(conclusion, []).append(STATE[rule["state"]])
    used = 0
    for rule in found["ledger"]:
        conclusions = [node for node in nodes(rule["when"]) if "concluded" in node]
        assert rule["uses"] == sorted({node["concluded"].removeprefix("not ") for node in conclusions})
        for node in conclusions:
            made = max(RANK[state] for state in makers[node["concluded"].removeprefix("not ")])
            assert RANK[node["result"]] == (2 - made if node["concluded"].startswith("not ") else made)
            used += 1
    assert used > 0
    fired = [rule for rule in found["ledger"] if rule["in_assumed_world"]]
    assert [rule["id"] for rule in fired] == found["fired"]
    assert found["concluded"] == sorted({name for rule in fired for name in rule["concludes"]})


@pytest.mark.parametrize("name", NAMES)
def test_the_arithmetic_can_be_done_again(name: str) -> None:
    """From what the rules contributed to the level, on each scale."""
    found = data(name)
    assert found["rating"] == found["ratings"][found["rating"]["scale"]]
    for scale, rating in found["ratings"].items():
        for factor in found["factors"][scale]:
            points = [r["contributed"].get(scale, 0) for r in found["ledger"] if r["factor"] == factor["name"]]
            assert factor["raised"] == sum(p for p in points if p > 0)
            assert factor["lowered"] == sum(p for p in points if p < 0)
            assert factor["held"] == max(factor["min"], min(factor["max"], sum(points)))
        assert rating["score"] == sum(factor["held"] for factor in found["factors"][scale])
        before = 1 + sum(rating["score"] >= cut for cut in rating["thresholds"].values())
        assert rating["before_limits"] == before
        for limit in ("ceiling", "floor"):
            in_force = [
                (r["id"], r[limit][scale]) for r in found["ledger"] if r["in_assumed_world"] and scale in r[limit]
            ]
            assert [(one["rule"], one["level"]) for one in rating[f"{limit}s"]] == in_force
        lowered = min([before, *(one["level"] for one in rating["ceilings"])])
        assert rating["level"] == max([lowered, *(one["level"] for one in rating["floors"])])


@pytest.mark.parametrize("name", NAMES)
def test_every_path_names_the_fact_it_stands_for(name: str) -> None:
    found, scenario, pack = data(name), load_scenario(FILES[name], load_pack().vocabulary), load_pack()
    facts = [*leaves(found), *found["assumptions"], *found["open"], *(f for w in found["warnings"] for f in w["facts"])]
    for one in facts:
        at, field = find(scenario, pack.vocabulary, one["fact"])
        fact = scenario.entities[at].facts[field.name]
        assert one["value"] == (list(fact.best) if isinstance(fact.best, tuple) else fact.best)
        assert (one["state"], one["line"], one["source"] or "") == (fact.state, fact.mark.line, fact.source)
    for rule in found["ledger"]:
        for node in nodes(rule["when"]):
            for entity in node.get("entities", ()):
                assert len(find_entities(scenario, pack.vocabulary, entity["entity"])) == 1
    for path in [p for r in found["ratings"].values() for w in r["witnesses"].values() for p in w or ()]:
        find(scenario, pack.vocabulary, path)


@pytest.mark.parametrize("name", NAMES)
def test_every_stated_fact_leads_back_to_its_line_and_its_source(name: str) -> None:
    found, scenario = data(name), load_scenario(FILES[name], load_pack().vocabulary)
    lines = FILES[name].read_text().splitlines()
    for one in leaves(found):
        if one["state"] == "assumed":
            assert (one["source"], one["grade"]) == (None, None)
            assert one["assumed_because"]
            continue
        field = one["fact"].rsplit(".", 1)[1].partition("[")[0]
        assert one["file"] == f"scenarios/{name}.yaml"
        derived = {"age_days": "date", "gravest_kind": "kind"}.get(field, field)
        near = lines[max(0, one["line"] - 2) : one["line"]]
        assert any(derived in line for line in near), one
        if one["source"]:
            assert one["source"] in scenario.sources
            assert one["grade"] or not scenario.sources[one["source"]].grade


@pytest.mark.parametrize("name", NAMES)
def test_a_fact_moved_to_where_it_flips_flips_its_test(name: str) -> None:
    """And `amount` or `steps` is how far that is."""
    pack = load_pack()
    scenario = load_scenario(FILES[name], pack.vocabulary)
    moved = 0
    for rule, line in zip(data(name)["ledger"], assess(scenario, pack).assumed_ledger.rules, strict=True):
        accepts = list(_tests(line.line))
        written = [node for node in nodes(rule["when"]) if "test" in node]
        for one, test in zip(written, accepts, strict=True):
            far = one["distance"]
            if far is None:
                continue
            at, field = find(scenario, pack.vocabulary, one["fact"])
            home, there = one["value"], far["flips_at"]
            assert contains(test.accept, home) != contains(test.accept, there)
            if "steps" in far:
                order = field.order
                inside = home in order and there in order
                assert far["steps"] == (abs(order.index(home) - order.index(there)) if inside else 1)
            else:
                assert far["amount"] == abs(home - there) > 0
                assert far["unit"] == field.unit
            if not field.derive and field.member_of is None and moved < 40:
                again = with_value(scenario, pack.vocabulary, at, field, there)
                assert again.entities[at].facts[field.name].best == there
                moved += 1
    assert moved > 10


def _tests(line: Any) -> Iterator[Any]:
    if hasattr(line, "test"):
        yield line.test
    for child in getattr(line, "children", ()):
        yield from _tests(child)
    for _, inner in getattr(line, "entities", ()):
        yield from _tests(inner)


def test_a_path_of_the_trace_can_be_set() -> None:
    """`what-if --set` takes the paths of the trace, and the value at which a test flips."""
    kinds = set()
    for one in leaves(data("us-atacms-2022")):
        far = one["distance"]
        kind = one["fact"].split(".")[0]
        if far is None or kind in kinds or "[" in one["fact"] or one["fact"].endswith(("age_days", "gravest_kind")):
            continue
        kinds.add(kind)
        value = str(far["flips_at"]).lower() if isinstance(far["flips_at"], bool) else far["flips_at"]
        found = run("what-if", "scenarios/us-atacms-2022.yaml", "--set", f"{one['fact']}={value}", "--format", "json")
        assert found.code == 0, found.err
    assert kinds == {"transfer", "items", "warnings", "context"}


@pytest.mark.parametrize("name", NAMES)
def test_a_witness_reaches_the_end_that_it_stands_for(name: str) -> None:
    pack, found = load_pack(), data(name)
    for scale, rating in found["ratings"].items():
        ends = {
            "level_low": ("level", rating["low"]),
            "level_high": ("level", rating["high"]),
            "total_low": ("score", rating["score_low"]),
            "total_high": ("score", rating["score_high"]),
        }
        assert rating["exact"]
        for end, (what, expected) in ends.items():
            scenario = load_scenario(FILES[name], pack.vocabulary)
            for path, value in rating["witnesses"][end].items():
                at, field = find(scenario, pack.vocabulary, path)
                if not field.derive:
                    scenario = with_value(scenario, pack.vocabulary, at, field, value)
            again = assess(scenario, pack, engine="ledger")
            (reached,) = [r for r in again.ratings if r.scale == scale]
            assert getattr(reached, what) == expected


@pytest.mark.parametrize("name", NAMES)
def test_assumed_and_open_facts_are_listed_with_what_they_may_be(name: str) -> None:
    found, words = data(name), load_pack().vocabulary
    scenario = load_scenario(FILES[name], words)
    stated = [one for one in leaves(found) if find(scenario, words, one["fact"])[1].derive is None]
    tested = {(one["fact"], one["state"]) for one in stated}  # what is worked out is as open as what it comes from
    for state, key in (("assumed", "assumptions"), ("open", "open")):
        listed = {one["fact"] for one in found[key]}
        assert {path for path, its in tested if its == state and "[" not in path} <= listed
        assert all(one["state"] == state for one in found[key])
    assert all(one["assumed_because"] for one in found["assumptions"])
    for one in found["open"]:
        pieces = one["possible"]
        assert pieces
        if isinstance(one["value"], (str, bool)):
            assert one["value"] in pieces
        else:
            assert any(
                (low is None or low <= one["value"]) and (high is None or one["value"] <= high) for low, high in pieces
            )


@pytest.mark.parametrize("name", NAMES)
def test_a_warning_counts_if_a_rule_that_rests_on_it_gives_points(name: str) -> None:
    found = data(name)
    points = {rule["id"]: rule["contributed"].get(found["rating"]["scale"], 0) for rule in found["ledger"]}
    for warning in found["warnings"]:
        assert set(warning["rules"]) <= set(found["fired"])
        assert warning["counted"] == any(points[rule] for rule in warning["rules"])
        assert warning["reason"]
        assert warning["line"] > 0
        assert f"warnings.{warning['id']}.date" in {fact["fact"] for fact in warning["facts"]}


@pytest.mark.parametrize("name", NAMES)
def test_rules_rest_on_the_warnings_without_which_they_do_not_fire(name: str) -> None:
    pack, found = load_pack(), data(name)
    scenario = load_scenario(FILES[name], pack.vocabulary)

    def stopped(paths: list[str]) -> set[str]:
        rest = scenario
        for path in paths:
            rest = without(rest, pack.vocabulary, path)
        return {*found["fired"]} - {*assess(rest, pack, engine="ledger").fired}

    resting = {f"warnings.{warning['id']}": {*warning["rules"]} for warning in found["warnings"]}
    assert stopped(list(resting)) == set().union(*resting.values())
    for path, rules in resting.items():
        assert stopped([path]) <= rules


@pytest.mark.parametrize("name", NAMES)
def test_the_reason_says_whether_a_warning_is_discounted(name: str) -> None:
    found = data(name)
    ledger = {rule["id"]: rule for rule in found["ledger"]}
    for warning in found["warnings"]:
        rules = [ledger[rule] for rule in warning["rules"]]
        if warning["counted"]:
            told = [rule["because"] for rule in rules if rule["points"].get(found["rating"]["scale"])]
            assert warning["reason"] == " ".join(told)
        elif silent := [rule["because"] for rule in rules if not any(rule["points"].values())]:
            assert warning["reason"] == f"discounted: {' '.join(silent)}"
        elif rules:
            assert warning["reason"].startswith(f"no points for {found['rating']['scale']}: ")
        else:
            assert warning["reason"] == "no rule that fired rests on it"


def test_what_became_known_later_and_what_says_the_same_is_listed() -> None:
    found = data("every-feature")
    assert [(one["path"], one["date"]) for one in found["not_yet_known"]] == [
        ("warnings.deputy-chair-1-apr", "2024-04-01"),
        ("warnings.editor-12-mar", "2024-03-20"),
    ]
    assert found["merged"] == [{"kept": "kremlin-10-mar", "dropped": "kremlin-10-mar-copy"}]
    lines = FILES["every-feature"].read_text().splitlines()
    assert all(one["path"].split(".")[1] in lines[one["line"] - 1] for one in found["not_yet_known"])


def test_neither_clock_nor_hash_seed_nor_zone_leaves_a_mark() -> None:
    words = [sys.executable, "-m", "escalation", "scenarios/every-feature.yaml", "--format", "json"]
    outputs = set()
    for seed, zone, extra in (("0", "UTC", {}), ("4711", "Pacific/Kiritimati", {"ESCALATION_CACHE": "off"})):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT / "engine"), **extra}
        outputs.add(subprocess.run(words, cwd=ROOT, env=env, capture_output=True, check=True).stdout)
    assert len(outputs) == 1
