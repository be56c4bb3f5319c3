"""`assess unknowns`: which facts that are not known still matter, which cannot, and which is most worth finding out.

A fact matters if there are two worlds that differ in it alone and rate otherwise. Such a pair is searched for over
everything that is open, two worlds at a time on the grid; where the search ends without one, the fact provably cannot
matter. Facts left open and facts only assumed are asked about apart: the first among what is open, the second with all
that is not stated open too. Every pair shown has been run through both engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import fsum
from typing import NamedTuple, TypeAlias

from escalation.analysis.fixing import Outcome, confirm, everything_open, moved, outcomes, tested
from escalation.analysis.rated import Json, head
from escalation.analysis.spread import mass
from escalation.assess import Assessment
from escalation.grid import Board, Masks
from escalation.ledger import CANNOT_TELL, NO, View, stated_view
from escalation.paths import path_to
from escalation.rating import Bounds
from escalation.scenario import Fact, World
from escalation.sets import Scalar

__all__ = ["BUDGET", "Pair", "Unknown", "Unknowns", "unknowns"]

BUDGET = 20_000  # pairs of boxes of one search
MATTERS = ("level", "other", "score", "nothing", "unsettled")


class Pair(NamedTuple):
    """Two worlds that differ in one fact alone: its values, levels and scores, and what else differs from the assumed.

    Levels and scores are of the scale on which they differ. `others` maps paths to the values they have in both.
    """

    scale: str
    values: tuple[Scalar, Scalar]
    levels: tuple[int, int]
    scores: tuple[int, int]
    others: dict[str, Scalar]


class Unknown(NamedTuple):
    """One fact that is not known.

    `matters` is "level" (of the headline), "other" (the level of another scale only), "score" (no level), "nothing", or
    "unsettled" (the search ran out of budget). `alone` is whether it moves the level with all else as assumed.
    `narrowing` is how many levels, and `narrowing_score` how many points, the range over what is open gets narrower on
    average once the fact is known; `moving` the share of its outcomes that change the level; both weigh runs of values
    as the fact states (`weighed`), or all alike. For an assumed fact they tell what opening it would add.
    """

    path: str
    entity: int
    fact: Fact
    matters: str
    alone: bool
    pair: Pair | None
    narrowing: float
    narrowing_score: float
    moving: float
    weighed: bool
    outcomes: tuple[Outcome, ...]


class Unknowns(NamedTuple):
    """What is not known of an assessment: open facts, assumed facts, and paths of open facts that no rule reads.

    The facts most worth finding out come first. `budget` is that of each search.
    """

    found: Assessment
    open: tuple[Unknown, ...]
    assumed: tuple[Unknown, ...]
    unread: tuple[str, ...]
    budget: int

    @property
    def best(self) -> Unknown | None:
        """The open fact most worth finding out; None if none of them matters."""
        return next((one for one in self.open if one.matters in MATTERS[:3]), None)

    def data(self) -> Json:
        """The answer as JSON data."""
        names = [level.name for level in self.found.pack.levels]
        return {
            **head([self.found]),
            "question": "unknowns",
            "scale": self.found.rating.scale,
            "low": names[self.found.rating.low - 1],
            "high": names[self.found.rating.high - 1],
            "most_worth_finding_out": self.best and self.best.path,
            "open": [_data(one, names) for one in self.open],
            "assumed": [_data(one, names) for one in self.assumed],
            "no_rule_reads": list(self.unread),
        }


def unknowns(found: Assessment, budget: int = BUDGET) -> Unknowns:
    """The facts that are not known, and what each of them still decides. `budget` bounds each search."""
    asker = _Asker(found, budget)
    facts = list(tested(found))
    opened = [
        asker.ask(at, column, fact, stated_view(found.scenario.entities))
        for at, column, fact in facts
        if fact.state == "open"
    ]
    wide = everything_open(found)
    assumed = [asker.ask(at, column, fact, wide) for at, column, fact in facts if fact.state == "assumed"]
    return Unknowns(found, _sorted(opened), _sorted(assumed), tuple(_unread(found)), budget)


def _sorted(facts: list[Unknown]) -> tuple[Unknown, ...]:
    """Most worth finding out first."""
    return tuple(
        sorted(
            facts,
            key=lambda one: (
                MATTERS.index(one.matters) if one.matters != "unsettled" else 0,
                not one.alone,
                -one.narrowing,
                -one.moving,
                -one.narrowing_score,
                one.path,
            ),
        )
    )


def _unread(found: Assessment) -> Iterator[str]:
    """Open facts that no rule reads, as stated; what is worked out from others is left out."""
    for at, entity in enumerate(found.scenario.entities):
        read = {field.name for field in found.board.grid.columns[entity.kind]}
        for name, fact in entity.facts.items():
            if fact.state == "open" and name not in read and not fact.field.derive and not fact.field.member_of:
                yield path_to(found.scenario, found.pack.vocabulary, at, name)


def _data(one: Unknown, names: Sequence[str]) -> Json:
    return {
        "fact": one.path,
        "question": one.fact.field.question or None,
        "matters": one.matters,
        "alone": one.alone,
        "narrowing_levels": one.narrowing,
        "narrowing_points": one.narrowing_score,
        "share_changing_level": one.moving,
        "weights": "stated" if one.weighed else "even",
        "outcomes": [row.data(names) for row in one.outcomes],
        "pair": one.pair
        and {
            "scale": one.pair.scale,
            "values": list(one.pair.values),
            "levels": [names[level - 1] for level in one.pair.levels],
            "scores": list(one.pair.scores),
            "others": one.pair.others,
        },
    }


_Apart: TypeAlias = Callable[[list[Bounds], list[Bounds]], int]
"""The scale on which two boxes differ for certain, -1 if they cannot differ, -2 if that is not decided yet."""
_SAME, _OPEN = -1, -2


class _Asker:
    """Asks about one fact after another."""

    def __init__(self, found: Assessment, budget: int) -> None:
        self.found, self.board, self.budget = found, found.board, budget
        self.bearing = [  # for each scale, the rules that bear on it, by number
            {i for i, rule in enumerate(found.pack.rules) if rule.then.bears_on(scale.name)}
            for scale in found.pack.scales
        ]

    def ask(self, at: int, column: int, fact: Fact, view: View) -> Unknown:
        """What a fact decides among the worlds of a view."""
        found = self.found
        path = path_to(found.scenario, found.pack.vocabulary, at, fact.field.name)
        within = view[at][fact.field.name]
        rows = outcomes(found, at, column, within)
        weights, weighed = _weights(fact, rows)
        head = found.rating
        width, points = head.high - head.low, head.score_high - head.score_low
        narrowing = fsum(w * (width - (row.high - row.low)) for w, row in zip(weights, rows, strict=True))
        narrowing_score = fsum(
            w * (points - (row.score_high - row.score_low)) for w, row in zip(weights, rows, strict=True)
        )
        moving = fsum(w for w, row in zip(weights, rows, strict=True) if row.level != head.level)
        matters, pair = self.settle(at, column, fact, view)
        alone = any(row.level != head.level for row in rows)
        if fact.state == "assumed":
            narrowing = narrowing_score = 0.0  # it is not open, so knowing it narrows nothing that is shown
        return Unknown(path, at, fact, matters, alone, pair, narrowing, narrowing_score, moving, weighed, rows)

    def settle(self, at: int, column: int, fact: Fact, view: View) -> tuple[str, Pair | None]:
        """Whether and on what a fact matters, with a pair of worlds that shows it."""
        for matters, apart, scales in (("level", _headline, 1), ("other", _levels, None), ("score", _totals, None)):
            bearing = self.bearing[:1] if scales else self.bearing
            search = _PairSearch(self.board, at, column, apart, frozenset().union(*bearing), self.budget)
            try:
                hit = search.hit(self.board.masks_of(view), self.board.masks_of_world(self.found.world))
            except _Exhausted:
                return "unsettled", None
            if hit:
                return matters, self.pair(at, column, fact, view, *hit)
        return "nothing", None

    def pair(
        self, at: int, column: int, fact: Fact, view: View, masks: Masks, bins: tuple[int, int], scale: int
    ) -> Pair:
        """The pair as worlds nearest to the assumed one, run through the engines."""
        first, second = (self.world(moved(masks, at, column, 1 << i), view) for i in bins)
        rated = [_rated(self.board, world, scale) for world in (first, second)]
        for world, one in zip((first, second), rated, strict=True):
            confirm(self.found, world, lambda told, one=one: (told[scale].level, told[scale].total) == one)  # type: ignore[misc]
        name = fact.field.name
        vocabulary, scenario = self.found.pack.vocabulary, self.found.scenario
        others = {
            path_to(scenario, vocabulary, i, own): value
            for i, values in enumerate(first)
            for own, value in values.items()
            if value != self.found.world[i][own]
            and (i, own) != (at, name)
            and not scenario.entities[i].facts[own].field.derive
        }
        return Pair(
            self.found.pack.scales[scale].name,
            (first[at][name], second[at][name]),
            (rated[0][0], rated[1][0]),
            (rated[0][1], rated[1][1]),
            others,
        )

    def world(self, masks: Masks, view: View) -> World:
        """The world of some masks that is nearest to the assumed one."""
        world = [dict(values) for values in self.found.world]
        for at, column, fact in self.board.facts():
            name = fact.field.name
            world[at][name] = self.board.value(fact.field, masks[at][column], view[at][name], world[at][name])
        return self.board.settled(tuple(world))


def _rated(board: Board, world: World, scale: int) -> tuple[int, int]:
    told = board.grid.tallies[scale].bounds(board.states(board.masks_of_world(world)))
    return told.level_low, told.total_low


def _weights(fact: Fact, rows: Sequence[Outcome]) -> tuple[list[float], bool]:
    """The weight of each run of values: as stated, else all alike."""
    if fact.distribution is None:
        return [1 / len(rows)] * len(rows), False
    return [mass(fact.distribution, row.values, fact.field.type == "integer") for row in rows], True


class _Exhausted(Exception):
    """Raised when a search has used up its budget."""


class _PairSearch:
    """Searches for two worlds that differ in one fact alone and rate otherwise."""

    def __init__(self, board: Board, at: int, column: int, apart: _Apart, bearing: frozenset[int], budget: int) -> None:
        self.board, self.at, self.column, self.apart, self.budget = board, at, column, apart, budget
        self.readers = bearing & set(board.grid.readers.get((board.entities[at].kind, column), ()))
        self.nodes = 0

    def hit(self, masks: Masks, home: Masks) -> tuple[Masks, tuple[int, int], int] | None:
        """The masks that both share, the two bins, and the scale; None if there is no such pair. Raises _Exhausted."""
        bins = [i for i in range(masks[self.at][self.column].bit_length()) if masks[self.at][self.column] >> i & 1]
        for start in (home, masks):  # a pair near the assumed world is the one to show
            for other in bins[1:]:
                found = self.search(start, bins[0], other)
                if found:
                    return found[0], (bins[0], other), found[1]
        return None

    def search(self, masks: Masks, first: int, second: int) -> tuple[Masks, int] | None:
        """Masks in which the fact at one bin and at the other comes apart for certain, and the scale."""
        a, b = (self.board.states(moved(masks, self.at, self.column, 1 << i)) for i in (first, second))
        stack = [(masks, a, b)]
        while stack:
            masks, a, b = stack.pop()
            self.nodes += 1
            if self.nodes > self.budget:
                raise _Exhausted
            tallies = self.board.grid.tallies
            scale = self.apart([t.bounds(a) for t in tallies], [t.bounds(b) for t in tallies])
            if scale >= 0:
                return masks, scale
            if scale == _SAME or all(a[i] == b[i] != CANNOT_TELL for i in self.readers):
                continue
            wanted = self.wanted(masks, a, b)
            if wanted is None:
                continue
            at, column, accept = wanted
            for part in (accept, ~accept):
                narrowed = moved(masks, at, column, masks[at][column] & part)
                key = (self.board.entities[at].kind, column)
                stack.append((narrowed, self.refined(a, narrowed, first, key), self.refined(b, narrowed, second, key)))
        return None

    def refined(self, states: list[int], masks: Masks, bin: int, column: tuple[str, int]) -> list[int]:
        return self.board.refined(states, moved(masks, self.at, self.column, 1 << bin), column)

    def wanted(self, masks: Masks, a: list[int], b: list[int]) -> tuple[int, int, int] | None:
        """The test to split on: one that a rule reading the fact waits on, else any."""
        fixed = moved(masks, self.at, self.column, 1)
        for states in (self.waiting(a), self.waiting(b), a, b):
            found = self.board.wanted(fixed, states)
            if found is not None:
                return found[0], found[1].column, found[1].accept
        return None

    def waiting(self, states: list[int]) -> list[int]:
        """The states of the rules that may change with the fact; the others as if decided."""
        return [state if i in self.readers else NO for i, state in enumerate(states)]


def _between(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]]) -> int:
    """See `_Apart`, for (least, greatest) on each scale."""
    same = True
    for scale, ((low, high), (other_low, other_high)) in enumerate(zip(a, b, strict=True)):
        if high < other_low or other_high < low:
            return scale
        same &= low == high == other_low == other_high
    return _SAME if same else _OPEN


def _headline(a: list[Bounds], b: list[Bounds]) -> int:
    return _levels(a[:1], b[:1])


def _levels(a: list[Bounds], b: list[Bounds]) -> int:
    return _between([(x.level_low, x.level_high) for x in a], [(x.level_low, x.level_high) for x in b])


def _totals(a: list[Bounds], b: list[Bounds]) -> int:
    return _between([(x.total_low, x.total_high) for x in a], [(x.total_low, x.total_high) for x in b])
