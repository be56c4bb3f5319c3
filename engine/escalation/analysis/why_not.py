"""Why a rule did not fire: everything that fails at once, what would satisfy it, and what firing would have done.

The nearest way to make the rule fire is the frame of the answer: its tests are listed with the value of each and what
would pass. What firing would have done is told twice: the rule's points added and nothing else; and the rule met
through its tests, where the changed facts switch other rules as well. Ratings have been through both engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import inf, prod
from typing import NamedTuple, TypeAlias

from escalation.analysis.rated import Json, Rated, head, mode, of, rated, rule_of, switched
from escalation.analysis.routes import Route, Routes, data
from escalation.analysis.ways import Leaf, Tally, Use, Way, distance, moves
from escalation.assess import Assessment
from escalation.edits import path_to
from escalation.facts import Fact
from escalation.ledger import CANNOT_TELL, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.rating import Arithmetic, arithmetic
from escalation.rules import PLACEHOLDER, Parameter, Rule, Test, walk
from escalation.sets import Numbers, Scalar, Set, complement, contains, intersection, is_empty, nearest
from escalation.trace import because, leaves, set_data

__all__ = ["Asked", "Conclusion", "Condition", "Met", "Number", "WhyNot", "why_not"]

_MOST_ROUTES = 3
_MOST_RATED = 96  # combinations of values rated one by one; past it only the nearest is shown
_EVERY = "every "  # a count of all entities is kept as a count of none that fails
_PARAMETER = re.compile(r"\$([a-z_0-9]+)")


class Condition(NamedTuple):
    """One test on the way: of which entity (None: one to be added), what it holds now, and what would pass.

    `passes` is every value that does, `nearest` the one at least distance; `spare` is the value at which a test that
    holds would fail (None if none would). `via` are the rules whose conclusions lead here.
    """

    path: str
    at: int | None
    fact: Fact | None
    value: Scalar
    test: Test
    wanted: bool
    holds: bool
    open: bool
    passes: Set
    nearest: Scalar | None
    spare: Scalar | None
    distance: float
    via: tuple[str, ...]


class Conclusion(NamedTuple):
    """A conclusion on the way: whether it must be made, whether it is as it must be, and the rules that make it."""

    name: str
    made: bool
    holds: bool
    makers: tuple[str, ...]
    via: tuple[str, ...]


class Number(NamedTuple):
    """A number of entities that must pass: how many do, out of how many, and how many too few or too many that is.

    `written` says what is asked; with "every" what passes is what the rule names, so `passing` counts that.
    """

    written: str
    kind: str
    passing: int
    total: int
    short: int
    over: int
    via: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the number is as it must be."""
        return not self.short and not self.over


class Met(NamedTuple):
    """Values of the changed facts that all come to the same: (fact or field, values) for each fact that may vary."""

    values: tuple[tuple[str, tuple[Set, ...]], ...]
    combinations: int
    after: Rated
    on: tuple[str, ...]
    off: tuple[str, ...]


Asked: TypeAlias = Condition | Conclusion | Number


class WhyNot(NamedTuple):
    """The answer for one rule.

    `fired` says whether it fired in the assumed world, `open` whether what is stated leaves it undecided. `alone` is
    the arithmetic with the rule added and no other change. `routes` are the nearest ways by which it fires, carried
    out, those that add or take away entities last; none means that no change was found, out of `ways`. `met` rates all
    values that the nearest route allows, empty where they are too many. `lines` are the numbers at which rules cut the
    fields tested, by field. `related` are rules that fired and would stop.
    """

    found: Assessment
    rule: Rule
    reason: str
    fired: bool
    open: bool
    conditions: tuple[Asked, ...]
    alone: tuple[Arithmetic, ...]
    ways: int
    routes: tuple[Route, ...]
    met: tuple[Met, ...]
    parameters: tuple[Parameter, ...]
    lines: tuple[tuple[str, tuple[int | float, ...]], ...]
    related: tuple[RuleLine, ...]

    def failing(self) -> tuple[Condition, ...]:
        """The tests that fail, nearest first."""
        found = (c for c in self.conditions if isinstance(c, Condition) and not c.holds)
        return tuple(sorted(found, key=lambda c: (c.at is None, c.distance)))

    def data(self) -> Json:
        """The answer as JSON data."""
        pack, rule = self.found.pack, self.rule
        return {
            **head([self.found]),
            "question": "why_not",
            "rule": rule.id,
            "title": rule.title,
            "fired": self.fired,
            "open": self.open,
            "because": self.reason,
            "conditions": [_condition(c) for c in self.conditions],
            "by_itself": Rated((), (), self.alone).data(pack),
            "now": of(self.found).data(pack),
            "routes": [data(self.found, route) for route in self.routes],
            "met": [
                {
                    "values": {path: [set_data(s) for s in sets] for path, sets in met.values},
                    "ratings": met.after.data(pack),
                    "on": list(met.on),
                    "off": list(met.off),
                }
                for met in self.met
            ],
            "parameters": [
                {"name": p.name, "value": p.value, "unit": p.unit, "dated": p.dated, "source": p.source}
                for p in self.parameters
            ],
            "related": [line.rule.id for line in self.related],
        }


