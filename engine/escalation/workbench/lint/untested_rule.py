"""A rule that no test of the pack expects to fire, or that none expects to stay silent.

Tests of rules stand in the pack's `tests/`, in the section `rules`; those marked as a todo or skipped do not count.
`assess rules cover --write-tests FILE` writes what is missing.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    tests = [test.expected for test in subject.rule_tests if test.counts]
    fired = {rule for expected in tests for rule in expected.fired}
    silent = {rule for expected in tests for rule in expected.not_fired}
    for rule in subject.pack.rules:
        lacking = [word for word, ids in (("to fire", fired), ("to stay silent", silent)) if rule.id not in ids]
        if lacking:
            message = f"no test expects {rule.id} {' or '.join(lacking)}"
            help = "`assess rules cover --write-tests FILE` writes tests for it"
            yield LINT.finding(message, subject.place(rule.id), rule.id, help)


LINT = Lint("LINT-18", "untested-rule", "warning", _check, __doc__)
