"""`assess even-if`: how far each fact may move with no change of level, and the edges that it stands near.

Every fact is moved by itself, through all the runs of values that the rules tell apart, the other facts as they stand.
What the level would be is exact, and so is the range over what is open. A cliff edge is a line drawn by a rule that a
stated number, or an end of a stated range, lies just beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from escalation.analysis.fixing import Outcome, joined, outcomes, tested
from escalation.analysis.rated import Json, head
from escalation.assess import Assessment
from escalation.paths import path_to
from escalation.rules import Test, walk
from escalation.scenario import Fact
from escalation.sets import Interval, Numbers, Scalar, Set, Words, contains
from escalation.trace import set_data
from escalation.vocabulary import Field

__all__ = ["NEAR", "Cliff", "EvenIf", "Room", "even_if"]

NEAR = 0.05  # of a number: how near a line it stands beside it
_PARAMETER = re.compile(r"\$(\w+)")


class Cliff(NamedTuple):
    """A line that a rule draws, and a stated number beside it.

    `end` says which number: value, low, high or one_of. `gap` is what is left to the line, in the field's unit (0: on
    it). Beyond it the rules in `rules` are asked otherwise, and the level and score come to what is given.
    """

    end: str
    number: float
    line: float
    gap: float
    parameters: tuple[str, ...]
    rules: tuple[str, ...]
    level: int
    score: int


class Room(NamedTuple):
    """One fact and how far it may move by itself.

    `keeps` are the values with which the level stays as it is, `run` those of them around the present value without a
    break, `range_keeps` those with which the ends of the range stay. `outcomes` has all runs of values, joined where
    they come to the same.
    """

    path: str
    entity: int
    fact: Fact
    value: Scalar
    keeps: Set
    run: Set
    range_keeps: Set | None
    outcomes: tuple[Outcome, ...]
    cliffs: tuple[Cliff, ...]

    @property
    def anywhere(self) -> bool:
        """Whether no value changes the level."""
        return self.keeps == self.fact.field.domain


class EvenIf(NamedTuple):
    """How far each fact of an assessment may move; the facts are in the order of the scenario."""

    found: Assessment
    near: float
    rooms: tuple[Room, ...]

    def data(self) -> Json:
        """The answer as JSON data."""
        names = [level.name for level in self.found.pack.levels]
        return {
            **head([self.found]),
            "question": "even_if",
            "scale": self.found.rating.scale,
            "level": names[self.found.rating.level - 1],
            "near": self.near,
            "facts": [
                {
                    "fact": room.path,
                    "state": room.fact.state,
                    "value": room.value,
                    "any_value": room.anywhere,
                    "keeps_level": set_data(room.keeps),
                    "around_value": set_data(room.run),
                    "keeps_range": room.range_keeps and set_data(room.range_keeps),
                    "outcomes": [one.data(names) for one in room.outcomes],
                    "cliffs": [{**one._asdict(), "level": names[one.level - 1]} for one in room.cliffs],
                }
                for room in self.rooms
            ],
        }


def even_if(found: Assessment, near: float = NEAR) -> EvenIf:
    """How far each fact may move. `near` is the relative distance within which a line counts as a cliff edge."""
    return EvenIf(found, near, tuple(_room(found, at, column, fact, near) for at, column, fact in tested(found)))


def _room(found: Assessment, at: int, column: int, fact: Fact, near: float) -> Room:
    field, head = fact.field, found.rating
    assert field.domain is not None
    value = found.world[at][field.name]
    rows = outcomes(found, at, column, field.domain)
    keeps = joined(field, (row.values for row in rows if row.level == head.level))
    assert keeps is not None  # the present value is among them
    return Room(
        path_to(found.scenario, found.pack.vocabulary, at, field.name),
        at,
        fact,
        value,
        keeps,
        _run(field, rows, value, head.level),
        joined(field, (row.values for row in rows if (row.low, row.high) == (head.low, head.high))),
        tuple(_together(field, rows)),
        tuple(_cliffs(found, fact, rows, near)) if isinstance(field.domain, Numbers) else (),
    )


def _run(field: Field, rows: Sequence[Outcome], value: Scalar, level: int) -> Set:
    """The values around the present one that keep the level; all that keep it where there is no order."""
    if not field.order and not isinstance(field.domain, Numbers):
        whole = joined(field, (row.values for row in rows if row.level == level))
    else:
        at = next(i for i, row in enumerate(rows) if contains(row.values, value))
        first = last = at
        while first and _next_to(field, rows[first - 1], value) and rows[first - 1].level == level:
            first -= 1
        while last + 1 < len(rows) and _next_to(field, rows[last + 1], value) and rows[last + 1].level == level:
            last += 1
        whole = joined(field, (row.values for row in rows[first : last + 1]))
    assert whole is not None
    return whole


def _next_to(field: Field, row: Outcome, value: Scalar) -> bool:
    """Whether a run can stand beside the present value: a word off the order stands beside none."""
    return not isinstance(row.values, Words) or (row.values.words <= set(field.order)) == (value in field.order)


def _together(field: Field, rows: Sequence[Outcome]) -> Iterator[Outcome]:
    """Runs that come to the same, as one, in the order of the first of each."""
    groups: dict[tuple[int, ...], list[Outcome]] = {}
    for row in rows:
        groups.setdefault(row[2:], []).append(row)
    for group in groups.values():
        whole = joined(field, (row.values for row in group))
        assert whole is not None
        yield group[0]._replace(values=whole)


def _cliffs(found: Assessment, fact: Fact, rows: Sequence[Outcome], near: float) -> Iterator[Cliff]:
    for end, number in _numbers(fact):
        at = next(i for i, row in enumerate(rows) if contains(row.values, number))
        for beside, up in ((at - 1, False), (at + 1, True)):
            if not 0 <= beside < len(rows):
                continue
            line, gap = _edge(rows[at].values, rows[beside].values, number, up)
            counted = fact.field.type == "integer" and gap <= 1
            if gap / max(abs(line), abs(number), 1e-9) <= near or counted:
                parameters, rules = _drawn_by(found, fact.field, rows[at].values, rows[beside].values)
                yield Cliff(end, number, line, gap, parameters, rules, rows[beside].level, rows[beside].score)


def _numbers(fact: Fact) -> list[tuple[str, float]]:
    """The numbers that are stated: the value, the ends of a range, alternatives. What is assumed is not stated."""
    if fact.state == "assumed" or not isinstance(fact.possible, Numbers):
        return []
    best = [("value", float(fact.best))] if isinstance(fact.best, (int, float)) else []
    if fact.state == "stated":
        return best
    if fact.alternatives:
        return [("one_of", float(a.value)) for a in fact.alternatives if isinstance(a.value, (int, float))]
    low, high = fact.possible.intervals[0].low, fact.possible.intervals[-1].high
    ends = [("low", float(low)), ("high", float(high))]
    return [] if fact.possible == fact.field.domain else [*ends, *(b for b in best if b[1] not in (low, high))]


def _edge(own: Set, other: Set, number: float, up: bool) -> tuple[float, float]:
    """The line between two neighbouring runs, and what is left from a number to the other side of it."""
    assert isinstance(own, Numbers) and isinstance(other, Numbers)
    line = other.intervals[0].low if up else own.intervals[0].low
    beyond = other.intervals[0].low if up else other.intervals[-1].high
    return float(line), abs(float(beyond) - number)


def _drawn_by(found: Assessment, field: Field, own: Set, other: Set) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parameters that draw the line between two runs, and the rules that ask on which side a fact lies."""
    assert isinstance(own, Numbers) and isinstance(other, Numbers)
    names: dict[str, None] = {}
    rules: dict[str, None] = {}
    for rule in found.pack.rules:
        for test in walk(rule.when):
            if isinstance(test, Test) and test.field.key == field.key and _tells(test.accept, own, other):
                rules[rule.id] = None
                names.update(dict.fromkeys(_named(found, field, test, own, other)))
    return tuple(names), tuple(rules)


def _tells(accept: Set, own: Numbers, other: Numbers) -> bool:
    """Whether a test has one of two runs and not the other."""
    return contains(accept, _inside(own.intervals[0])) != contains(accept, _inside(other.intervals[0]))


def _inside(piece: Interval) -> float:
    if piece.low == -inf or piece.high == inf:
        return piece.high - 1 if piece.low == -inf else piece.low + 1
    return (piece.low + piece.high) / 2 if piece.low_open or piece.high_open else piece.low


def _named(found: Assessment, field: Field, test: Test, own: Numbers, other: Numbers) -> list[str]:
    """The parameters named in a test; of several, those that lie on the line."""
    names = [name for name in _PARAMETER.findall(test.written) if name in found.pack.parameters]
    if len(names) < 2:
        return names
    ends = {end for one in (own, other) for piece in one.intervals for end in (piece.low, piece.high)}
    on_line = []
    for name in names:
        parameter = found.pack.parameters[name]
        if isinstance(parameter.value, (int, float)):
            value = parameter.value * float(field.units.get(parameter.unit, "1"))
            on_line += [name for end in ends if abs(value - end) <= 1e-9 * max(1.0, abs(value))]
    return on_line or names
