"""A rule that no scenario can satisfy, whatever its facts and however many entities it holds.

Such a rule says something that the pack does not do. The condition is decided exactly, with every conclusion it uses
replaced by the conditions of the rules that make it.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        if rule.id not in subject.live:
            message = f"{rule.id} can never fire: no scenario satisfies its condition"
            yield LINT.finding(message, subject.place(rule.id, "when"), rule.id, "mend the condition or drop the rule")


LINT = Lint("LINT-1", "never-fires", "error", _check, __doc__)
