"""From fired rules to a level: integer arithmetic, the same on every scale.

A factor's score is the sum of its rules' points, held within the factor's bounds; the total is the sum over factors;
thresholds map it to a level; then the lowest ceiling lowers it, and then the highest floor raises it, since a ceiling
must not hide a red line. `bounds` does the same sums with three-valued states and gives limits that are sound but
loose.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from escalation.ledger import CANNOT_TELL, YES
from escalation.pack import Pack, Scale
from escalation.rules import Rule

__all__ = ["Arithmetic", "Bounds", "FactorSum", "Tally", "arithmetic", "bounds"]


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
    ids, name = frozenset(fired), scale.name
    raised, lowered = ({factor.name: 0 for factor in pack.factors} for _ in range(2))
    ceilings: tuple[tuple[str, int], ...] = ()
    floors: tuple[tuple[str, int], ...] = ()
    for rule in pack.rules:
        if rule.id in ids:
            points, _, floor, ceiling, _ = rule.then
            if amount := points.get(name, 0):
                side = raised if amount > 0 else lowered
                side[rule.factor] += amount
            if name in ceiling:
                ceilings += ((rule.id, ceiling[name]),)
            if name in floor:
                floors += ((rule.id, floor[name]),)
    factors = [
        FactorSum(f.name, up, down, max(f.low, min(f.high, up + down)))
        for f, up, down in zip(pack.factors, raised.values(), lowered.values(), strict=True)
    ]
    total = sum(factor.held for factor in factors)
    before = pack.level_of(scale, total)
    return Arithmetic(scale.name, tuple(factors), total, before, ceilings, floors, _limited(before, ceilings, floors))


def bounds(pack: Pack, states: Sequence[int], scale: Scale) -> Bounds:
    """Sound limits on total and level, from the three-valued state of each rule in pack order."""
    return Tally(pack, scale).bounds(states)


class Tally:
    """The sums of one scale laid out for many evaluations: only the rules that bear on it, by number."""

    def __init__(self, pack: Pack, scale: Scale) -> None:
        name = scale.name
        rules = list(enumerate(pack.rules))
        self._thresholds = scale.thresholds
        self._factors = [
            (
                factor.low,
                factor.high,
                [(i, rule.then.points[name]) for i, rule in rules if rule.factor == factor.name and _bears(rule, name)],
            )
            for factor in pack.factors
        ]
        self._ceilings = [(i, rule.then.ceiling[name]) for i, rule in rules if name in rule.then.ceiling]
        self._floors = [(i, rule.then.floor[name]) for i, rule in rules if name in rule.then.floor]

    def bounds(self, states: Sequence[int]) -> Bounds:
        """Sound limits on total and level, from the three-valued state of each rule in pack order."""
        total_low = total_high = 0
        for least, greatest, rules in self._factors:
            low = high = 0
            for i, points in rules:
                state = states[i]
                if state == YES:
                    low += points
                    high += points
                elif state:
                    if points < 0:
                        low += points
                    else:
                        high += points
            total_low += least if low < least else greatest if low > greatest else low
            total_high += least if high < least else greatest if high > greatest else high
        level_low = self._limited(total_low, states, CANNOT_TELL, YES)
        level_high = self._limited(total_high, states, YES, CANNOT_TELL)
        return Bounds(total_low, total_high, level_low, level_high)

    def _limited(self, total: int, states: Sequence[int], ceiling_from: int, floor_from: int) -> int:
        """The level of a total, with ceilings and floors whose rules are at least in the given states."""
        level = 1
        for threshold in self._thresholds:
            level += total >= threshold
        for i, limit in self._ceilings:
            if limit < level and states[i] >= ceiling_from:
                level = limit
        for i, limit in self._floors:
            if limit > level and states[i] >= floor_from:
                level = limit
        return level


def _bears(rule: Rule, scale: str) -> bool:
    return bool(rule.then.points.get(scale))


def _limited(level: int, ceilings: Sequence[tuple[str, int]], floors: Sequence[tuple[str, int]]) -> int:
    lowered = min([level, *(limit for _, limit in ceilings)])
    return max([lowered, *(limit for _, limit in floors)])
