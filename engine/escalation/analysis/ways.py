"""Ways to make a condition hold (or fail): which facts would have to be what.

A condition is worked out into alternatives. Each alternative, a `Way`, says for some facts the set that the value must
lie in, for each test which way it must come out, and which entities must be added or taken away. All takes the product
of its children's ways and drops those that ask for the impossible; Any takes their union; a conclusion asks for one of
its makers, or for the failure of all. Fields derived from others are seen through. Ways that change what is there come
before those that add or take away; among each, nearest first: fewest changes, then least distance. A way is a
proposal: `routes.py` carries it out and rates it before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple, TypeAlias

from escalation.assess import Assessment
from escalation.edits import new_entity, path_to, with_entity, with_values, without
from escalation.rules import All, Any, Concluded, Condition, Count, Test, walk
from escalation.scenario import Entity, Scenario
from escalation.sets import (
    Numbers,
    Scalar,
    Set,
    complement,
    contains,
    disjoint,
    intersection,
    interval,
    is_empty,
    nearest,
    whole,
)
from escalation.unfold import inputs_of, unfolded
from escalation.vocabulary import Field

__all__ = ["ALONE", "FIRST_NEW", "MOST", "Leaf", "Move", "Need", "Tally", "Use", "Way", "Ways", "distance", "moves"]

ALONE = -1
"""Stands for the entity of a test outside of counts."""
FIRST_NEW = -2
"""Stands for the first new entity; the next is one less."""
MOST = 64
"""Ways kept at each step unless fewer are asked for, the nearest ones; what is left out is farther."""
_MOST_NEW = 5


class Leaf(NamedTuple):
    """One test of one entity (an index, or FIRST_NEW and below) that must hold, or fail if not `wanted`.

    `via` are the ids of the rules whose conclusions lead from the rule asked about to this test.
    """

    test: Test
    at: int
    wanted: bool
    via: tuple[str, ...]


class Use(NamedTuple):
    """A conclusion that must be made, or must not; `via` as for `Leaf`."""

    node: Concluded
    made: bool
    via: tuple[str, ...]


class Tally(NamedTuple):
    """A number of entities that must pass, between `low` and `high` (inf: any number); `via` as for `Leaf`."""

    node: Count
    low: int
    high: float
    via: tuple[str, ...]


class Need(NamedTuple):
    """The set that one fact must lie in; `home` is its value now, `changes` and `distance` what that costs."""

    field: Field
    accept: Set
    home: Scalar
    changes: int
    distance: float


Needs: TypeAlias = dict[tuple[int, str], Need]
Steps: TypeAlias = tuple[Leaf | Use | Tally, ...]


class Way(NamedTuple):
    """One way; see the module's docstring. `added` are kinds of new entities, `removed` indices of old ones."""

    needs: Needs
    steps: Steps
    added: tuple[str, ...]
    removed: tuple[int, ...]
    changes: int
    distance: float


class Move(NamedTuple):
    """One fact to be changed: what it must lie in, and the value there nearest to what it is."""

    at: int
    field: Field
    accept: Set
    value: Scalar
    home: Scalar


_NOTHING = Way({}, (), (), (), 0, 0.0)


def moves(way: Way) -> list[Move]:
    """The facts that a way changes, nearest first; new entities come last."""
    found = [
        Move(at, need.field, need.accept, nearest(need.accept, need.home, need.field.step, need.field.order), need.home)
        for (at, _), need in way.needs.items()
        if not contains(need.accept, need.home)
    ]
    return sorted(found, key=lambda m: (m.at < 0, distance(m.field, m.home, m.value)))


def distance(field: Field, home: Scalar, target: Scalar) -> float:
    """How far a change goes, from 0 to 1: steps along an order, or the relative difference of two numbers."""
    if home == target:
        return 0.0
    if isinstance(home, (str, bool)) or isinstance(target, (str, bool)):
        if home in field.order and target in field.order:
            return abs(field.order.index(str(home)) - field.order.index(str(target))) / (len(field.order) - 1)
        return 1.0
    return min(1.0, abs(target - home) / max(abs(target), abs(home), field.step))


