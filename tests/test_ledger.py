"""The ledger shows every condition of every rule, and decides a single world as its lines say."""

from __future__ import annotations

import pytest
from tests.exact.cases import case

from escalation.ledger import (
    CANNOT_TELL,
    NO,
    YES,
    GroupLine,
    Line,
    decide,
    evaluate,
    stated_view,
    truth,
    world_view,
)
from escalation.rules import All, Any, Condition, Count
from escalation.scenario import assumed_world
from escalation.sets import Set, Words, interval, only, union

SEEDS = range(150)


def size(line: Line) -> int:
    """How many lines there are."""
    inner = line.children if isinstance(line, GroupLine) else [one for _, one in getattr(line, "entities", ())]
    return 1 + sum(size(one) for one in inner)


def expected(node: Condition, members: dict[str, int]) -> int:
    """How many lines a condition has where nothing is left out: what a count asks is asked of each entity."""
    if isinstance(node, (All, Any)):
        return 1 + sum(expected(child, members) for child in node.children)
    return 1 + members[node.kind] * expected(node.where, members) if isinstance(node, Count) else 1


@pytest.mark.slow
def test_nothing_is_left_out_however_early_a_condition_is_settled() -> None:
    lines = 0
    for seed in SEEDS:
        found = case(seed, 0.3)
        members = dict.fromkeys(found.pack.vocabulary.kinds, 0)
        for entity in found.scenario.entities:
            members[entity.kind] += 1
        for rule in evaluate(found.pack, found.scenario.entities, stated_view(found.scenario.entities)).rules:
            assert size(rule.line) == expected(rule.rule.when, members), (seed, rule.rule.id)
            lines += size(rule.line)
    assert lines > 1000


@pytest.mark.slow
def test_what_is_decided_without_lines_is_what_the_lines_say() -> None:
    fired = 0
    for seed in SEEDS:
        found = case(seed, 0.3)
        world = assumed_world(found.scenario)
        ledger = evaluate(found.pack, found.scenario.entities, world_view(world))
        assert decide(found.pack, found.scenario.entities, world) == ledger.outcome(), seed
        assert all(line.state in (YES, NO) for line in ledger.rules)
        fired += len(ledger.outcome().fired)
    assert fired > 100


@pytest.mark.slow
def test_what_is_certain_holds_in_the_assumed_world() -> None:
    open_rules = 0
    for seed in SEEDS:
        found = case(seed, 0.3)
        stated = evaluate(found.pack, found.scenario.entities, stated_view(found.scenario.entities))
        fired = decide(found.pack, found.scenario.entities, assumed_world(found.scenario)).fired
        for line in stated.rules:
            assert line.state == CANNOT_TELL or (line.state == YES) == (line.rule.id in fired)
            open_rules += line.state == CANNOT_TELL
    assert open_rules > 20


WORDS = Words(frozenset(("a", "b")))
PARTS = union(interval(0, 10), interval(20, 30))


@pytest.mark.parametrize(
    ("possible", "accept", "expected"),
    [
        (only(5), interval(0, 10), YES),
        (only(5), interval(5, 10, low_open=True), NO),
        (interval(0, 10), interval(0, 10), YES),
        (interval(0, 10), interval(0, 10, high_open=True), CANNOT_TELL),
        (interval(0, 10), interval(10, 20), CANNOT_TELL),
        (interval(0, 10), interval(10, 20, low_open=True), NO),
        (PARTS, interval(0, 30), YES),
        (PARTS, interval(0, 10), CANNOT_TELL),
        (PARTS, interval(11, 19), NO),
        (union(only(1), only(3)), only(1), CANNOT_TELL),
        (union(only(1), only(3)), only(2), NO),
        (only("a"), WORDS, YES),
        (WORDS, WORDS, YES),
        (WORDS, only("a"), CANNOT_TELL),
        (WORDS, only("c"), NO),
        (only(True), only(False), NO),
    ],
)
def test_a_test_holds_fails_or_cannot_be_told(possible: Set, accept: Set, expected: int) -> None:
    assert truth(possible, accept) == expected
