"""Two rules of one factor that count the same line of the same graded fact, so that crossing it earns twice.

Graded facts are those to which the vocabulary gives a direction; the other tests of a rule say when it applies. Two
rules count one fact twice if their graded tests are the same by meaning, they can fire together, and their points go
the same way. If they are meant to add up, name them under `steps` in the pack's `workbench/lint.yaml`.
"""

from __future__ import annotations

from escalation.rules import Rule, Test
from escalation.sets import Set
from escalation.workbench.lint.base import Found, Lint, leaves, pairs_of_factor, shared_sign
from escalation.workbench.questions import can_hold, implies
from escalation.workbench.subject import Subject

__all__ = ["LINT", "counts_the_same"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for first, second in pairs_of_factor(pack):
        scale = shared_sign(first, second)
        if not scale or subject.adds_up(first.id, second.id) or not counts_the_same(first, second):
            continue
        if implies(pack, first.when, second.when) or implies(pack, second.when, first.when):
            continue  # told as such
        if can_hold(pack, [first.when, second.when]):
            fact = ", ".join(sorted(key for key, _ in _graded(first)))
            message = f"{second.id} and {first.id} count one line of {fact} twice for {scale}"
            related = ((f"{first.id} is here", subject.place(first.id, "when")),)
            help = "give them different lines, or declare them as steps in workbench/lint.yaml"
            yield LINT.finding(message, subject.place(second.id, "when"), second.id, help, related)


def counts_the_same(a: Rule, b: Rule) -> bool:
    """Whether two rules test the same graded facts, at least one, against the same sets."""
    graded = _graded(a)
    return bool(graded) and graded == _graded(b)


def _graded(rule: Rule) -> set[tuple[str, Set]]:
    return {(n.field.key, n.accept) for n in leaves(rule) if isinstance(n, Test) and n.field.direction}


LINT = Lint("LINT-8", "double-counting", "warning", _check, __doc__)
