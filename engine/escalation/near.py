"""Near misses: rules that did not fire, what would have had to be otherwise, and what they would have done.

For each rule the cheapest set of tests to flip is found by walking its lines in the assumed world: all children of an
All, the cheapest of an Any, as many entities as a count lacks, the makers of a conclusion. A test of an open fact is
cheaper than others, one of what a thing physically is dearer. Where one test is enough, the world in which it passes
says exactly which other rules switch with it. An exact search over combinations of facts is another module's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from escalation.assess import Assessment
from escalation.ledger import CANNOT_TELL, NO, YES, ConcludedLine, CountLine, GroupLine, Line, TestLine, decide
from escalation.rules import Rule
from escalation.scenario import assumed_world
from escalation.sets import Scalar, Set, complement, contains, disjoint, intersection, is_empty, nearest

__all__ = ["Miss", "misses"]

_Key: TypeAlias = tuple[int, str]  # entity, field


class Miss(NamedTuple):
    """A rule that did not fire in the assumed world.

    `open` if what is stated leaves it undecided. `failing` are the tests to flip, out of `tests` that it makes; `on`
    and `off` are the rules that switch with it where one test is enough (ids, in pack order).
    """

    rule: Rule
    open: bool
    failing: tuple[TestLine, ...]
    tests: int
    on: tuple[str, ...]
    off: tuple[str, ...]


def misses(found: Assessment) -> tuple[Miss, ...]:
    """The rules that could move the headline and did not fire, nearest first.

    Those that the stated facts leave undecided come first, then those with the cheapest tests to flip, then those with
    most points. A rule is left out if no change of a listed fact can reach it (it is about an entity that is not there)
    or if flipping its tests one by one makes others fail. A derived fact counts as one that can be moved by itself.
    """
    scale, flips_of = found.rating.scale, _Flips(found)
    near = []
    for stated, line in zip(found.ledger.rules, found.assumed_ledger.rules, strict=True):
        then = line.rule.then
        if line.state == YES or not then.bears_on(scale):
            continue
        flips = flips_of.to(line.line, True)
        joined = _joined(flips or [])
        if joined and flips_of.again(line.line, {_fact(flip): _target(found, flip) for flip in joined}):
            on, off = _switched(found, line.rule, joined)
            near.append(Miss(line.rule, stated.state == CANNOT_TELL, joined, _size(line.line, len(joined)), on, off))

    def order(miss: Miss) -> tuple[bool, float, int]:
        return not miss.open, flips_of.cost(miss.failing), -abs(miss.rule.then.points.get(scale, 0))

    return tuple(sorted(near, key=order))


class _Flips:
    """Finds the fewest tests to flip so that a line holds (or does not)."""

    def __init__(self, found: Assessment) -> None:
        self.rules, self.entities = found.assumed_ledger.rules, found.scenario.entities

    def cost(self, flips: Iterable[TestLine]) -> float:
        """What a set of flips costs: 1 each, less for an open fact, more for a physical one."""
        total = 0.0
        for flip in flips:
            fact = self.entities[flip.entity].facts[flip.test.field.name]
            total += 0.5 if fact.state == "open" else 1.5 if fact.field.changed_by == "physics" else 1
        return total

    def to(self, line: Line, wanted: bool) -> list[TestLine] | None:
        """The tests to flip, [] if the line is already as wanted, None if no flip makes it so."""
        if line.state == (YES if wanted else NO):
            return []
        if isinstance(line, TestLine):
            return [line] if _can(line.test.accept, line.test.field.domain, wanted) else None
        if isinstance(line, ConcludedLine):
            return self.conclusion(line, wanted == line.node.expected)
        if isinstance(line, CountLine):
            return self.count(line, wanted)
        parts = [self.to(child, wanted) for child in line.children]
        return _together(parts) if line.every == wanted else self.cheapest(parts)

    def count(self, line: CountLine, wanted: bool) -> list[TestLine] | None:
        """Entities made to pass or to fail, the cheapest first, until the number is accepted (or is not)."""
        options: list[list[TestLine] | None] = []
        for up in (True, False):
            ways = (self.to(inner, up) for _, inner in line.entities if (inner.state == YES) != up)
            costs = sorted((way for way in ways if way is not None), key=self.cost)
            for n in range(1, len(costs) + 1):
                if contains(line.count.accept, line.least + (n if up else -n)) == wanted:
                    options.append(_together(costs[:n]))
                    break
        return self.cheapest(options)

    def conclusion(self, line: ConcludedLine, made: bool) -> list[TestLine] | None:
        makers = [rule for rule in self.rules if line.node.name in rule.rule.then.conclude]
        parts = [self.to(maker.line, made) for maker in makers]
        return self.cheapest(parts) if made else _together(parts)

    def again(self, line: Line, values: dict[_Key, Scalar]) -> bool:
        """Whether a line holds with some facts at other values."""
        if isinstance(line, TestLine):
            key = _fact(line)
            return contains(line.test.accept, values[key]) if key in values else line.state == YES
        if isinstance(line, GroupLine):
            return (all if line.every else any)(self.again(child, values) for child in line.children)
        if isinstance(line, CountLine):
            return contains(line.count.accept, sum(self.again(inner, values) for _, inner in line.entities))
        makers = (rule for rule in self.rules if line.node.name in rule.rule.then.conclude)
        return any(self.again(maker.line, values) for maker in makers) == line.node.expected

    def cheapest(self, parts: Iterable[list[TestLine] | None]) -> list[TestLine] | None:
        return min((part for part in parts if part is not None), key=self.cost, default=None)


def _fact(line: TestLine) -> _Key:
    return line.entity, line.test.field.key


def _joined(flips: Iterable[TestLine]) -> tuple[TestLine, ...]:
    """The flips with one for each fact, as a test that fails; none if two of one fact cannot be met together."""
    joined: dict[_Key, TestLine] = {}
    for flip in flips:
        domain = flip.test.field.domain
        assert domain is not None
        wanted = complement(flip.test.accept, domain) if flip.state == YES else flip.test.accept
        before = joined.get(_fact(flip))
        both = intersection(wanted, before.test.accept) if before else wanted
        if is_empty(both):
            return ()
        joined[_fact(flip)] = flip._replace(test=flip.test._replace(accept=both), state=NO)
    return tuple(joined.values())


def _target(found: Assessment, line: TestLine) -> Scalar:
    """The nearest value at which a test that fails would pass."""
    field = line.test.field
    return nearest(line.test.accept, found.world[line.entity][field.name], field.step, field.order)


def _can(accept: Set, domain: Set | None, wanted: bool) -> bool:
    assert domain is not None
    return not (disjoint(accept, domain) if wanted else is_empty(complement(accept, domain)))


def _together(parts: Iterable[list[TestLine] | None]) -> list[TestLine] | None:
    every: list[TestLine] = []
    for part in parts:
        if part is None:
            return None
        every += part
    return every


def _size(line: Line, least: int) -> int:
    """How many tests a condition makes of one entity of each kind it asks about."""

    def size(line: Line) -> int:
        if isinstance(line, GroupLine):
            return sum(map(size, line.children)) if line.every else 1
        if isinstance(line, CountLine):
            return max((size(inner) for _, inner in line.entities), default=1)
        return 1

    return max(size(line), least)


def _switched(found: Assessment, rule: Rule, failing: tuple[TestLine, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The other rules that go on and off with the nearest single change, if that makes a rule fire."""
    if len(failing) != 1:
        return (), ()
    before, after = set(found.fired), _fired(found, failing[0])
    if rule.id not in after:
        return (), ()
    on = tuple(r.id for r in found.pack.rules if r.id != rule.id and r.id in after - before)
    return on, tuple(r.id for r in found.pack.rules if r.id in before - after)


def _fired(found: Assessment, line: TestLine) -> set[str]:
    """The ids of the rules that fire once a test that fails passes at the nearest value."""
    at, field, target = line.entity, line.test.field, _target(found, line)
    for change in found.changes:
        if (change.entity, change.field.key) == (at, field.key) and contains(change.values, target):
            return {rule.id for rule, state in zip(found.pack.rules, change.result.fired, strict=True) if state == YES}
    # a fact that is worked out, or a word of a list that is not stated: what it follows from is changed
    from escalation.edits import with_values

    changed = with_values(found.scenario, found.pack.vocabulary, [(at, field, target)])
    return set(decide(found.pack, changed.entities, assumed_world(changed)).fired)
