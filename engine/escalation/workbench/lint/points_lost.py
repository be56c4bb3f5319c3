"""Points of a rule that the bound of its factor never lets count in full, in any scenario in which the rule fires.

Bounds are there so that no family of rules decides a rating alone, and now and then cut a sum. A rule whose points are
cut every time is another matter: its author gave it a weight that it does not have. Decided exactly.
"""

from __future__ import annotations

from collections.abc import Callable

from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.pack import Factor, Pack
from escalation.rules import Rule
from escalation.workbench.formulas import state
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.questions import Question
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    factors = {factor.name: factor for factor in pack.factors}
    for rule in pack.rules:
        factor = factors[rule.factor]
        for scale, points in rule.then.points.items():
            if not points or rule.id not in subject.live or _counts_in_full(pack, rule, factor, scale):
                continue
            bound = factor.high if points > 0 else factor.low
            message = f"{rule.id}: its {points:+d} for {scale} never counts in full"
            help = f"factor {factor.name} is held at {bound}, which the rules that fire with it reach already"
            help = f"factor {factor.name} is held at {bound}" if abs(points) > abs(bound) else help
            yield LINT.finding(message, subject.place(rule.id, "then"), rule.id, help)


def _counts_in_full(pack: Pack, rule: Rule, factor: Factor, scale: str) -> bool:
    """Whether some scenario lets all points of a rule count, beside whatever else of its factor fires there."""
    points = rule.then.points[scale]
    others = [o for o in pack.rules if o.factor == rule.factor and o is not rule and o.then.points.get(scale)]
    # the sum of the others must leave room for the points, and not be past the other bound
    least = factor.low if points > 0 else factor.low - points
    most = factor.high - points if points > 0 else factor.high
    question = Question(pack)
    own = question.formula(rule.when)
    weighed = [(question.formula(other.when), other.then.points[scale]) for other in others]

    def goal(truth: Callable[[int], int]) -> int:
        low = high = 0
        for formula, weight in weighed:
            found = state(formula, truth)
            low += weight if found == YES or (found == CANNOT_TELL and weight < 0) else 0
            high += weight if found == YES or (found == CANNOT_TELL and weight > 0) else 0
        room = NO if high < least or low > most else YES if least <= low and high <= most else CANNOT_TELL
        return min(state(own, truth), room)

    return question.solve(goal) is not None


LINT = Lint("LINT-9", "points-lost", "warning", _check, __doc__)
