"""A floor and a lower ceiling that can hold in one scenario. The floor wins there, and the ceiling says what is not so.

Ceilings lower a level first and floors raise it after, so that a ceiling never hides a red line. Where both fire, one
of the two rules claims a limit that the rating does not keep. Decided exactly; the finding shows a scenario.
"""

from __future__ import annotations

from escalation.rules import Rule
from escalation.workbench.lint.base import Found, Lint, describe
from escalation.workbench.questions import can_hold
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for raising in (rule for rule in pack.rules if rule.then.floor):
        for lowering in (rule for rule in pack.rules if rule.then.ceiling):
            scale = _crossed(raising, lowering)
            witness = can_hold(pack, [raising.when, lowering.when]) if scale else None
            if witness:
                floor, ceiling = (
                    pack.levels[limit[scale] - 1].name.upper()
                    for limit in (raising.then.floor, lowering.then.ceiling)
                )  # fmt: skip
                message = (
                    f"{lowering.id} (ceiling {ceiling}) and {raising.id} (floor {floor}) can hold at once for {scale}"
                )
                related = ((f"{raising.id} is here", subject.place(raising.id)),)
                help = f"exclude one in the other; both fire with {describe(witness)}"
                yield LINT.finding(message, subject.place(lowering.id, "then"), lowering.id, help, related)


def _crossed(raising: Rule, lowering: Rule) -> str:
    """A scale on which the floor of one rule lies above the ceiling of another, or ""."""
    for scale, floor in raising.then.floor.items():
        if lowering.then.ceiling.get(scale, floor) < floor:
            return scale
    return ""


LINT = Lint("LINT-10", "floor-meets-ceiling", "warning", _check, __doc__)
