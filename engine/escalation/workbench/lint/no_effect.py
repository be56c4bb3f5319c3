"""A rule that does nothing where it fires: points of 0, a floor at the lowest level, a ceiling at the highest."""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    top = len(subject.pack.levels)
    for rule in subject.pack.rules:
        then = rule.then
        limits = [level > 1 for level in then.floor.values()] + [level < top for level in then.ceiling.values()]
        if not (any(then.points.values()) or any(limits) or then.conclude or then.notes):
            message = f"{rule.id} does nothing where it fires"
            help = "give it points, a conclusion, a limit that limits, or a note"
            yield LINT.finding(message, subject.place(rule.id, "then"), rule.id, help)


LINT = Lint("LINT-24", "no-effect", "warning", _check, __doc__)
