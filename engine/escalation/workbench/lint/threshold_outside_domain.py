"""A test with a threshold that no value of its field can lie beyond, so that no value passes, or every value does.

The vocabulary says which values a field can have (`min`, `max`, `words`). A line outside of it is mostly a slip of
unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from escalation.rules import Test
from escalation.sets import Numbers
from escalation.workbench.lint.base import Found, Lint, as_written, nothing_or_all
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        for node, _ in as_written(rule.when):
            if not isinstance(node, Test):
                continue
            field, which = node.field, nothing_or_all(node.field, node.accept)
            outside = ", ".join(field.show(end) for end in _outside(node))
            if which:
                message = f"{rule.id}: {which} value of {field.key} passes: {node.written}"
            elif outside:
                message = f"{rule.id}: {field.key} cannot be as far as {outside}: {node.written}"
            else:
                continue
            yield LINT.finding(message, node.mark, rule.id, _domain(node))


def _outside(node: Test) -> Iterator[int | float]:
    """The ends of a test's set that lie outside the field's domain."""
    domain = node.field.domain
    if isinstance(node.accept, Numbers) and isinstance(domain, Numbers):
        low, high = domain.intervals[0].low, domain.intervals[-1].high
        ends = {end for i in node.accept.intervals for end in (i.low, i.high) if abs(end) != inf}
        yield from sorted(end for end in ends if not low <= end <= high)


def _domain(node: Test) -> str:
    field, domain = node.field, node.field.domain
    if isinstance(domain, Numbers):
        return f"it goes from {field.show(domain.intervals[0].low)} to {field.show(domain.intervals[-1].high)}"
    return f"its words: {', '.join(field.order or field.words)}" if field.words else "it is yes or no"


LINT = Lint("LINT-6", "threshold-outside-domain", "error", _check, __doc__)
