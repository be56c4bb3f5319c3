"""A rule that fires in every scenario. It tells no scenario from another, and moves every rating alike.

The condition is decided exactly, over every number of entities that a scenario may hold.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.questions import can_hold
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        if can_hold(subject.pack, [], [rule.when]) is None:
            message = f"{rule.id} always fires: every scenario satisfies its condition"
            help = "mend the condition; a constant belongs into the thresholds of the scale"
            yield LINT.finding(message, subject.place(rule.id, "when"), rule.id, help)


LINT = Lint("LINT-2", "always-fires", "error", _check, __doc__)
