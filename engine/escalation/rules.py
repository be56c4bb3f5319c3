"""Rules as records: five kinds of node, and what a rule does when its condition holds.

A condition is a tree of `Test` (one field in one set), `Count` (how many entities pass), `Concluded`, `All` and
`Any`. There is no Not: negation complements the set, and turns All into Any. Interpreters (ledger, Rete, kernel,
prover) know the five nodes only. `operators.py` has the rows from which tests are made, `conditions.py` parses what
rule authors write.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark
from escalation.sets import Numbers, Set, complement, interval, whole
from escalation.vocabulary import Field

__all__ = [
    "PLACEHOLDER",
    "All",
    "Any",
    "Chain",
    "Concluded",
    "Condition",
    "Count",
    "Note",
    "Outcome",
    "Parameter",
    "Rule",
    "Test",
    "Then",
    "chained",
    "negate",
    "walk",
]

PLACEHOLDER = re.compile(r"\{(?:([a-z_]+)\.)?([a-z_0-9]+)\}")
"""`{kind.field}` or `{parameter}` in the texts of a rule."""
COUNTS = interval(0)  # every number of entities there can be


class Test(NamedTuple):
    """Whether the value of `field` lies in `accept`. `written` is the test as a sentence, for the trace only."""

    field: Field
    accept: Set
    written: str
    mark: Mark


class Count(NamedTuple):
    """Whether the number of entities of `kind` that satisfy `where` lies in `accept` (whole numbers)."""

    kind: str
    where: "Condition"
    accept: Numbers
    written: str
    mark: Mark


class Concluded(NamedTuple):
    """Whether some rule has concluded `name` (`expected` true), or none has (false)."""

    name: str
    expected: bool
    mark: Mark


class All(NamedTuple):
    """Every child holds."""

    children: tuple["Condition", ...]


class Any(NamedTuple):
    """At least one child holds."""

    children: tuple["Condition", ...]


Condition: TypeAlias = Test | Count | Concluded | All | Any


class Note(NamedTuple):
    """A line that a fired rule adds to a panel of the report; it never touches the rating."""

    panel: str
    text: str


class Then(NamedTuple):
    """What a fired rule does. `points`, `floor` and `ceiling` are by scale; levels are numbers from 1."""

    points: dict[str, int]
    conclude: tuple[str, ...]
    floor: dict[str, int]
    ceiling: dict[str, int]
    notes: tuple[Note, ...]

    @property
    def moves(self) -> bool:
        """Whether it is able to move a level."""
        return any(self.points.values()) or bool(self.floor or self.ceiling)

    def bears_on(self, scale: str) -> bool:
        """Whether it is able to move the level on a scale."""
        return bool(self.points.get(scale)) or scale in self.floor or scale in self.ceiling


class Rule(NamedTuple):
    """One rule. Everything after `then` is for people: why it exists and what would show it wrong."""

    id: str
    title: str
    factor: str
    when: Condition
    then: Then
    because: str
    basis: tuple[str, ...]
    assumption: str
    falsified_by: str
    review_by: str
    pathway: tuple[str, ...]
    mark: Mark


class Parameter(NamedTuple):
    """A named, dated, sourced value that rules refer to as `$name`: a number with a unit, or a list of words."""

    name: str
    value: int | float | tuple[str, ...]
    unit: str
    dated: str
    source: str
    meaning: str
    mark: Mark


class Outcome(NamedTuple):
    """What an engine makes of one world: the rules that fired, in pack order, and what was concluded, sorted."""

    fired: tuple[str, ...]
    concluded: tuple[str, ...]


class Chain(NamedTuple):
    """How rules follow from each other: an order of evaluation, the stratum of each, and rules caught in a circle."""

    order: tuple[int, ...]
    strata: tuple[int, ...]
    circle: tuple[int, ...]


def chained(rules: Sequence[Rule]) -> Chain:
    """Order rules so that each comes after those that make the conclusions it needs.

    A rule's stratum is at least that of the makers of what it needs concluded, and past that of the makers of what it
    needs not concluded. With a circle there is no order; a conclusion that nobody makes holds up nobody.
    """
    makers: dict[str, list[int]] = {}
    for i, rule in enumerate(rules):
        for name in rule.then.conclude:
            makers.setdefault(name, []).append(i)
    needs = [
        [
            (m, node.expected)
            for node in walk(rule.when)
            if isinstance(node, Concluded)
            for m in makers.get(node.name, ())
        ]
        for rule in rules
    ]
    depth: dict[int, int] = {}
    strata: dict[int, int] = {}
    waiting = list(range(len(rules)))
    while waiting:
        ready = [i for i in waiting if all(m in depth for m, _ in needs[i])]
        if not ready:
            return Chain((), (), tuple(waiting))
        for i in ready:
            depth[i] = 1 + max((depth[m] for m, _ in needs[i]), default=-1)
            strata[i] = max((strata[m] + (not expected) for m, expected in needs[i]), default=0)
        waiting = [i for i in waiting if i not in depth]
    order = sorted(range(len(rules)), key=lambda i: (depth[i], i))
    return Chain(tuple(order), tuple(strata[i] for i in range(len(rules))), ())


def negate(node: Condition, domain_of_counts: Numbers = COUNTS) -> Condition:
    """The condition that holds exactly when `node` does not."""
    if isinstance(node, Test):
        assert node.field.domain is not None
        return node._replace(accept=complement(node.accept, node.field.domain), written=f"not: {node.written}")
    if isinstance(node, Count):
        rest = complement(node.accept, domain_of_counts)
        assert isinstance(rest, Numbers)
        return node._replace(accept=whole(rest), written=f"not: {node.written}")
    if isinstance(node, Concluded):
        return node._replace(expected=not node.expected)
    flipped = tuple(negate(child) for child in node.children)
    return Any(flipped) if isinstance(node, All) else All(flipped)


def walk(node: Condition) -> list[Condition]:
    """The node and everything under it, in the order written."""
    below = node.children if isinstance(node, (All, Any)) else (node.where,) if isinstance(node, Count) else ()
    return [node, *(deep for child in below for deep in walk(child))]
