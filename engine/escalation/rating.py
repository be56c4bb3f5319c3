"""From fired rules to a level: integer arithmetic, the same on every scale.

A factor's score is the sum of its rules' points, held within the factor's bounds; the total is the sum over factors;
thresholds map it to a level; then the lowest ceiling lowers it, and then the highest floor raises it, since a ceiling
must not hide a red line. `bounds` does the same sums with three-valued states and gives limits that are sound but
loose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from escalation.ledger import NO, YES
from escalation.pack import Pack, Scale

__all__ = ["Arithmetic", "Bounds", "FactorSum", "arithmetic", "bounds"]


class FactorSum(NamedTuple):
    """One factor on one scale: points up, points down, and the sum as held within the factor's bounds."""

    name: str
    raised: int
    lowered: int
    held: int


class Arithmetic(NamedTuple):
    """How one world comes to its level on one scale. `ceilings` and `floors` are (rule id, level)."""

    scale: str
    factors: tuple[FactorSum, ...]
    total: int
    before_limits: int
    ceilings: tuple[tuple[str, int], ...]
    floors: tuple[tuple[str, int], ...]
    level: int


class Bounds(NamedTuple):
    """Limits between which every world lies: totals and levels."""

    total_low: int
    total_high: int
    level_low: int
    level_high: int


def arithmetic(pack: Pack, fired: Iterable[str], scale: Scale) -> Arithmetic:
    """The sums for one world: rules that fired, to level."""
    ids = frozenset(fired)
    rules = [rule for rule in pack.rules if rule.id in ids]
    factors = []
    for factor in pack.factors:
        points = [rule.then.points.get(scale.name, 0) for rule in rules if rule.factor == factor.name]
        up, down = sum(p for p in points if p > 0), sum(p for p in points if p < 0)
        factors.append(FactorSum(factor.name, up, down, max(factor.low, min(factor.high, up + down))))
    total = sum(factor.held for factor in factors)
    ceilings = tuple((r.id, r.then.ceiling[scale.name]) for r in rules if scale.name in r.then.ceiling)
    floors = tuple((r.id, r.then.floor[scale.name]) for r in rules if scale.name in r.then.floor)
    before = pack.level_of(scale, total)
    return Arithmetic(scale.name, tuple(factors), total, before, ceilings, floors, _limited(before, ceilings, floors))


def bounds(pack: Pack, states: Sequence[int], scale: Scale) -> Bounds:
    """Sound limits on total and level, from the three-valued state of each rule in pack order."""
    low, high = dict.fromkeys((f.name for f in pack.factors), 0), dict.fromkeys((f.name for f in pack.factors), 0)
    sure: list[tuple[dict[str, int], dict[str, int]]] = []
    able: list[tuple[dict[str, int], dict[str, int]]] = []
    for rule, state in zip(pack.rules, states, strict=True):
        if state == NO:
            continue
        points = rule.then.points.get(scale.name, 0)
        low[rule.factor] += points if state == YES else min(points, 0)
        high[rule.factor] += points if state == YES else max(points, 0)
        able.append((rule.then.ceiling, rule.then.floor))
        if state == YES:
            sure.append((rule.then.ceiling, rule.then.floor))
    total_low = sum(max(f.low, min(f.high, low[f.name])) for f in pack.factors)
    total_high = sum(max(f.low, min(f.high, high[f.name])) for f in pack.factors)
    name = scale.name
    level_low = _limited(
        pack.level_of(scale, total_low),
        [("", ceiling[name]) for ceiling, _ in able if name in ceiling],
        [("", floor[name]) for _, floor in sure if name in floor],
    )
    level_high = _limited(
        pack.level_of(scale, total_high),
        [("", ceiling[name]) for ceiling, _ in sure if name in ceiling],
        [("", floor[name]) for _, floor in able if name in floor],
    )
    return Bounds(total_low, total_high, level_low, level_high)


def _limited(level: int, ceilings: Sequence[tuple[str, int]], floors: Sequence[tuple[str, int]]) -> int:
    lowered = min([level, *(limit for _, limit in ceilings)])
    return max([lowered, *(limit for _, limit in floors)])