class Ways:
    """Finds the ways for the conditions of one assessment, from its assumed world."""

    def __init__(self, found: Assessment, most: int = MOST) -> None:
        self.found, self.pack, self.scenario, self.most = found, found.pack, found.scenario, most
        self.fresh: dict[str, Entity] = {}

    def of(self, node: Condition, wanted: bool = True) -> list[Way]:
        """The ways to make the condition of a rule hold (or fail, if not `wanted`), nearest first.

        Ways with further entities come last: as few as are needed, of one of the kinds that the condition counts.
        """
        found = _Solver(self, ()).ways(node, wanted, ALONE, ())
        for kind in self.counted(node):
            for number in range(1, _MOST_NEW + 1):
                added = (kind,) * number
                places = {FIRST_NEW - i for i in range(number)}
                further = [
                    way._replace(added=added, changes=way.changes + number)
                    for way in _Solver(self, added).ways(node, wanted, ALONE, ())
                    if places <= {at for at, _ in way.needs}
                ]
                if further:
                    found += further
                    break
        return _nearest(found, self.most)

    def counted(self, node: Condition) -> list[str]:
        """The kinds of which a condition, or a rule whose conclusion it uses, counts the entities."""
        nodes, seen = [node], set[str]()
        kinds: dict[str, None] = {}
        while nodes:
            for inner in walk(nodes.pop()):
                if isinstance(inner, Count) and self.pack.vocabulary.kinds[inner.kind].many:
                    kinds[inner.kind] = None
                elif isinstance(inner, Concluded) and inner.name not in seen:
                    seen.add(inner.name)
                    nodes += [rule.when for rule in self.pack.rules if inner.name in rule.then.conclude]
        return list(kinds)

    def carried_out(self, way: Way, values: Mapping[tuple[int, str], Scalar] | None = None) -> Scenario:
        """The scenario after a way, each fact moved to the nearest value, or to the one given."""
        found, vocabulary = self.scenario, self.pack.vocabulary
        steps = [(m.at, m.field, (values or {}).get((m.at, m.field.name), m.value)) for m in moves(way)]
        gone = [path_to(found, vocabulary, at) for at in way.removed]
        found = with_values(found, vocabulary, [step for step in steps if step[0] >= 0])
        for path in gone:
            found = without(found, vocabulary, path)
        for number, kind in enumerate(way.added):
            stated = {field.name: value for at, field, value in steps if at == FIRST_NEW - number}
            found = with_entity(found, vocabulary, kind, stated)
        return found

    def home(self, at: int, field: Field) -> Scalar:
        """The value of a fact in the assumed world, or what a new entity has unless it is stated."""
        if at >= 0:
            return self.found.world[at][field.name]
        if field.entity not in self.fresh:
            self.fresh[field.entity] = new_entity(self.scenario, self.pack.vocabulary, field.entity, {})
        value = self.fresh[field.entity].facts[field.name].best
        assert not isinstance(value, tuple)
        return value


