"""Two rules with the same condition by meaning, however each is written. One fact pattern is then counted twice.

In one factor they are one rule; in two factors the bound of neither holds what the pattern earns. Conditions are
compared over all scenarios: `not: {range: {lt: 70}}` is the same as `range: {gte: 70}`.
"""

from __future__ import annotations

from itertools import combinations

from escalation.ledger import decide
from escalation.scenario import assumed_world
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.questions import equivalent
from escalation.workbench.specimen import facts_of, read
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    fired_in = _fired_in(subject)
    live = [rule for rule in pack.rules if rule.id in subject.live]  # those that never fire are told as such
    for first, second in combinations(live, 2):
        if fired_in[first.id] == fired_in[second.id] and equivalent(pack, first.when, second.when):
            message = f"{second.id} fires exactly when {first.id} does"
            help = "make one rule of the two" if first.factor == second.factor else "keep the pattern in one factor"
            related = ((f"{first.id} is here", subject.place(first.id)),)
            yield LINT.finding(message, subject.place(second.id, "when"), second.id, help, related)


def _fired_in(subject: Subject) -> dict[str, frozenset[int]]:
    """For each rule, in which of a few scenarios it fires: rules that differ in one of them need no closer look."""
    fired: dict[str, set[int]] = {rule.id: set() for rule in subject.pack.rules}
    for number, witness in enumerate(subject.live.values()):
        scenario = read(subject.pack, facts_of(subject.pack, witness))
        for name in decide(subject.pack, scenario.entities, assumed_world(scenario)).fired:
            fired[name].add(number)
    return {name: frozenset(numbers) for name, numbers in fired.items()}


LINT = Lint("LINT-3", "same-as", "error", _check, __doc__)
