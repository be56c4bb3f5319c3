"""Questions about all scenarios: what is found is so in the engine, and what is not found is nowhere."""

from __future__ import annotations

from functools import cache
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exact.cases import case, samples
from tests.support.workbench import FIXTURES, rule, rules_file

from escalation.ledger import decide
from escalation.pack import Pack, load_pack
from escalation.pack_reader import read_pack
from escalation.rules import All, Any, Concluded, Condition, Count, walk
from escalation.rules import Test as FieldTest
from escalation.scenario import assumed_world
from escalation.sets import contains, interval
from escalation.unfold import settled
from escalation.workbench.coverage import Coverage, Duty, Example
from escalation.workbench.formulas import Group, Leaf, differ, every, opposite, some, state
from escalation.workbench.questions import can_hold, decides, equivalent, implies
from escalation.workbench.reach import UNDECIDED, enough, reach
from escalation.workbench.space import settles_at
from escalation.workbench.specimen import facts_of, read


@cache
def pack_of(*conditions: str) -> Pack:
    """The base pack of the fixtures with rules A, B, ... of these conditions; each concludes its own letter twice."""
    rules = [
        rule(chr(65 + i), when, f"{{points: 1, conclude: {chr(65 + i) * 2}}}") for i, when in enumerate(conditions)
    ]
    files = {}
    for name in ("pack.yaml", "vocabulary.yaml", "sources.yaml", "parameters.yaml"):
        files[name] = (name, (FIXTURES / "base" / name).read_bytes())
    files["rules.yaml"] = ("rules.yaml", rules_file(*rules).encode())
    return read_pack(files, "", "", "")


