"""Formulas over numbered atoms: what is left of conditions once a question about all scenarios is asked.

A formula is true, false, an atom that is wanted or not, or a group of formulas that hold together or of which one
holds. Groups carry a tag, so equal formulas are equal values and may key a table. `state` evaluates with some atoms
still unknown, which is what lets a search stop early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from escalation.ledger import CANNOT_TELL, NO, YES

__all__ = ["Formula", "Group", "Leaf", "differ", "every", "opposite", "some", "state"]


class Leaf(NamedTuple):
    """An atom, wanted true or wanted false."""

    atom: int
    wanted: bool


class Group(NamedTuple):
    """All of the parts (`every`), or at least one of them."""

    every: bool
    parts: tuple[Formula, ...]


Formula: TypeAlias = bool | Leaf | Group


def every(parts: Iterable[Formula]) -> Formula:
    """That all parts hold.

    >>> every([True, Leaf(3, True)])
    Leaf(atom=3, wanted=True)
    """
    return _group(True, parts)


def some(parts: Iterable[Formula]) -> Formula:
    """That at least one part holds.

    >>> some([])
    False
    """
    return _group(False, parts)


def opposite(formula: Formula) -> Formula:
    """The formula that holds exactly when this one does not."""
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, Leaf):
        return Leaf(formula.atom, not formula.wanted)
    return Group(not formula.every, tuple(opposite(part) for part in formula.parts))


def differ(a: Formula, b: Formula) -> Formula:
    """That exactly one of two formulas holds."""
    return some([every([a, opposite(b)]), every([opposite(a), b])])


def state(formula: Formula, truth: Callable[[int], int]) -> int:
    """YES, NO or CANNOT_TELL, from the state of each atom."""
    if isinstance(formula, bool):
        return YES if formula else NO
    if isinstance(formula, Leaf):
        found = truth(formula.atom)
        return found if formula.wanted else YES - found
    stop = NO if formula.every else YES
    undecided = False
    for part in formula.parts:
        found = state(part, truth)
        if found == stop:
            return stop
        undecided = undecided or found == CANNOT_TELL
    return CANNOT_TELL if undecided else YES - stop


def _group(every: bool, parts: Iterable[Formula]) -> Formula:
    kept: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, bool):
            if part != every:
                return part
        else:
            kept[part] = None
    if not kept:
        return every
    return next(iter(kept)) if len(kept) == 1 else Group(every, tuple(kept))