def why_not(found: Assessment, rule_id: str) -> WhyNot:
    """Why a rule did not fire. Raises InputError (ASK-1) if there is no such rule."""
    rule = rule_of(found.pack, rule_id)
    index = next(i for i, one in enumerate(found.pack.rules) if one.id == rule_id)
    line = found.assumed_ledger.rules[index]
    finder = Routes(found)
    ways = finder.ways.of(rule.when)
    plain = [way for way in ways if not (way.added or way.removed)]
    routes = [
        route
        for some, most in ((plain, _MOST_ROUTES), ([way for way in ways if way.added or way.removed], 1))
        for route in finder.kept(some, lambda after: rule.id in after.fired, most)
    ]
    frame = routes[0].way if routes else ways[0] if ways else None
    conditions = tuple(_conditions(found, finder, frame)) if frame else tuple(_as_it_stands(found, finder, line))
    tests = [c.test for c in conditions if isinstance(c, Condition)]
    fired = rule.id in found.fired
    met = tuple(_met(found, finder, routes[0])) if routes and not fired else ()
    return WhyNot(
        found,
        rule,
        _reason(found, line),
        fired,
        found.ledger.rules[index].state == CANNOT_TELL,
        conditions,
        tuple(arithmetic(found.pack, (*found.fired, rule.id), scale) for scale in found.pack.scales),
        len(ways),
        tuple(routes),
        met,
        tuple(_parameters(found, tests)),
        tuple(_lines(found, conditions)),
        tuple(_related(found, routes, met)),
    )


def _reason(found: Assessment, line: RuleLine) -> str:
    """The rule's reason with the facts as they are; its title where there is no entity that the reason speaks of."""
    kinds = {entity.kind for entity in found.scenario.entities}
    told = all(not kind or kind in kinds for kind, _ in PLACEHOLDER.findall(line.rule.because))
    return because(found, line) if told else line.rule.title


def _conditions(found: Assessment, finder: Routes, way: Way) -> Iterator[Asked]:
    """The tests and conclusions of a way. What a conclusion that stands rests on is left out, unless it must change."""
    standing: set[tuple[str, ...]] = set()
    for step in way.steps:
        if isinstance(step, Use):
            holds = (step.node.name in found.concluded) == step.made
            makers = tuple(rule.id for rule in found.pack.rules if step.node.name in rule.then.conclude)
            standing |= {(*step.via, maker) for maker in makers} if holds else set()
            yield Conclusion(step.node.name, step.made, holds, makers, step.via)
        elif isinstance(step, Tally):
            number = _number(found, step)
            if step.via not in standing or not number.holds:
                yield number
        elif not _satisfied(finder, step) or step.via not in standing:
            yield _condition_of(found, finder, step)


def _number(found: Assessment, step: Tally) -> Number:
    lines = (line for rule in found.assumed_ledger.rules for line in _counts(rule.line))
    line = next(line for line in lines if line.count is step.node)
    passing, total = line.least, len(line.entities)
    every = step.node.written.startswith(_EVERY)
    return Number(
        step.node.written,
        step.node.kind,
        total - passing if every else passing,
        total,
        max(0, step.low - passing),
        max(0, passing - int(min(step.high, passing))),
        step.via,
    )


def _counts(line: Line) -> Iterator[CountLine]:
    if isinstance(line, CountLine):
        yield line
    for child in line.children if isinstance(line, GroupLine) else ():
        yield from _counts(child)


def _satisfied(finder: Routes, leaf: Leaf) -> bool:
    return contains(leaf.test.accept, finder.ways.home(leaf.at, leaf.test.field)) == leaf.wanted


def _condition_of(found: Assessment, finder: Routes, leaf: Leaf) -> Condition:
    field, value = leaf.test.field, finder.ways.home(leaf.at, leaf.test.field)
    assert field.domain is not None
    passes = intersection(leaf.test.accept, field.domain)
    fails = complement(leaf.test.accept, field.domain)
    if not leaf.wanted:
        passes, fails = fails, passes
    fact = found.scenario.entities[leaf.at].facts[field.name] if leaf.at >= 0 else None
    holds = contains(passes, value)
    near = nearest(passes, value, field.step, field.order)
    return Condition(
        path_to(found.scenario, found.pack.vocabulary, leaf.at, field.name) if leaf.at >= 0 else field.key,
        leaf.at if leaf.at >= 0 else None,
        fact,
        value,
        leaf.test,
        leaf.wanted,
        holds,
        fact is not None and fact.state == "open",
        passes,
        near,
        nearest(fails, value, field.step, field.order) if holds and not is_empty(fails) else None,
        distance(field, value, near),
        leaf.via,
    )


