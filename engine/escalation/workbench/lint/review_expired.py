"""A rule whose review date is past. Its author promised to look at it again by then.

The date is compared with the day of the run, or with `--today`. A date given as a month or a year is past when the
whole of it is. (A rule without a review date does not load.)
"""

from __future__ import annotations

from escalation.read import Dated
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        due = Dated.of(rule.review_by)
        if due.last < subject.today:
            message = f"{rule.id} was to be reviewed by {rule.review_by}, which is past"
            help = "review it against what has happened since, then set a new date"
            yield LINT.finding(message, subject.place(rule.id, "review_by"), rule.id, help)


LINT = Lint("LINT-14", "review-expired", "warning", _check, __doc__)
