"""A rule that only fires where another rule of its factor fires too, and whose effect goes the same way.

Either its effect is already had (it concludes or limits what the other does), so it does nothing; or both give points
and the pattern is counted twice. Steps of one staircase are meant to add up: name such runs of rules under `steps` in
the pack's `workbench/lint.yaml`, and they are taken as meant. Conditions are compared by meaning: `gt 10` lies under
`gt 5`.
"""

from __future__ import annotations

from escalation.rules import Rule
from escalation.workbench.lint.base import Found, Lint, pairs_of_factor, shared_sign
from escalation.workbench.questions import equivalent, implies
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for pair in pairs_of_factor(pack):
        for inner, outer in (pair, pair[::-1]):
            if not {inner.id, outer.id} <= subject.live.keys() or not implies(pack, inner.when, outer.when):
                continue
            if equivalent(pack, inner.when, outer.when):
                break  # told as the same
            related = ((f"{outer.id} is here", subject.place(outer.id)),)
            place = subject.place(inner.id, "when")
            if _covered(inner, outer):
                message = f"{inner.id} does nothing that {outer.id} has not done wherever it fires"
                yield LINT.finding(message, place, inner.id, "drop it, or give it an effect of its own", related)
            elif (scale := shared_sign(inner, outer)) and not subject.adds_up(inner.id, outer.id):
                message = f"{inner.id} only fires where {outer.id} does, and both count for {scale}"
                help = (
                    f"if they are meant to add up, declare it: steps: [[{outer.id}, {inner.id}]] in workbench/lint.yaml"
                )
                yield LINT.finding(message, place, inner.id, help, related)


def _covered(inner: Rule, outer: Rule) -> bool:
    """Whether the effects of one rule are among those of another."""
    own, other = inner.then, outer.then
    return (
        bool(own.conclude or own.floor or own.ceiling)
        and not any(own.points.values())
        and not own.notes
        and set(own.conclude) <= set(other.conclude)
        and all(other.floor.get(scale, 0) >= level for scale, level in own.floor.items())
        and all(scale in other.ceiling and other.ceiling[scale] <= level for scale, level in own.ceiling.items())
    )


LINT = Lint("LINT-4", "implied-by", "warning", _check, __doc__)
