"""The ledger: every condition of every rule, evaluated independently and without short-circuit.

It is the plain one of the two engines. A `View` gives, for each entity, the set of values that each field may have: the
sets that the stated facts allow, or one value each for a single world. A test is yes if that set lies inside the
accepted one, no if the two are disjoint, else it cannot be told; All is the least of its children and Any the greatest.
Each evaluation returns a `Line`, so the trace is the evaluation itself and not a story told afterwards. Only `decide`,
for the many worlds of which nothing but the outcome is wanted, makes no lines and stops where a condition is settled.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from escalation.facts import single
from escalation.pack import Pack
from escalation.rules import All, Any, Concluded, Condition, Count, Outcome, Rule, Test
from escalation.scenario import Entity, World
from escalation.sets import Set, Words, contains, disjoint, subset

__all__ = [
    "CANNOT_TELL",
    "NO",
    "YES",
    "ConcludedLine",
    "CountLine",
    "GroupLine",
    "Ledger",
    "Line",
    "RuleLine",
    "TestLine",
    "View",
    "ask",
    "decide",
    "evaluate",
    "stated_view",
    "truth",
    "world_view",
]

NO, CANNOT_TELL, YES = 0, 1, 2
View: TypeAlias = tuple[dict[str, Set], ...]
"""For each entity of a scenario, in order: the values that each readable field may have."""


class TestLine(NamedTuple):
    """One test of one entity (its index in the scenario), with what the field may be and the result."""

    test: Test
    entity: int
    possible: Set
    state: int


class CountLine(NamedTuple):
    """A count: a line for each entity of the kind, and how many pass for certain and at most."""

    count: Count  # type: ignore[assignment]  # hides the count method of tuples, which has no use here
    entities: tuple[tuple[int, "Line"], ...]
    least: int
    most: int
    state: int


class ConcludedLine(NamedTuple):
    """A conclusion used: whether it stands, and whether that was wanted."""

    node: Concluded
    made: int
    state: int


class GroupLine(NamedTuple):
    """All or Any of several lines."""

    every: bool
    children: tuple["Line", ...]
    state: int


Line: TypeAlias = TestLine | CountLine | ConcludedLine | GroupLine


class RuleLine(NamedTuple):
    """One rule with the state of its condition: YES (fired), NO, or CANNOT_TELL."""

    rule: Rule
    line: Line
    state: int


class Ledger(NamedTuple):
    """Every rule in pack order, and how far each conclusion stands."""

    rules: tuple[RuleLine, ...]
    concluded: dict[str, int]

    def outcome(self) -> Outcome:
        """What fired and what was concluded; meant for a view of one world, where nothing is open."""
        return Outcome(
            tuple(line.rule.id for line in self.rules if line.state == YES),
            tuple(sorted(name for name, state in self.concluded.items() if state == YES)),
        )


def stated_view(entities: tuple[Entity, ...]) -> View:
    """The view of what is stated: open facts at all their possible values, facts not stated at the assumed one."""
    return tuple({f.field.name: f.possible for f in e.facts.values() if f.possible is not None} for e in entities)


def world_view(world: World) -> View:
    """The view of one world."""
    return tuple({name: single(value) for name, value in values.items()} for values in world)


def decide(pack: Pack, entities: tuple[Entity, ...], world: World) -> Outcome:
    """What the ledger makes of one world: the outcome of `evaluate`, without the lines, which few worlds need."""
    members = _members(pack, entities)
    concluded: set[str] = set()
    fired: set[int] = set()
    for i in pack.order:
        rule = pack.rules[i]
        if _holds(rule.when, -1, world, members, concluded):
            fired.add(i)
            concluded.update(rule.then.conclude)
    return Outcome(tuple(pack.rules[i].id for i in sorted(fired)), tuple(sorted(concluded)))


def evaluate(pack: Pack, entities: tuple[Entity, ...], view: View) -> Ledger:
    """Evaluate every rule of the pack over a view."""
    scene = _scene(pack, entities, view, {name: NO for rule in pack.rules for name in rule.then.conclude})
    lines: list[RuleLine | None] = [None] * len(pack.rules)
    for i in pack.order:
        rule = pack.rules[i]
        line = _line(rule.when, scene, -1)
        lines[i] = RuleLine(rule, line, line.state)
        for name in rule.then.conclude:
            scene.concluded[name] = max(scene.concluded[name], line.state)
    return Ledger(tuple(line for line in lines if line is not None), scene.concluded)


def ask(
    pack: Pack, conditions: Iterable[Condition], entities: tuple[Entity, ...], view: View, concluded: dict[str, int]
) -> tuple[Line, ...]:
    """The line of each condition that belongs to no rule, over a view and what the rules conclude in it."""
    scene = _scene(pack, entities, view, concluded)
    return tuple(_line(condition, scene, -1) for condition in conditions)


def truth(possible: Set, accept: Set) -> int:
    """Whether a field that may be anything in `possible` lies in `accept`."""
    if isinstance(possible, Words) and isinstance(accept, Words):
        common = possible.words & accept.words
        return NO if not common else YES if len(common) == len(possible.words) else CANNOT_TELL
    assert not isinstance(possible, Words)
    first = possible.intervals[0]
    if len(possible.intervals) == 1 and first.low == first.high:
        return YES if contains(accept, first.low) else NO
    return YES if subset(possible, accept) else NO if disjoint(possible, accept) else CANNOT_TELL


class _Scene(NamedTuple):
    view: View
    members: dict[str, list[int]]
    concluded: dict[str, int]


def _scene(pack: Pack, entities: tuple[Entity, ...], view: View, concluded: dict[str, int]) -> _Scene:
    return _Scene(view, _members(pack, entities), concluded)


def _members(pack: Pack, entities: tuple[Entity, ...]) -> dict[str, list[int]]:
    """The entities of each kind, by their index in the scenario."""
    members: dict[str, list[int]] = {kind: [] for kind in pack.vocabulary.kinds}
    for index, entity in enumerate(entities):
        members[entity.kind].append(index)
    return members


def _line(node: Condition, scene: _Scene, entity: int) -> Line:
    """The line of a condition; `entity` is the one a Count is asking about, or -1 at the top of a rule."""
    if isinstance(node, Test):
        at = entity if entity >= 0 else scene.members[node.field.entity][0]
        possible = scene.view[at][node.field.name]
        return TestLine(node, at, possible, truth(possible, node.accept))
    if isinstance(node, (All, Any)):
        children = tuple([_line(child, scene, entity) for child in node.children])
        states = [child.state for child in children]
        every = isinstance(node, All)
        return GroupLine(every, children, min(states) if every else max(states))
    if isinstance(node, Count):
        lines = tuple([(i, _line(node.where, scene, i)) for i in scene.members[node.kind]])
        least = sum(line.state == YES for _, line in lines)
        most = sum(line.state != NO for _, line in lines)
        accepted = sum(contains(node.accept, n) for n in range(least, most + 1))
        state = YES if accepted == most - least + 1 else CANNOT_TELL if accepted else NO
        return CountLine(node, lines, least, most, state)
    made = scene.concluded[node.name]
    return ConcludedLine(node, made, made if node.expected else YES - made)


def _holds(node: Condition, entity: int, world: World, members: dict[str, list[int]], concluded: set[str]) -> bool:
    """Whether a condition holds in one world; `entity` as in `_line`."""
    if isinstance(node, Test):
        field, accept = node.field, node.accept
        value = world[entity if entity >= 0 else members[field.entity][0]][field.name]
        return value in accept.words if isinstance(accept, Words) else contains(accept, value)
    if isinstance(node, All):
        for child in node.children:  # noqa: SIM110 - a generator would take twice as long
            if not _holds(child, entity, world, members, concluded):
                return False
        return True
    if isinstance(node, Any):
        for child in node.children:  # noqa: SIM110 - as above
            if _holds(child, entity, world, members, concluded):
                return True
        return False
    if isinstance(node, Count):
        passing = [i for i in members[node.kind] if _holds(node.where, i, world, members, concluded)]
        return contains(node.accept, len(passing))
    return (node.name in concluded) == node.expected
