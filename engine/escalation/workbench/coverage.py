"""What tests and scenarios show of rules: that they fire, that each condition decides alone, that lines are crossed.

Every scenario is evaluated once, in its assumed world, without short-circuit. A condition (one test or conclusion of a
rule) decides alone if the rule would come out otherwise were it, for one entity, the other way and all else the same.
It is shown if it does so both where it holds and where it fails: modified condition/decision coverage, in the masking
form, with quantified conditions taken entity by entity. A line of a graded fact is crossed if values on both sides
occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import NamedTuple

from escalation.ledger import NO, YES, ConcludedLine, CountLine, GroupLine, Line, TestLine, evaluate, world_view
from escalation.pack import Pack
from escalation.rules import All, Any, Concluded, Condition, Count, Rule, Test, walk
from escalation.scenario import Scenario, assumed_world
from escalation.sets import Numbers, Scalar, contains

__all__ = ["Coverage", "Cut", "Duty", "Example", "Seen", "conditions", "cuts", "duties"]


class Example(NamedTuple):
    """A scenario that counts as evidence: the name to show, what it is ("test" or "scenario"), and the scenario.

    A test shows something of those rules only of which it expects something: `of` names them (None: of all).
    """

    name: str
    kind: str
    scenario: Scenario
    of: frozenset[str] | None = None


class Cut(NamedTuple):
    """A line of a graded fact: just before a value, or just `after` it. Of words: before the word `at`."""

    at: Scalar
    after: bool = False


class Duty(NamedTuple):
    """One thing to be shown of a rule.

    `what` is "fires", "condition" (the condition of that number decides alone; `side`: where it holds) or "line" (the
    line of that number of the condition; `side`: a value above it occurs).
    """

    rule: str
    what: str
    condition: int = -1
    line: int = -1
    side: bool = True


class Seen(NamedTuple):
    """Where a duty is met: the example, and the entity that shows it ("" where it is no single one)."""

    example: Example
    entity: str


def conditions(rule: Rule) -> list[Test | Concluded]:
    """The single conditions of a rule, in the order written; a condition's number is its place here."""
    return [node for node in walk(rule.when) if isinstance(node, (Test, Concluded))]


def cuts(test: Test) -> list[Cut]:
    """The lines that a test draws through its field, ends of the domain left out."""
    field = test.field
    if isinstance(test.accept, Numbers):
        assert isinstance(field.domain, Numbers)
        low, high = field.domain.intervals[0].low, field.domain.intervals[-1].high
        found = {Cut(i.low, i.low_open) for i in test.accept.intervals} | {
            Cut(i.high, not i.high_open) for i in test.accept.intervals
        }
        inner = (
            cut for cut in found if isinstance(cut.at, (int, float)) and abs(cut.at) != inf and low <= cut.at <= high
        )
        return sorted(cut for cut in inner if cut != Cut(low, False) and cut != Cut(high, True))
    pairs = zip(field.order, field.order[1:], strict=False)
    return [Cut(b) for a, b in pairs if contains(test.accept, a) != contains(test.accept, b)]


def duties(pack: Pack) -> Iterator[Duty]:
    """Everything that there is to be shown, rule by rule."""
    for rule in pack.rules:
        yield Duty(rule.id, "fires")
        for number, leaf in enumerate(conditions(rule)):
            yield from (Duty(rule.id, "condition", number, side=side) for side in (True, False))
            for line, _ in enumerate(cuts(leaf) if isinstance(leaf, Test) else ()):
                yield from (Duty(rule.id, "line", number, line, side) for side in (True, False))


class Coverage:
    """What some examples show. Examples may be added; what was seen first is kept."""

    def __init__(self, pack: Pack, examples: Iterable[Example] = ()) -> None:
        self.pack = pack
        self.duties = tuple(duties(pack))
        self.seen: dict[Duty, Seen] = {}
        self._leaves = {rule.id: conditions(rule) for rule in pack.rules}
        self._cuts = {
            rule.id: [cuts(x) if isinstance(x, Test) else [] for x in conditions(rule)] for rule in pack.rules
        }
        for example in examples:
            self.add(example)

    def add(self, example: Example) -> list[Duty]:
        """Take an example in; the duties that it is the first to meet."""
        before = len(self.seen)
        scenario = example.scenario
        found = evaluate(self.pack, scenario.entities, world_view(assumed_world(scenario)))
        for line in found.rules:
            rule = line.rule
            if example.of is not None and rule.id not in example.of:
                continue
            if line.state == YES:
                self.seen.setdefault(Duty(rule.id, "fires"), Seen(example, ""))
            numbers = {id(leaf): number for number, leaf in enumerate(self._leaves[rule.id])}
            for leaf, leaf_line, alone in _leaf_lines(rule.when, line.line, True):
                number = numbers[id(leaf)]
                at = scenario.entities[leaf_line.entity] if isinstance(leaf_line, TestLine) else None
                seen = Seen(example, at.id if at else "")
                if alone:
                    duty = Duty(rule.id, "condition", number, side=leaf_line.state == YES)
                    self.seen.setdefault(duty, seen)
                if isinstance(leaf, Test) and isinstance(leaf_line, TestLine):
                    for i, cut in enumerate(self._cuts[rule.id][number]):
                        above = _above(leaf, cut, leaf_line)
                        if above is not None:
                            self.seen.setdefault(Duty(rule.id, "line", number, i, above), seen)
        return list(self.seen)[before:]

    def missing(self) -> list[Duty]:
        """The duties that nothing meets, in the order of the pack."""
        return [duty for duty in self.duties if duty not in self.seen]


def _leaf_lines(
    node: Condition, line: Line, alone: bool
) -> Iterator[tuple[Test | Concluded, TestLine | ConcludedLine, bool]]:
    """The single conditions with their lines, each with whether it decides the rule alone."""
    if isinstance(node, (Test, Concluded)):
        assert isinstance(line, (TestLine, ConcludedLine))
        yield node, line, alone
    elif isinstance(node, (All, Any)):
        assert isinstance(line, GroupLine)
        neutral = YES if isinstance(node, All) else NO
        held = [child.state == neutral for child in line.children]
        for i, (child, child_line) in enumerate(zip(node.children, line.children, strict=True)):
            yield from _leaf_lines(child, child_line, alone and all(held[:i]) and all(held[i + 1 :]))
    elif isinstance(node, Count):
        assert isinstance(line, CountLine)
        for _, inner in line.entities:
            other = line.least + (1 if inner.state == NO else -1)
            turns = contains(node.accept, line.least) != contains(node.accept, other)
            yield from _leaf_lines(node.where, inner, alone and turns)


def _above(test: Test, cut: Cut, line: TestLine) -> bool | None:
    """On which side of a line a fact's value lies; None for a word off the order."""
    field = test.field
    if isinstance(line.possible, Numbers):
        value = line.possible.intervals[0].low
        assert isinstance(cut.at, (int, float))
        return value > cut.at or (value == cut.at and not cut.after)
    word = next(iter(line.possible.words))
    return field.order.index(str(word)) >= field.order.index(str(cut.at)) if word in field.order else None
