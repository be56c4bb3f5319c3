"""What a pack becomes before durable-rules sees it: numbered subjects, and native rules of one safe shape.

The library is fast and, outside a narrow path, not memory-safe; this module keeps to that path by construction. It is
pure: `rete.py` alone touches the library. Read `plan` first, then `_Planner.body`. Five ideas carry it.

- A *subject* is whatever a native rule can ask for a fact about: a kind of entity, a conclusion, a helper, a tally, a
  gate. A fact names its subject by number; `rete_codes.py` says how its values are sent.
- A rule becomes *bodies* that each suffice: patterns that never want the same fact twice and never refer to one
  another. Any inside All becomes a helper that its branches conclude, so size stays linear.
- A count that is alone in its body is a pattern (some) or a negated pattern (none). Any other is a *tally*: one native
  rule marks each entity that passes; the adapter counts the marks and states the count as a fact.
- A negated pattern is decided when the last positive one arrives, so the last is a *gate*: a fact stated once
  everything negated in that stratum is known.
- The library follows at most 64 branches at once for one fact. Patterns on a subject are dealt, by a test that is
  always true, into as few buckets of 32 as hold them; hence at most 32 buckets, or 1,024 patterns.
"""

import json
from collections.abc import Hashable, Iterator
from itertools import accumulate, product
from math import prod
from typing import Any as Json
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.rete_codes import Column, Goal, Plan, Sender, Shape, shape
from escalation.rules import COUNTS, All, Any, Concluded, Condition, Count, Rule, Test
from escalation.sets import Set, Words, interval, only
from escalation.vocabulary import Field

__all__ = ["plan"]

BUCKET = 32  # patterns in a bucket, and buckets of a subject: 31 waiting buckets and 32 patterns are under 64 branches
GROUP = 64  # subjects behind one test of `group`: the library hangs on 512 different tests side by side
WAYS = 16  # alternatives of one condition on an entity that are matched natively

MOST_RULES = 4_096  # the warm-up rule included
MOST_SUBJECTS = 500 * GROUP
MOST_PATTERNS = BUCKET * BUCKET  # on one subject
MOST_COLUMNS = 248  # of one fact: 254 fields less those that every fact has
MOST_TOGETHER = 16  # positive patterns of one native rule, the gate included

Demand: TypeAlias = tuple[Hashable, Set]
"""A column of a subject (a field's name, or the shape of a condition) and the set it must lie in."""
Ways: TypeAlias = tuple[tuple[Demand, ...], ...]
"""Alternatives, each a list of demands that one entity must meet together."""


class Pattern(NamedTuple):
    """One fact about `subject` that meets every demand."""

    subject: int
    demands: tuple[Demand, ...] = ()


class Body(NamedTuple):
    """What together suffices to fire: facts that must be there (the last may be a gate), then facts that must not."""

    some: tuple[Pattern, ...]
    none: tuple[Pattern, ...] = ()


def plan(pack: Pack) -> Plan:
    """Plan the native rules of a pack. Raises InputError where a limit of the library would be exceeded."""
    planner = _Planner()
    for i, (rule, stratum) in enumerate(zip(pack.rules, pack.strata, strict=True)):
        planner.rule = rule
        for body in planner.bodies(rule.when, stratum):
            planner.add(body, Goal(rule=i))
    planner.settle()
    return planner.plan(pack)


def inlined(count: Count, parts: list[Condition]) -> bool:
    """Whether a count can be a pattern itself, given all `parts` of its body: only if no other part asks for an entity.

    A native match uses a fact once, so of two patterns on one kind neither could share an entity with the other, nor
    be blocked by it; and with two counts in a body its matches would multiply.
    """
    others = [part for part in parts if part is not count]
    return not any(isinstance(p, Count) or (isinstance(p, Test) and p.field.entity == count.kind) for p in others)


def gate_of(stratum: int) -> int:
    """The stratum whose gate the negations of a rule wait for: its own, since all it negates is decided before it."""
    return stratum


class _Native(NamedTuple):
    """One native rule, and the rule of the pack to name if it goes past a limit."""

    body: Body
    goal: Goal
    rule: Rule

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        return self.body.some + self.body.none


