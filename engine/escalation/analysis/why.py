"""Why this level, and not the one above or below.

First the sum: what every rule that fired adds, and what the rating would be without it. Then the way up and the way
down: the points that are missing or to spare, and for each rule that could supply them the nearest change of facts that
makes it do so, carried out and rated by both engines. Changes of several facts at once that no single rule asks for are
the business of `flip`.
"""

from __future__ import annotations

from typing import NamedTuple

from escalation.analysis.rated import Json, Rated, head, of
from escalation.analysis.routes import Route, Routes, data
from escalation.assess import Assessment
from escalation.ledger import YES, RuleLine
from escalation.rating import Arithmetic, FactorSum, arithmetic
from escalation.rules import Rule
from escalation.trace import because

__all__ = ["Contribution", "Limit", "Turn", "WhyLevel", "why"]

_WAYS = 8  # kept of each rule at each step: one is shown


class Contribution(NamedTuple):
    """A rule that fired, what it says and adds, and the sums if it alone had not fired (its conclusions kept)."""

    line: RuleLine
    because: str
    points: int
    without: Arithmetic


class Limit(NamedTuple):
    """A ceiling or floor that is in force: who sets it, at which level, and whether it changes the level."""

    rule: str
    kind: str
    level: int
    binds: bool


class Turn(NamedTuple):
    """A rule made to fire (or to stop), by the nearest change that does it."""

    rule: Rule
    fires: bool
    route: Route


class WhyLevel(NamedTuple):
    """The answer on the headline scale.

    `starts` is the least total of the level before limits (None for the lowest level) and `next` that of the level
    above (None for the highest). `lost` are factors whose bound holds back points. `up` and `down` are turns that raise
    or lower score or level: those that change the level first, then the nearest.
    """

    found: Assessment
    sums: Arithmetic
    starts: int | None
    next: int | None
    contributions: tuple[Contribution, ...]
    lost: tuple[FactorSum, ...]
    limits: tuple[Limit, ...]
    up: tuple[Turn, ...]
    down: tuple[Turn, ...]

    def data(self) -> Json:
        """The answer as JSON data."""
        pack, sums = self.found.pack, self.sums
        return {
            **head([self.found]),
            "question": "why",
            "scale": sums.scale,
            "ratings": of(self.found).data(pack),
            "total": sums.total,
            "level_starts": self.starts,
            "next_level_starts": self.next,
            "factors": [factor._asdict() for factor in sums.factors],
            "limits": [limit._asdict() for limit in self.limits],
            "contributions": [
                {
                    "rule": c.line.rule.id,
                    "because": c.because,
                    "points": c.points,
                    "without": {"level": c.without.level, "score": c.without.total},
                }
                for c in self.contributions
            ],
            "up": [_turn(self.found, turn) for turn in self.up],
            "down": [_turn(self.found, turn) for turn in self.down],
        }


def why(found: Assessment) -> WhyLevel:
    """Why the headline level is what it is."""
    pack, sums = found.pack, found.rating.arithmetic
    cuts = pack.scales[0].thresholds
    before = sums.before_limits
    up, down = _turns(found)
    return WhyLevel(
        found,
        sums,
        cuts[before - 2] if before > 1 else None,
        cuts[before - 1] if before <= len(cuts) else None,
        tuple(_contributions(found)),
        tuple(f for f in sums.factors if f.held != f.raised + f.lowered),
        _limits(sums),
        up,
        down,
    )


def _contributions(found: Assessment) -> list[Contribution]:
    scale, pack = found.pack.scales[0], found.pack
    given = []
    for line in found.assumed_ledger.rules:
        then = line.rule.then
        if line.state == YES and (
            then.points.get(scale.name) or scale.name in then.ceiling or scale.name in then.floor
        ):
            rest = [rule for rule in found.fired if rule != line.rule.id]
            points = then.points.get(scale.name, 0)
            given.append(Contribution(line, because(found, line), points, arithmetic(pack, rest, scale)))
    return sorted(given, key=lambda c: -c.points)


def _limits(sums: Arithmetic) -> tuple[Limit, ...]:
    """Ceilings lower first, then floors raise; the tightest of each is the one that binds."""
    lowest = min((level for _, level in sums.ceilings), default=sums.before_limits)
    lowered = min(sums.before_limits, lowest)
    ceilings = (Limit(r, "ceiling", at, at == lowest < sums.before_limits) for r, at in sums.ceilings)
    floors = (Limit(r, "floor", at, at == sums.level > lowered) for r, at in sums.floors)
    return (*ceilings, *floors)


def _turns(found: Assessment) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """Every rule of weight turned over by its nearest route, those that raise and those that lower the rating."""
    finder = Routes(found, _WAYS)
    scale, before = found.rating.scale, of(found)
    turned = []
    for rule in found.pack.rules:
        then = rule.then
        if then.points.get(scale) or scale in then.ceiling or scale in then.floor:
            fires = rule.id not in found.fired
            turned += [Turn(rule, fires, route) for route in finder.to(rule, fires)]
    up = [turn for turn in turned if _place(turn.route.after) > _place(before)]
    down = [turn for turn in turned if _place(turn.route.after) < _place(before)]
    return _ordered(up, before), _ordered(down, before)


def _place(found: Rated) -> tuple[int, int]:
    return found.level, found.score


def _ordered(turns: list[Turn], before: Rated) -> tuple[Turn, ...]:
    """Turns that change the level first, then the nearest; of those that make the same changes, the first is kept."""
    once: dict[object, Turn] = {}
    for turn in turns:
        route = turn.route
        same = (tuple((c.path, c.after) for c in route.changed), str(route.added), route.removed)
        once.setdefault(same, turn)

    def order(turn: Turn) -> tuple[bool, int, int, float]:
        way = turn.route.way
        return turn.route.after.level == before.level, len(way.added), way.changes, way.distance

    return tuple(sorted(once.values(), key=order))


def _turn(found: Assessment, turn: Turn) -> Json:
    return {"rule": turn.rule.id, "fires": turn.fires, **data(found, turn.route)}
