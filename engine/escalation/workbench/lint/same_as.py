"""Two rules with the same condition by meaning, however each is written. One fact pattern is then counted twice.

In one factor they are one rule; in two factors the bound of neither holds what the pattern earns. Conditions are
compared over all scenarios: `not: {range: {lt: 70}}` is the same as `range: {gte: 70}`.
"""

from __future__ import annotations

from itertools import combinations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.questions import can_hold, equivalent
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    live = [rule for rule in pack.rules if can_hold(pack, [rule.when])]  # those that never fire are told as such
    for first, second in combinations(live, 2):
        if equivalent(pack, first.when, second.when):
            message = f"{second.id} fires exactly when {first.id} does"
            help = "make one rule of the two" if first.factor == second.factor else "keep the pattern in one factor"
            related = ((f"{first.id} is here", subject.place(first.id)),)
            yield LINT.finding(message, subject.place(second.id, "when"), second.id, help, related)


LINT = Lint("LINT-3", "same-as", "error", _check, __doc__)
