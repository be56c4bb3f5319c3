"""A threshold that no scenario and no test comes near, so that nothing would show if it were moved.

For a number, near means within a share of it (`near` in the pack's `workbench/lint.yaml`, a quarter if it says nothing)
or one step; for an ordered word, the word on either side of the line. Only stated facts count: what is assumed tries
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from escalation.facts import Fact
from escalation.rules import Rule, Test
from escalation.sets import Numbers, Scalar, contains, nearest
from escalation.vocabulary import Field
from escalation.workbench.lint.base import Found, Lint, leaves
from escalation.workbench.subject import Subject

__all__ = ["LINT", "edges"]


def _check(subject: Subject) -> Found:
    stated: dict[str, list[Fact]] = {}
    for scenario in (*subject.scenarios, *(test.scenario for test in subject.rule_tests)):
        for entity in scenario.entities:
            for fact in entity.facts.values():
                if fact.state != "assumed":
                    stated.setdefault(fact.field.key, []).append(fact)
    told: set[tuple[str, Scalar]] = set()
    for rule in subject.pack.rules:
        for leaf in _graded(rule):
            for edge in edges(leaf):
                tried = any(
                    _is_near(leaf.field, edge, fact, subject.settings.near) for fact in stated.get(leaf.field.key, ())
                )
                if not tried and (leaf.field.key, edge) not in told:
                    told.add((leaf.field.key, edge))
                    message = f"{rule.id}: no scenario or test is near {leaf.field.key} {leaf.field.show(edge)}"
                    help = "add a case near it; `assess rules cover --write DIR` writes one on each side"
                    yield LINT.finding(message, leaf.mark, rule.id, help)


def _graded(rule: Rule) -> Iterator[Test]:
    for leaf in leaves(rule):
        if isinstance(leaf, Test) and (leaf.field.order or isinstance(leaf.field.domain, Numbers)):
            yield leaf


def edges(test: Test) -> list[Scalar]:
    """The lines that a test draws: finite ends of its intervals, or the words at which it begins or ends to accept."""
    if isinstance(test.accept, Numbers):
        domain = test.field.domain
        assert isinstance(domain, Numbers)
        low, high = domain.intervals[0].low, domain.intervals[-1].high
        ends = {end for i in test.accept.intervals for end in (i.low, i.high)}
        return sorted(end for end in ends if abs(end) != inf and low < end < high)
    order = test.field.order
    return [b for a, b in pairwise(order) if contains(test.accept, a) != contains(test.accept, b)]


def _is_near(field: Field, edge: Scalar, fact: Fact, share: float) -> bool:
    """Whether a stated fact tries a line: its best value, or what it may be, is near."""
    values = [fact.best]
    if fact.possible is not None:
        values.append(nearest(fact.possible, edge, field.step, field.order))
    if isinstance(edge, str):
        at = field.order.index(edge)
        return any(value in field.order[max(0, at - 1) : at + 1] for value in values)
    reach = max(share * abs(edge), field.step if field.type == "integer" else 0)
    return any(isinstance(value, (int, float)) and abs(value - edge) <= reach for value in values)


LINT = Lint("LINT-19", "untried-threshold", "warning", _check, __doc__)
