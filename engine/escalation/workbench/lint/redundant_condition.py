"""A condition of a rule that never decides: in no scenario would the rule come out otherwise without it.

It is implied by the conditions beside it (`gte 70` beside `gte 200`), or it is an alternative that adds nothing.
Readers take it for a restriction that the rule does not make. Decided exactly, for every single test and conclusion of
a rule.
"""

from __future__ import annotations

from escalation.rules import Concluded, Rule, Test, walk
from escalation.workbench.lint.base import Found, Lint, as_written, leaves, nothing_or_all
from escalation.workbench.lint.contradictory_conditions import clash
from escalation.workbench.questions import can_hold, decides
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for rule in pack.rules:
        if rule.id not in subject.live or can_hold(pack, [], [rule.when]) is None:
            continue  # told as such
        told = _told(subject, rule)
        for leaf in leaves(rule):
            if leaf.mark in told:
                continue
            name = leaf.name if isinstance(leaf, Concluded) else leaf.written
            if decides(pack, rule.when, leaf, False) and decides(pack, rule.when, leaf, True):
                continue
            message = f"{rule.id} fires in the same scenarios without this condition: {name}"
            yield LINT.finding(message, leaf.mark, rule.id, "leave it out, or say what it was meant to add")


def _told(subject: Subject, rule: Rule) -> set[object]:
    """The places of conditions whose defect other lints name better."""
    told: set[object] = set()
    for node, kind in as_written(rule.when):
        if isinstance(node, Test) and nothing_or_all(node.field, node.accept):
            told.add(node.mark)
        if clash(subject, node, kind):
            told |= {below.mark for below in walk(node) if isinstance(below, (Test, Concluded))}
    return told


LINT = Lint("LINT-7", "redundant-condition", "warning", _check, __doc__)
