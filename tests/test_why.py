"""Why, and why not: on the pack's own scenarios and on random ones, what is said is tried through both engines."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exact.cases import case
from tests.support.command import run

from escalation import Assessment, InputError, assess, load_pack, load_scenario
from escalation.analysis.proof import CountGround, FactGround, Proof, UseGround
from escalation.analysis.rated import rated
from escalation.analysis.routes import Route
from escalation.analysis.ways import Ways
from escalation.analysis.why_not import Conclusion, Condition
from escalation.edits import find, with_entity, with_text, with_values, without
from escalation.questions import prove, why, why_not
from escalation.rules import All, Any
from escalation.sets import contains

ROOT = Path(__file__).parent.parent
PACK = load_pack()
FILES = sorted([*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "scenarios" / "casebook").glob("*.yaml")])


@cache
def assessed(path: Path) -> Assessment | None:
    try:
        return assess(load_scenario(path, PACK.vocabulary), PACK)
    except InputError:  # a perceiver whom the pack does not cover
        return None


RATED = [path for path in FILES if assessed(path) is not None]


def rating(path: Path | str) -> Assessment:
    found = assessed(ROOT / "scenarios" / f"{path}.yaml" if isinstance(path, str) else path)
    assert found is not None
    return found


def applied(found: Assessment, route: Route) -> Assessment:
    """The changes of a route made once more, from what the answer says of them, as a command line would write them."""
    scenario, vocabulary = found.scenario, found.pack.vocabulary
    for change in route.changed:
        at, field = find(scenario, vocabulary, change.path)
        if field.member_of:
            scenario = with_values(scenario, vocabulary, [(at, field, change.after)])
        else:
            text = str(change.after).lower() if isinstance(change.after, bool) else str(change.after)
            scenario = with_text(scenario, vocabulary, change.path, text)
    for path in route.removed:
        scenario = without(scenario, vocabulary, path)
    for new in route.added:
        scenario = with_entity(scenario, vocabulary, new.kind, {field.name: value for field, value, _ in new.stated})
    return assess(scenario, found.pack, engine="both" if len(found.engines) > 1 else "ledger")


# -- why not


@pytest.mark.parametrize("path", RATED, ids=lambda path: path.stem)
def test_each_rule_fires_when_the_failing_tests_named_are_met_as_said(path: Path) -> None:
    """Every rule of the pack that did not fire, on every scenario and case, through both engines."""
    found = rating(path)
    for rule in PACK.rules:
        if rule.id in found.fired:
            continue
        answer = why_not(found, rule.id)
        assert answer.routes, f"{rule.id}: no way was found"
        first = answer.routes[0]
        again = applied(found, first)
        assert rule.id in again.fired
        assert again.rating.level == first.after.level
        assert again.rating.score == first.after.score
        named = {c.path for c in answer.failing()}
        for change in first.changed:
            derived = [f for f in PACK.vocabulary.of(change.fact.field.entity).values() if f.derive]
            stem = change.path.rpartition(".")[0]
            through = {
                f"{stem}.{f.name}"
                for f in derived
                if f.derive and change.path.rsplit(".", 1)[1].split("[")[0] in f.derive[1]
            }
            assert named & ({change.path} | through), f"{rule.id}: {change.path} is changed and not named as failing"


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_each_route_on_random_packs_makes_the_rule_fire(seed: int) -> None:
    found = case(seed, open_facts=0.2).assessed()
    for rule in found.pack.rules:
        answer = why_not(found, rule.id)
        for route in answer.routes:
            assert rule.id in route.after.fired
            assert rule.id in applied(found, route).fired


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_a_rule_without_a_route_fires_for_no_single_change(seed: int) -> None:
    found = case(seed).assessed()
    for i, rule in enumerate(found.pack.rules):
        if rule.id not in found.fired and not why_not(found, rule.id).routes:
            assert not [change for change in found.changes if change.result.fired[i] == 2]


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_where_a_single_change_is_enough_the_nearest_way_has_one(seed: int) -> None:
    found = case(seed).assessed()
    ways = Ways(found)
    for i, rule in enumerate(found.pack.rules):
        if rule.id not in found.fired and any(change.result.fired[i] == 2 for change in found.changes):
            plain = [way for way in ways.of(rule.when) if not way.added and not way.removed]
            assert plain and plain[0].changes == 1


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_every_way_does_what_it_is_for(seed: int) -> None:
    """Both ways to hold and ways to fail, wherever no two entities come to say the same and are merged."""
    found = case(seed).assessed()
    ways = Ways(found)
    for rule in found.pack.rules:
        for wanted in (True, False):
            for way in ways.of(rule.when, wanted)[:3]:
                changed = ways.carried_out(way)
                number = len(found.scenario.entities) + len(way.added) - len(way.removed)
                if len(changed.entities) == number:
                    assert (rule.id in rated(found.pack, changed, "ledger").fired) == wanted


def test_every_value_that_is_said_to_do_makes_the_rule_fire() -> None:
    answer = why_not(rating("us-patriot-2022"), "RCH-10")
    role = next(c for c in answer.failing() if c.path == "items.interceptor.role")
    assert sum(met.combinations for met in answer.met) == len(role.passes.words)
    assert {met.after.fired.count("RCH-10") for met in answer.met} == {1}


def test_patriot_lacks_role_and_kind_of_range_for_the_army_rear() -> None:
    answer = why_not(rating("us-patriot-2022"), "RCH-10")
    assert [c.path.rpartition(".")[2] for c in answer.failing()] == ["role", "range_kind"]
    held = next(c for c in answer.conditions if isinstance(c, Condition) and c.holds)
    assert held.path == "items.interceptor.range" and held.spare is not None and float(held.spare) < 70
    assert (answer.alone[0].total, answer.alone[0].level) == (4, 2)
    assert {met.after.score for met in answer.met} == {5, 7}
    assert {line.rule.id for line in answer.related} == {"ROL-40", "ROL-50", "RCH-80", "LIM-20"}
    assert [(p.name, p.value) for p in answer.parameters if p.unit] == [("army_rear_km", 70)]


def test_an_open_fact_is_told_apart_from_a_failing_one() -> None:
    answer = why_not(rating("us-patriot-2022"), "INV-30")
    assert answer.open and [c.open for c in answer.failing()] == [True]


def test_a_conclusion_is_traced_to_the_rules_that_would_make_it() -> None:
    answer = why_not(rating("us-atacms-2022"), "LIM-20")
    use = next(c for c in answer.conditions if isinstance(c, Conclusion) and not c.holds)
    assert (use.name, use.makers) == ("PROTECTIVE_ONLY", ("ROL-40",))
    below = [c for c in answer.conditions if isinstance(c, Condition) and c.via == ("ROL-40",)]
    assert [c.path for c in below] == ["items.missile.role"]


def test_a_missing_warning_is_what_is_missing() -> None:
    found = rating("us-package-dec-2022")
    answer = why_not(found, "WRN-20")
    assert [new.kind for new in answer.routes[0].added] == ["warning"] and not answer.routes[0].changed
    assert all(c.at is None for c in answer.failing())


def test_a_rule_that_fired_is_said_to_have_fired() -> None:
    assert why_not(rating("us-patriot-2022"), "ROL-10").fired


# -- why a rule fired


@pytest.mark.parametrize("path", RATED, ids=lambda path: path.stem)
def test_a_proof_holds_only_what_carries_the_rule(path: Path) -> None:
    """Every leaf of a proof is as the facts have it, and what is left out is not needed: the leaves alone decide."""
    found = rating(path)
    for rule in PACK.rules:
        proof = prove(found, rule.id)
        assert proof.fired == (rule.id in found.fired)
        for ground in _leaves(proof):
            value = found.world[ground.at][ground.fact.field.name]
            assert contains(ground.test.accept, value) == ground.passes
        if proof.fired and isinstance(rule.when, (All, Any)):
            assert proof.grounds


def _leaves(proof: Proof) -> list[FactGround]:
    def below(grounds: tuple[object, ...]) -> list[FactGround]:
        found: list[FactGround] = []
        for ground in grounds:
            if isinstance(ground, FactGround):
                found.append(ground)
            elif isinstance(ground, CountGround):
                found += [leaf for _, inner in ground.entities for leaf in below(inner)]
            elif isinstance(ground, UseGround):
                found += [leaf for inner in ground.proofs for leaf in _leaves(inner)]
        return found

    return below(proof.grounds)


def test_a_proof_goes_down_through_conclusions_to_facts_and_sources() -> None:
    proof = prove(rating("us-patriot-2022"), "LIM-20")
    use = next(ground for ground in proof.grounds if isinstance(ground, UseGround))
    assert (use.name, [inner.line.rule.id for inner in use.proofs]) == ("PROTECTIVE_ONLY", ["ROL-40"])
    role = next(leaf for leaf in _leaves(proof) if leaf.path == "items.interceptor.role")
    assert (role.fact.source, role.fact.grade) == ("fox", "B3")


# -- why this level


@pytest.mark.parametrize("path", RATED, ids=lambda path: path.stem)
def test_the_level_adds_up_and_every_turn_comes_out_as_said(path: Path) -> None:
    found = rating(path)
    answer = why(found)
    held = sum(factor.held for factor in answer.sums.factors)
    assert held == found.rating.score
    clipped = {f.name for f in answer.lost}
    for one in answer.contributions:
        if one.line.rule.factor not in clipped and one.without.total != held:
            assert 0 < (held - one.without.total) / one.points <= 1
    for turn in (*answer.up[:3], *answer.down[:3]):
        again = applied(found, turn.route)
        assert (turn.rule.id in again.fired) == turn.fires
        assert (again.rating.level, again.rating.score) == (turn.route.after.level, turn.route.after.score)
    assert all((t.route.after.level, t.route.after.score) > (found.rating.level, found.rating.score) for t in answer.up)


def test_why_limited_names_points_missing_and_points_to_lose() -> None:
    answer = why(rating("us-patriot-2022"))
    assert (answer.starts, answer.next, answer.sums.total) == (2, 6, 3)
    assert [c.line.rule.id for c in answer.contributions if c.without.level < 2] == ["ROL-10"]
    assert answer.up[0].rule.id == "INV-30" and answer.up[0].route.after.level == 3
    assert answer.down[0].rule.id == "PRC-10" and answer.down[0].route.after.level == 1


# -- the commands

PATRIOT, ATACMS = "scenarios/us-patriot-2022.yaml", "scenarios/us-atacms-2022.yaml"


@pytest.mark.parametrize(("file", "rule"), [(PATRIOT, "RCH-10"), (PATRIOT, "INV-30"), (ATACMS, "LIM-20")])
def test_routes_to_a_rule_are_rated_in_json_too(file: str, rule: str) -> None:
    routes = json.loads(run("why-not", file, rule, "--format", "json").out)["routes"]
    assert routes and all("ratings" in route for route in routes)


def test_why_of_a_rule_that_did_not_fire_is_why_not() -> None:
    assert run("why", PATRIOT, "RCH-10").out == run("why-not", PATRIOT, "RCH-10").out


def test_an_unknown_rule_is_an_error_with_a_suggestion() -> None:
    found = run("why-not", PATRIOT, "RCH-1")
    assert found.code == 2 and "ASK-1" in found.err and "did you mean RCH-10?" in found.err and not found.out
