"""Near misses: what is said to be lacking is what is lacking, and no more than that."""

from __future__ import annotations

import pytest
from tests.exact.cases import case
from tests.support.command import ROOT

from escalation import Assessment, assess, ledger, load_pack
from escalation.edits import with_values
from escalation.near import Miss, misses
from escalation.rules import Test as RuleTest
from escalation.rules import walk
from escalation.sets import Scalar, nearest

PACK = load_pack()
SAMPLES = ("us-patriot-2022", "us-atacms-2022", "us-kharkiv-permission-2024", "us-package-dec-2022", "every-feature")
RATED = {name: assess(ROOT / "scenarios" / f"{name}.yaml", PACK) for name in SAMPLES}


def flipped(found: Assessment, line: ledger.TestLine) -> Scalar:
    """The nearest value at which a test that fails passes."""
    assert line.state == ledger.NO
    field = line.test.field
    return nearest(line.test.accept, found.world[line.entity][field.name], field.step, field.order)


def met(found: Assessment, miss: Miss) -> Assessment:
    """The scenario with every test that a miss lacks flipped."""
    changes = [(line.entity, line.test.field, flipped(found, line)) for line in miss.failing]
    return assess(with_values(found.scenario, PACK.vocabulary, changes), PACK)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_rule_fires_once_what_it_lacks_is_given(name: str) -> None:
    found = RATED[name]
    near = misses(found)
    assert near
    for miss in near:
        assert miss.rule.id not in found.fired
        assert miss.rule.id in met(found, miss).fired, miss.rule.id


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_less_than_all_of_it_will_do(name: str) -> None:
    found = RATED[name]
    for miss in misses(found):
        for left_out in range(len(miss.failing)) if len(miss.failing) > 1 else ():
            part = miss._replace(failing=miss.failing[:left_out] + miss.failing[left_out + 1 :])
            assert miss.rule.id not in met(found, part).fired


@pytest.mark.parametrize("name", SAMPLES)
def test_rules_that_switch_with_a_single_change_are_named(name: str) -> None:
    found = RATED[name]
    for miss in misses(found):
        if len(miss.failing) == 1:
            after = met(found, miss).fired
            assert set(miss.on) == set(after) - set(found.fired) - {miss.rule.id}
            assert set(miss.off) == set(found.fired) - set(after)


def test_what_is_undecided_comes_first_and_every_rule_that_counts_is_there() -> None:
    for found in RATED.values():
        near = misses(found)
        assert [miss.open for miss in near] == sorted((miss.open for miss in near), reverse=True)
        scale = found.rating.scale
        silent = {rule.id for rule in PACK.rules if not rule.then.points.get(scale)}
        kinds = {entity.kind for entity in found.scenario.entities}
        if "warning" in kinds:
            assert {r.id for r in PACK.rules} - silent <= {m.rule.id for m in near} | set(found.fired)


DERIVED = (76, 147, 186, 236, 248, 328, 519, 584)
"""Cases in which one test of a worked-out fact, or of a word of a list, switches other rules too."""


@pytest.mark.parametrize("seed", [*DERIVED, *range(40)])
def test_rules_that_switch_are_named_under_any_pack(seed: int) -> None:
    one = case(seed, open_facts=0.2)
    found = one.assessed()
    for miss in misses(found):
        if len(miss.failing) > 1:
            continue
        (line,) = miss.failing
        changed = with_values(
            found.scenario, one.pack.vocabulary, [(line.entity, line.test.field, flipped(found, line))]
        )
        after = set(assess(changed, one.pack, engine="ledger").fired)
        if len(changed.entities) == len(found.scenario.entities) and miss.rule.id in after:
            assert set(miss.on) == after - set(found.fired) - {miss.rule.id}
            assert set(miss.off) == set(found.fired) - after


@pytest.mark.parametrize("seed", range(80))
def test_what_is_lacking_is_enough_under_any_pack(seed: int) -> None:
    one = case(seed, open_facts=0.2)
    found = one.assessed()
    for miss in misses(found):
        if any(isinstance(node, RuleTest) and node.field.derive for node in walk(miss.rule.when)):
            continue  # a derived fact moves others with it
        changes = [(line.entity, line.test.field, flipped(found, line)) for line in miss.failing]
        changed = with_values(found.scenario, one.pack.vocabulary, changes)
        if len(changed.entities) == len(found.scenario.entities):  # else two that were made alike are counted once
            assert miss.rule.id in assess(changed, one.pack, engine="ledger").fired