class _Planner:
    """Collects subjects and native rules, then settles how each column is sent. `rule` is the one being planned."""

    rule: Rule

    def __init__(self) -> None:
        self.subjects: dict[tuple[str, Hashable], int] = {}  # (what, which) -> number
        self.natives: list[_Native] = []
        self.tallies: list[int] = []  # the subject each count is stated about; -1 where it only marks what was seen
        self.seen: dict[str, int] = {}
        self.fields: dict[tuple[int, Hashable], Field] = {}  # (subject, column) -> field
        self.derived: dict[tuple[int, Hashable], Shape] = {}
        self.columns: list[dict[Hashable, Column]] = []
        self.dealers: list[_Dealer] = []

    def add(self, body: Body, goal: Goal) -> None:
        self.natives.append(_Native(body, goal, self.rule))

    # -- subjects

    def subject(self, what: str, which: Hashable) -> tuple[int, bool]:
        """The number of a subject, and whether it is new."""
        new = (what, which) not in self.subjects
        return self.subjects.setdefault((what, which), len(self.subjects)), new

    def kind(self, name: str) -> int:
        number, new = self.subject("kind", name)
        if new:
            self.seen[name] = len(self.tallies)
            self.tallies.append(-1)
            self.add(Body((Pattern(number),)), Goal(tally=self.seen[name]))
        return number

    def helper(self, node: Any, stratum: int) -> int:
        """The subject of a fact that is stated when any branch of `node` holds."""
        bodies = self.bodies(node, stratum)
        number, new = self.subject("helper", bodies)
        for body in bodies if new else ():
            self.add(body, Goal(facts=(number,)))
        return number

    def tally(self, kind: int, ways: Ways) -> int:
        """The subject of a fact that states how many entities of a kind pass in one of these ways."""
        number, new = self.subject("tally", (kind, ways))
        if new:
            for way in ways:
                self.add(Body((Pattern(kind, way),)), Goal(tally=len(self.tallies)))
            self.tallies.append(number)
            self.fields[number, _TALLY.name] = _TALLY
            self.add(Body((Pattern(number),)), Goal())  # whatever the count, the library must store it
        return number

    # -- the condition of a rule

    def bodies(self, node: Condition, stratum: int) -> tuple[Body, ...]:
        """The bodies that each suffice for a condition of a rule of this stratum."""
        if isinstance(node, Any):
            return tuple(body for child in node.children for body in self.bodies(child, stratum))
        body = self.body(list(_together(node)), stratum)
        return (body,) if body else ()

    def body(self, parts: list[Condition], stratum: int) -> Body | None:
        """The body of conditions that hold together, or None if they cannot."""
        some: list[Pattern] = []
        none: list[Pattern] = []
        single: dict[int, list[Demand]] = {}  # subjects of which there is one fact at most, hence one pattern
        for part in parts:
            if isinstance(part, Test):
                kind = self.kind(part.field.entity)
                single.setdefault(kind, []).append(self.demand(kind, part))
            elif isinstance(part, Concluded):
                number, _ = self.subject("conclusion", part.name)
                if part.expected:
                    single.setdefault(number, [])
                else:
                    none.append(Pattern(number))
            elif isinstance(part, Count):
                kind = self.kind(part.kind)
                ways = self.ways(kind, part.where)
                if part.accept in (_SOME, _NONE) and len(ways) == 1 and inlined(part, parts):
                    (some if part.accept == _SOME else none).append(Pattern(kind, ways[0]))
                else:
                    single.setdefault(self.tally(kind, ways), []).append((_TALLY.name, part.accept))
            else:
                assert isinstance(part, Any)
                single.setdefault(self.helper(part, stratum), [])
        if any(not blocker.demands and blocker.subject in single for blocker in none):
            return None  # concluded and not concluded: the fact bound by one would not block the other
        some += [Pattern(number, tuple(dict.fromkeys(demands))) for number, demands in single.items()]
        if none or not some:
            some.append(Pattern(self.subject("gate", gate_of(stratum))[0]))
        return Body(tuple(some), tuple(none))

    # -- conditions on one entity

    def demand(self, kind: int, test: Test) -> Demand:
        self.fields[kind, test.field.name] = test.field
        return test.field.name, test.accept

    def ways(self, kind: int, node: Condition) -> Ways:
        """The ways in which one entity can satisfy `node`; where they would be many, parts are derived instead."""
        if isinstance(node, Test):
            return ((self.demand(kind, node),),)
        assert isinstance(node, (All, Any))
        below = [self.ways(kind, child) for child in node.children]
        if isinstance(node, Any):
            found = tuple(dict.fromkeys(way for ways in below for way in ways))
            return found if len(found) <= WAYS else self.derive(kind, node)
        if prod(map(len, below)) > WAYS:
            parts = zip(below, node.children, strict=True)
            below = [ways if len(ways) == 1 else self.derive(kind, child) for ways, child in parts]
        return tuple(tuple(dict.fromkeys(demand for way in choice for demand in way)) for choice in product(*below))

    def derive(self, kind: int, node: Condition) -> Ways:
        """One way, by a column of 0 and 1 that says whether the entity satisfies `node`."""
        column = shape(node)
        self.fields[kind, column] = _DERIVED
        self.derived[kind, column] = column
        return (((column, only(True)),),)

    # -- from symbols to numbers

    def settle(self) -> None:
        """Settle how columns are sent and patterns dealt. Raises InputError for limits of the library exceeded."""
        self.columns = [{} for _ in self.subjects]
        patterns = [0] * len(self.subjects)
        for pattern in (pattern for native in self.natives for pattern in native.patterns):
            patterns[pattern.subject] += 1
            columns = self.columns[pattern.subject]
            for name, accept in pattern.demands:
                columns.setdefault(name, Column(self.fields[pattern.subject, name])).accepts[accept] = []
        for columns in self.columns:
            first = 0
            for column in columns.values():
                first += column.settle(first)
        self.dealers = [_Dealer(dealt) for dealt in patterns]
        self.check()

    def check(self) -> None:
        problems = Problems()

        def limit(code: str, rule: Rule, what: str, most: int) -> None:
            help = "split the rule or the pack; --engine ledger runs without the library and has no such limit"
            problems.add(code, f"rule {rule.id} goes past {most:,} {what} in durable-rules", rule.mark, help)

        if len(self.natives) >= MOST_RULES:
            limit("PACK-20", self.natives[MOST_RULES - 1].rule, "native rules", MOST_RULES)
        if len(self.subjects) > MOST_SUBJECTS:
            limit("PACK-20", self.natives[-1].rule, "subjects", MOST_SUBJECTS)
        patterns = [0] * len(self.subjects)
        over = {number: name for number, columns in enumerate(self.columns) for name in _over(columns)}
        for native in self.natives:
            for number, demands in native.patterns:
                patterns[number] += 1
                if patterns[number] == MOST_PATTERNS + 1:
                    limit("PACK-21", native.rule, "patterns on one kind of fact", MOST_PATTERNS)
                if number in over and any(name == over[number] for name, _ in demands):
                    del over[number]
                    limit("PACK-22", native.rule, "fields of one kind of fact", MOST_COLUMNS)
            if len(native.body.some) > MOST_TOGETHER:
                limit("PACK-23", native.rule, "conditions that hold together", MOST_TOGETHER)
        problems.stop()

    def plan(self, pack: Pack) -> Plan:
        rules: dict[str, Json] = {"0": {"all": [{"p0": {"warm": 1}}]}}
        for i, native in enumerate(self.natives, 1):
            # A capture name that hashes to slot 0 lets a late fact cancel matches of other rules; p0 to p15 do not.
            some = [{f"p{k}": self.native(pattern)} for k, pattern in enumerate(native.body.some)]
            none = [{f"q{k}$not": self.native(pattern)} for k, pattern in enumerate(native.body.none)]
            rules[str(i)] = {"all": [*some, *none]}
        return Plan(
            json.dumps(rules),
            (Goal(), *(self.goal(native.goal, pack) for native in self.natives)),
            tuple(self.sender(number, columns) for number, columns in enumerate(self.columns)),
            {str(which): number for (what, which), number in self.subjects.items() if what == "kind"},
            len(self.tallies),
            self.seen,
            tuple((tally, number) for tally, number in enumerate(self.tallies) if number >= 0),
            tuple(self.subjects["gate", s] for s in sorted({*pack.strata, 0}) if ("gate", s) in self.subjects),
        )

    def native(self, pattern: Pattern) -> Json:
        """A pattern in the library's grammar."""
        number, columns = pattern.subject, self.columns[pattern.subject]
        tests = [test for name, accept in pattern.demands for test in columns[name].accepts[accept]]
        bucket = {"$gte": {"one": -self.dealers[number].bucket()}}
        return {"$and": [{"group": number // GROUP}, {"subject": number}, bucket, *tests]}

    def goal(self, goal: Goal, pack: Pack) -> Goal:
        """The goal with the facts that some native rule asks for; those of a rule of the pack are its conclusions."""
        made = [("conclusion", name) for name in pack.rules[goal.rule].then.conclude] if goal.rule >= 0 else []
        facts = [*goal.facts, *(self.subjects[key] for key in made if key in self.subjects)]
        return goal._replace(facts=tuple(number for number in facts if self.dealers[number].patterns))

    def sender(self, number: int, columns: dict[Hashable, Column]) -> Sender:
        head = f'{{"id":"%06d","group":{number // GROUP},"subject":{number},"one":1'
        plain = tuple((name, column.codes) for name, column in columns.items() if isinstance(name, str))
        derived = tuple((self.derived[number, n], c.codes) for n, c in columns.items() if not isinstance(n, str))
        return Sender(head, plain, derived)


_SOME, _NONE = interval(1), interval(0, 0)
_TALLY = Field("", "count", "count", "count", "integer", COUNTS)
_DERIVED = Field("", "derived", "derived", "derived", "flag", Words(frozenset((True, False))))


class _Dealer:
    """Deals the patterns on a subject into as few buckets as hold them."""

    def __init__(self, patterns: int) -> None:
        self.patterns = patterns
        self.buckets = -(-patterns // BUCKET)
        self.dealt = 0

    def bucket(self) -> int:
        self.dealt += 1
        return self.dealt % self.buckets


def _over(columns: dict[Hashable, Column]) -> list[Hashable]:
    """The column with which these, in the order they were asked for, become too many; none if they do not."""
    widths = accumulate(column.width for column in columns.values())
    return [name for name, width in zip(columns, widths, strict=True) if width > MOST_COLUMNS][:1]


def _together(node: Condition) -> Iterator[Condition]:
    """The parts of nested Alls, which hold together."""
    if isinstance(node, All):
        for child in node.children:
            yield from _together(child)
    else:
        yield node
