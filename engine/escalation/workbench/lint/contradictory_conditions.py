"""Conditions that must hold together, each of which can hold, but never all at once.

The finding names the smallest set of them that clash. A rule in which this happens at the top never fires; below the
top, an alternative is dead and only looks like one.
"""

from __future__ import annotations

from escalation.rules import All, Any, Concluded, Condition, Count, Test
from escalation.workbench.lint.base import Found, Lint, as_written, some_entity
from escalation.workbench.questions import can_hold
from escalation.workbench.subject import Subject
from escalation.workbench.wording import in_words

__all__ = ["LINT", "clash"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        for node, kind in as_written(rule.when):
            core = clash(subject, node, kind)
            if core:
                first, *others = (_first(part) for part in core)
                message = f"{rule.id}: these conditions exclude each other: {'; '.join(map(in_words, core))}"
                related = tuple(("clashes with this", other.mark) for other in others)
                yield LINT.finding(message, first.mark, rule.id, "change one of them", related)


def clash(subject: Subject, node: Condition, kind: str) -> list[Condition]:
    """The smallest children of an All that cannot hold together though each can; empty if there is no clash."""
    if not isinstance(node, All):
        return []

    def possible(parts: list[Condition]) -> bool:
        return can_hold(subject.pack, [some_entity(All(tuple(parts)), kind)]) is not None

    core = list(node.children)
    if possible(core) or not all(possible([part]) for part in core):
        return []
    for part in node.children:
        if not possible(rest := [other for other in core if other is not part]):
            core = rest
    return core


def _first(node: Condition) -> Test | Count | Concluded:
    """The first place in a condition that can be pointed at."""
    while isinstance(node, (All, Any)):
        node = node.children[0]
    return node


LINT = Lint("LINT-5", "contradictory-conditions", "error", _check, __doc__)