SAME = [
    ("{item: {range: {gte: 70}}}", "{not: {every_item: {range: {lt: 70}}}}"),
    ("{item: {range: {gt: 5, lt: 10}}}", "{item: {all_of: [{range: {gt: 5}}, {range: {lt: 10}}]}}"),
    ("{no_item: {role: gun}}", "{items: {at_most: 0, where: {role: gun}}}"),
    ("{item: {role: gun}}", "{items: {at_least: 1, where: {role: {not_in: [missile, radar]}}}}"),
    ("{not: {any_of: [{item: {role: gun}}, {transfer: {crew: near}}]}}",
     "{no_item: {role: gun}, not: {transfer: {crew: near}}}"),
    ("{warnings: {exactly: 1, where: {kind: threat}}}",
     "{warnings: {at_least: 1, where: {kind: threat}}, not: {warnings: {at_least: 2, where: {kind: threat}}}}"),
    ("{warning: {kind: {gte: threat}}}", "{any_of: [{warning: {kind: threat}}, {warning: {kind: ultimatum}}]}"),
    ("{transfer: {crew: {gte: near}}}", "{transfer: {crew: {in: [near, inside]}}}"),
    ("{item: {role: gun}, no_item: {role: gun}}", "{transfer: {crew: near}, not: {transfer: {crew: near}}}"),
]  # fmt: skip
NOT_SAME = [
    # one item has both, against two items that have one each
    ("{item: {role: gun, range: {gte: 70}}}", "{all_of: [{item: {role: gun}}, {item: {range: {gte: 70}}}]}"),
    ("{item: {range: {gte: 70}}}", "{item: {range: {gt: 70}}}"),
    ("{every_item: {role: gun}}", "{item: {role: gun}}"),
    ("{every_item: {any_of: [{role: gun}, {range: {gte: 70}}]}}",
     "{any_of: [{every_item: {role: gun}}, {every_item: {range: {gte: 70}}}]}"),
    ("{warnings: {at_least: 2, where: {kind: threat}}}", "{warnings: {at_least: 3, where: {kind: threat}}}"),
    ("{every_warning: {kind: threat}}", "{warning: {kind: threat}}"),  # there may be no warning
]  # fmt: skip
IMPLIED = [
    ("{item: {range: {gt: 10}}}", "{item: {range: {gt: 5}}}"),
    ("{warnings: {at_least: 5, where: {kind: ultimatum}}}", "{warnings: {at_least: 3, where: {kind: {gte: threat}}}}"),
    ("{every_item: {role: gun}}", "{item: {role: gun}}"),  # there is at least one item
    ("{warnings: {at_least: 4, where: {kind: {gte: threat}}}}",
     ("{any_of: [{warnings: {at_least: 2, where: {kind: threat}}},"
      " {warnings: {at_least: 3, where: {kind: ultimatum}}}]}")),
    ("{items: {at_least: 2, where: {role: gun}}, every_item: {range: {lt: 70}}}",
     "{item: {range: {lt: 80}, role: gun}}"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SAME)
def test_conditions_are_compared_by_meaning(a, b):
    pack = pack_of(a, b)
    first, second = (r.when for r in pack.rules)
    assert equivalent(pack, first, second)


@pytest.mark.parametrize(("a", "b"), NOT_SAME)
def test_what_differs_differs_in_a_scenario(a, b):
    pack = pack_of(a, b)
    first, second = (r.when for r in pack.rules)
    assert not equivalent(pack, first, second)
    witness = can_hold(pack, [first], [second]) or can_hold(pack, [second], [first])
    assert witness
    scenario = read(pack, facts_of(pack, witness))
    assert len(decide(pack, scenario.entities, assumed_world(scenario)).fired) == 1


@pytest.mark.parametrize(("a", "b"), IMPLIED)
def test_implication_holds_one_way(a, b):
    pack = pack_of(a, b)
    first, second = (r.when for r in pack.rules)
    assert implies(pack, first, second)
    assert not implies(pack, second, first)


NEVER = [
    "{item: {range: {gte: 70, lt: 60}}}",
    "{items: {at_least: 3, where: {role: gun}}, warnings: {at_most: 1, where: {kind: threat}}, no_item: {role: gun}}",
    "{no_item: {any_of: [{role: gun}, {role: missile}, {role: radar}]}}",  # there is at least one item
    "{every_item: {all_of: [{role: gun}, {role: missile}]}}",
]
ALWAYS = [
    "{any_of: [{warning: {kind: protest}}, {no_warning: {kind: protest}}]}",
    "{item: {range: {lte: 2000}}}",
    "{any_of: [{items: {at_most: 3, where: {role: gun}}}, {item: {role: gun}}]}",
]


@pytest.mark.parametrize("condition", NEVER)
def test_what_can_never_hold(condition):
    pack = pack_of(condition)
    assert can_hold(pack, [pack.rules[0].when]) is None
    assert can_hold(pack, [], [pack.rules[0].when])


@pytest.mark.parametrize("condition", ALWAYS)
def test_what_always_holds(condition):
    pack = pack_of(condition)
    assert can_hold(pack, [], [pack.rules[0].when]) is None


def test_conclusions_are_seen_through():
    pack = pack_of(
        "{item: {role: gun}}",
        "{concluded: AA, no_item: {role: gun}}",
        "{not: {concluded: AA}}",
        "{no_item: {role: gun}}",
    )
    a, b, c, d = (r.when for r in pack.rules)
    assert can_hold(pack, [b]) is None
    assert equivalent(pack, c, d)
    assert can_hold(pack, [a, c]) is None


@pytest.mark.parametrize(("number", "size"), [(2, 2), (5, 5), (9, 9)])
def test_the_plainest_scenario_has_as_many_entities_as_it_takes(number, size):
    pack = pack_of(f"{{warnings: {{at_least: {number}, where: {{kind: threat}}}}}}")
    witness = can_hold(pack, [pack.rules[0].when])
    assert witness
    assert len(witness.beings["warning"]) == size


# -- against the engine, on random packs


def truths(pack: Pack, rng: Random, worlds: int) -> list[set[str]]:
    """The rules that fire in random worlds of up to three entities of each kind."""
    fields = [f for f in pack.vocabulary.fields.values() if f.readable and f.domain and not f.derive]
    found = []
    made = case(0, 0.0).scenario.entities
    template = {e.kind: e for e in made}
    for _ in range(worlds):
        entities, world = [], []
        for kind in pack.vocabulary.kinds.values():
            number = rng.randint(kind.at_least, 3) if kind.many else 1
            for i in range(number):
                base = template.get(kind.name)
                if base is None:
                    break
                entities.append(base._replace(id=f"{kind.name}-{i}"))
                world.append({f.name: rng.choice(samples(f, f.domain)) for f in fields if f.entity == kind.name})
        derived = derivations(pack)
        full = tuple(
            settled(values, derived[e.kind]) if e.kind in derived else values
            for values, e in zip(world, entities, strict=True)
        )
        found.append(set(decide(pack, tuple(entities), full).fired))
    return found


def derivations(pack: Pack):
    from escalation.unfold import inputs_of

    known = pack.vocabulary.fields
    found: dict = {}
    for field in known.values():
        if inputs := inputs_of(field, known):
            found.setdefault(field.entity, {})[field.name] = (field, inputs)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_is_so_and_what_is_not_found_is_nowhere(seed):
    pack = case(seed, 0.0).pack
    fired = truths(pack, Random(seed), 60)
    for r in pack.rules:
        for wanted in (True, False):
            witness = can_hold(pack, [r.when] if wanted else [], [] if wanted else [r.when])
            if witness is None:
                assert all((r.id in found) != wanted for found in fired), r.id
            else:
                scenario = read(pack, facts_of(pack, witness))
                outcome = decide(pack, scenario.entities, assumed_world(scenario))
                assert (r.id in outcome.fired) == wanted, r.id
    for a, b in product(pack.rules, repeat=2):
        if a is not b and implies(pack, a.when, b.when):
            assert all(b.id in found or a.id not in found for found in fired)


def taken_as(node: Condition, leaf: Condition, value: bool) -> Condition:
    """The condition with one of its tests or conclusions taken as held, or as failed."""
    if node is leaf:
        return All(()) if value else Any(())
    if isinstance(node, (All, Any)):
        return type(node)(tuple(taken_as(child, leaf, value) for child in node.children))
    return node._replace(where=taken_as(node.where, leaf, value)) if isinstance(node, Count) else node


@pytest.mark.parametrize("seed", range(25))
def test_a_condition_decides_in_the_scenario_found_or_can_be_left_out(seed):
    pack = case(seed, 0.0).pack
    for r in pack.rules:
        for number, leaf in enumerate(node for node in walk(r.when) if isinstance(node, (FieldTest, Concluded))):
            for holds in (True, False):
                witness = decides(pack, r.when, leaf, holds)
                if witness:
                    example = Example("x", "scenario", read(pack, facts_of(pack, witness)))
                    assert Duty(r.id, "condition", number, side=holds) in Coverage(pack, [example]).seen
                else:
                    assert equivalent(pack, r.when, taken_as(r.when, leaf, not holds))


# -- levels


def test_how_many_entities_stand_for_any_number():
    pack = pack_of(
        "{item: {role: gun}}",
        "{items: {at_least: 3, where: {role: radar}}}",
        "{warnings: {exactly: 2, where: {kind: threat}}}",
    )
    assert enough(pack) == {"transfer": 1, "item": 1 + 3, "warning": 3}


@pytest.mark.parametrize(
    ("thresholds", "unreached"), [("{mid: 1, high: 2}", []), ("{mid: 1, high: 9}", [3]), ("{mid: 4, high: 9}", [2, 3])]
)
def test_levels_past_the_points_are_not_reached(thresholds, unreached, tmp_path):
    from tests.support.workbench import base_pack

    text = (FIXTURES / "base" / "pack.yaml").read_text(encoding="utf-8")
    pack = load_pack(base_pack(tmp_path, {"pack.yaml": text.replace("{mid: 1, high: 2}", thresholds)}))
    found = {level.number: reach(pack, 0, level.number) for level in pack.levels}
    assert UNDECIDED not in found.values()
    assert [number for number, world in found.items() if world is None] == unreached


def test_a_level_that_a_ceiling_shuts_off_is_not_reached():
    text = rules_file(
        rule("A", "{item: {role: gun}}", "{points: 3}"),
        rule("B", "{item: {range: {gte: 5}}}", "{ceiling: mid}"),
        rule("C", "{no_item: {range: {gte: 5}}}", "{ceiling: mid}"),
    )
    files = {
        name: (name, (FIXTURES / "base" / name).read_bytes())
        for name in ("pack.yaml", "vocabulary.yaml", "sources.yaml", "parameters.yaml")
    }
    pack = read_pack({**files, "rules.yaml": ("rules.yaml", text.encode())}, "", "", "")
    assert reach(pack, 0, 3) is None
    assert isinstance(reach(pack, 0, 2), tuple)


# -- formulas

ATOMS = 4
FORMULAS = st.recursive(
    st.one_of(st.booleans(), st.builds(Leaf, st.integers(0, ATOMS - 1), st.booleans())),
    lambda inner: st.builds(
        lambda e, parts: every(parts) if e else some(parts), st.booleans(), st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


def holds(formula, truth) -> bool:
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Leaf):
        return truth[formula.atom] == formula.wanted
    assert isinstance(formula, Group)
    return (all if formula.every else any)(holds(part, truth) for part in formula.parts)


@given(FORMULAS, FORMULAS)
def test_formulas_mean_what_they_say(a, b):
    for truth in product((False, True), repeat=ATOMS):
        values = [2 * value for value in truth].__getitem__
        assert state(a, values) == 2 * holds(a, truth)
        assert holds(opposite(a), truth) != holds(a, truth)
        assert holds(differ(a, b), truth) == (holds(a, truth) != holds(b, truth))


@given(FORMULAS, st.lists(st.sampled_from([0, 1, 2]), min_size=ATOMS, max_size=ATOMS))
def test_a_state_decided_early_is_the_one_that_comes_out(formula, states):
    early = state(formula, states.__getitem__)
    for truth in product((False, True), repeat=ATOMS):
        if all(known == 1 or known == 2 * value for known, value in zip(states, truth, strict=True)):
            assert early in (1, 2 * holds(formula, truth))


@given(st.integers(0, 6), st.integers(0, 6))
def test_past_the_number_at_which_a_count_settles_nothing_changes(low, high):
    accept = interval(min(low, high), max(low, high))
    settled_at = settles_at(accept)
    assert len({contains(accept, n) for n in range(settled_at, settled_at + 8)}) == 1
    assert settled_at == 0 or contains(accept, settled_at) != contains(accept, settled_at - 1)