def _as_it_stands(found: Assessment, finder: Routes, line: RuleLine) -> Iterator[Asked]:
    """The tests of a rule that no change of facts makes fire."""
    for leaf in leaves(line.line):
        if isinstance(leaf, TestLine):
            yield _condition_of(found, finder, Leaf(leaf.test, leaf.entity, True, ()))


def _met(found: Assessment, finder: Routes, route: Route) -> Iterator[Met]:
    """Every combination of values that the route allows, in groups that come to the same; nothing if they are many."""
    steps = moves(route.way)
    if not steps or prod(len(_pieces(found, m.field.key, m.accept)) for m in steps) > _MOST_RATED:
        return
    groups: dict[object, list[tuple[Set, ...]]] = {}
    results: dict[object, Rated] = {}
    for pieces in product(*(_pieces(found, m.field.key, m.accept) for m in steps)):
        values = {
            (m.at, m.field.name): nearest(piece, m.home, m.field.step, m.field.order)
            for m, piece in zip(steps, pieces, strict=True)
        }
        after = rated(found.pack, finder.ways.carried_out(route.way, values), mode(found))
        same = (after.fired, tuple((sums.level, sums.total) for sums in after.scales))
        groups.setdefault(same, []).append(pieces)
        results[same] = after
    for key, combinations in groups.items():
        values_of = (tuple(dict.fromkeys(pieces)) for pieces in zip(*combinations, strict=True))
        paths = (_path(found, m.at, m.field.name, m.field.key) for m in steps)
        on, off = switched(finder.before, results[key])
        yield Met(tuple(zip(paths, values_of, strict=True)), len(combinations), results[key], on, off)


def _path(found: Assessment, at: int, name: str, key: str) -> str:
    return path_to(found.scenario, found.pack.vocabulary, at, name) if at >= 0 else key


def _pieces(found: Assessment, key: str, accept: Set) -> list[Set]:
    """The runs of values of a field that no rule tells apart, as far as they lie in a set."""
    pieces = (intersection(piece, accept) for piece in found.board.grid.bins.get(key, (accept,)))
    return [piece for piece in pieces if not is_empty(piece)]


def _parameters(found: Assessment, tests: list[Test]) -> Iterator[Parameter]:
    names = dict.fromkeys(name for test in tests for name in _PARAMETER.findall(test.written))
    return (found.pack.parameters[name] for name in names if name in found.pack.parameters)


def _lines(found: Assessment, conditions: tuple[Asked, ...]) -> Iterator[tuple[str, tuple[int | float, ...]]]:
    """For each number tested: every line that a rule of the pack draws over it."""
    keys = dict.fromkeys(
        c.test.field.key for c in conditions if isinstance(c, Condition) and isinstance(c.passes, Numbers)
    )
    for key in keys:
        tests = (n for rule in found.pack.rules for n in walk(rule.when) if isinstance(n, Test) and n.field.key == key)
        ends = {
            end
            for test in tests
            for i in (test.accept.intervals if isinstance(test.accept, Numbers) else ())
            for end in (i.low, i.high)
        }
        yield key, tuple(sorted(end for end in ends if abs(end) != inf))


def _related(found: Assessment, routes: list[Route], met: tuple[Met, ...]) -> Iterator[RuleLine]:
    """Rules that fired on the facts that fail here, and would stop."""
    stop = {rule for off in (*(route.off for route in routes[:1]), *(one.off for one in met)) for rule in off}
    return (line for line in found.assumed_ledger.rules if line.rule.id in stop)


def _condition(found: Asked) -> Json:
    if isinstance(found, Number):
        return {**found._asdict(), "holds": found.holds, "via": list(found.via)}
    if isinstance(found, Conclusion):
        return {
            "concluded": found.name,
            "wanted": found.made,
            "holds": found.holds,
            "makers": list(found.makers),
            "via": list(found.via),
        }
    fact = found.fact
    return {
        "fact": found.path,
        "test": found.test.written,
        "wanted": found.wanted,
        "holds": found.holds,
        "open": found.open,
        "value": found.value,
        "passes": set_data(found.passes),
        "nearest": found.nearest,
        "fails_at": found.spare,
        "distance": round(found.distance, 6),
        "changed_by": found.test.field.changed_by,
        "state": fact.state if fact else None,
        "status": fact.status if fact else None,
        "source": (fact.source or None) if fact else None,
        "grade": (fact.grade or None) if fact else None,
        "line": fact.mark.line if fact else None,
        "via": list(found.via),
    }