class _Solver:
    """Works out a condition over the entities of a scenario and some further ones, `added` by kind."""

    def __init__(self, base: Ways, added: tuple[str, ...]) -> None:
        self.base, self.rules, self.kinds, self.most = base, base.pack.rules, base.pack.vocabulary.kinds, base.most
        self.fields, self.entities = base.pack.vocabulary.fields, base.scenario.entities
        self.members: dict[str, list[int]] = {kind: [] for kind in self.kinds}
        for at, entity in enumerate(self.entities):
            self.members[entity.kind].append(at)
        for number, kind in enumerate(added):
            self.members[kind].append(FIRST_NEW - number)

    def ways(self, node: Condition, wanted: bool, at: int, via: tuple[str, ...]) -> list[Way]:
        """The ways for one node; `at` is the entity that a count asks about, ALONE outside of counts."""
        if isinstance(node, Test):
            return self.test(node, wanted, at, via)
        if isinstance(node, (All, Any)):
            parts = [self.ways(child, wanted, at, via) for child in node.children]
            return (
                self.every(parts)
                if isinstance(node, All) == wanted
                else self.nearest(w for part in parts for w in part)
            )
        if isinstance(node, Count):
            accept = node.accept if wanted else complement(node.accept, interval(0))
            assert isinstance(accept, Numbers)
            runs = [(int(i.low), i.high) for i in whole(accept).intervals]
            return self.nearest(way for low, high in runs for way in self.count(node, low, high, via))
        return self.conclusion(node, wanted == node.expected, via)

    def test(self, node: Test, wanted: bool, at: int, via: tuple[str, ...]) -> list[Way]:
        entity = self.members[node.field.entity][0] if at == ALONE else at
        step = Leaf(node, entity, wanted, via)
        if inputs_of(node.field, self.fields):
            seen = self.ways(unfolded(node, self.fields), wanted, entity, via)
            return [way._replace(steps=(step,)) for way in seen]
        assert node.field.domain is not None
        accept = intersection(node.accept, node.field.domain) if wanted else complement(node.accept, node.field.domain)
        if is_empty(accept):
            return []
        need = self.need(entity, node.field, accept)
        return [Way({(entity, node.field.name): need}, (step,), (), (), need.changes, need.distance)]

    def every(self, parts: Iterable[list[Way]]) -> list[Way]:
        """The ways to have one way of each part, with what contradicts itself left out."""
        found = [_NOTHING]
        for part in parts:
            joined = (self.joined(a, b) for a in found for b in part)
            found = self.nearest(way for way in joined if way is not None)
        return found

    def count(self, node: Count, low: int, high: float, via: tuple[str, ...]) -> list[Way]:
        """Ways to have between `low` and `high` entities that pass, built up entity by entity.

        An entity that nothing depends on is left alone: one too few to matter where there is no upper end, one too many
        where there is no lower end.
        """
        if low == 0 and high == inf:
            return [_NOTHING]
        kind = self.kinds[node.kind]
        spare = sum(at >= 0 for at in self.members[node.kind]) - kind.at_least if kind.many else 0
        passing: dict[int, list[Way]] = {0: [_NOTHING]}  # number that pass for certain -> ways so far
        for at in self.members[node.kind]:
            fails = [_NOTHING] if high == inf else self.ways(node.where, False, at, via)
            gone = [Way({}, (), (), (at,), 1, 0.0)] if high < inf and spare > 0 and at >= 0 else []
            passes = [_NOTHING] if low == 0 else self.ways(node.where, True, at, via)
            grown: dict[int, list[Way]] = {}
            for number, ways in passing.items():
                for more, parts in ((0, [*fails, *gone]), (1, passes)):
                    if number + more <= (low if high == inf else high):
                        grown.setdefault(number + more, []).extend(self.every([ways, parts]))
            passing = {number: self.nearest(ways) for number, ways in grown.items()}
        found = (way for number, ways in passing.items() if low <= number <= high for way in ways)
        allowed = (way for way in found if sum(self.entities[at].kind == node.kind for at in way.removed) <= spare)
        return [way._replace(steps=(Tally(node, low, high, via), *way.steps)) for way in self.nearest(allowed)]

    def conclusion(self, node: Concluded, made: bool, via: tuple[str, ...]) -> list[Way]:
        makers = [rule for rule in self.rules if node.name in rule.then.conclude]
        parts = [self.ways(rule.when, made, ALONE, (*via, rule.id)) for rule in makers]
        found = self.nearest(way for part in parts for way in part) if made else self.every(parts)
        return [way._replace(steps=(Use(node, made, via), *way.steps)) for way in found]

    def joined(self, a: Way, b: Way) -> Way | None:
        """Both ways at once, or None if they contradict each other."""
        if a is _NOTHING or b is _NOTHING:
            return b if a is _NOTHING else a
        needs = dict(a.needs)
        changes, far = a.changes, a.distance
        for key, need in b.needs.items():
            both = need
            if old := needs.get(key):
                accept = intersection(old.accept, need.accept)
                if is_empty(accept):
                    return None
                both = self.need(key[0], need.field, accept)
                changes, far = changes - old.changes, far - old.distance
            needs[key] = both
            changes, far = changes + both.changes, far + both.distance
        removed = tuple(sorted({*a.removed, *b.removed})) if a.removed or b.removed else ()
        if removed and any(at in removed for at, _ in needs):
            return None
        changes += len(removed) - len(a.removed)
        return Way(needs, (*a.steps, *b.steps), (), removed, changes, far)

    def nearest(self, ways: Iterable[Way]) -> list[Way]:
        """The nearest of some ways, as many as are kept at each step."""
        return _nearest(ways, self.most)

    def need(self, at: int, field: Field, accept: Set) -> Need:
        """A need with its cost. What is open and may already be as needed is no distance away."""
        home = self.base.home(at, field)
        if contains(accept, home):
            return Need(field, accept, home, 0, 0.0)
        fact = self.entities[at].facts[field.name] if at >= 0 else None
        if fact is not None and fact.possible is not None and not disjoint(fact.possible, accept):
            return Need(field, accept, home, 1, 0.0)
        far = distance(field, home, nearest(accept, home, field.step, field.order))
        return Need(field, accept, home, int(at >= 0), far)


def _nearest(ways: Iterable[Way], most: int) -> list[Way]:
    """The nearest of some ways, each once: `most` that change what is there, and a quarter as many others."""
    ordered = sorted(ways, key=lambda way: (len(way.added) + len(way.removed), way.changes, way.distance))
    same: list[Way] = []
    other: list[Way] = []
    known: set[object] = set()
    for way in ordered:
        kept, room = (other, 1 + most // 4) if way.added or way.removed else (same, most)
        if len(kept) >= room:
            continue
        key = (frozenset((at, name, need.accept) for (at, name), need in way.needs.items()), way.added, way.removed)
        if key not in known:
            known.add(key)
            kept.append(way)
    return same + other
