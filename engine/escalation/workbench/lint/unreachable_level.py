"""A level that no scenario reaches on a scale: its threshold lies past what the rules add up to, or limits shut it off.

The search branches over everything that rules read, with as many entities of each kind as provably stand for any
number. It reports a level only where it has been through all of them; where that takes too many steps it says nothing,
and `assess rules prove` decides.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.reach import reach
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for number, scale in enumerate(pack.scales):
        for level in pack.levels:
            if reach(pack, number, level.number) is None:
                message = f"no scenario reaches {level.name.upper()} on {scale.name}"
                place = subject.section("pack.yaml", "scales")
                mark = (
                    next((key.mark for key, _ in place.entries if key.value == scale.name), place.mark)
                    if place
                    else None
                )
                assert mark is not None
                help = "see its thresholds, the bounds of the factors, floors and ceilings"
                yield LINT.finding(message, mark, f"{scale.name} {level.name}", help)


LINT = Lint("LINT-13", "unreachable-level", "error", _check, __doc__)
