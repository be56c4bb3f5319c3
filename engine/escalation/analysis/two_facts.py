"""What two facts come to together: the rating at every pair of their values, the other facts as they stand.

Values of a number matter only by the lines that rules draw, so steps are taken together wherever no rule, and no
rating here, tells them apart: the edges of a step are the exact places where something changes. Every cell has been
run through both engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import NamedTuple

from escalation.analysis.fixing import joined
from escalation.analysis.rated import Json, Rated, head, mode
from escalation.analysis.vary import Axis
from escalation.assess import Assessment, run_world
from escalation.diagnostics import InputError, Mark, Problem
from escalation.paths import CHANGE
from escalation.rating import arithmetic
from escalation.sets import Numbers, Scalar, Set, contains, intersection, interval, is_empty, nearest, only, whole
from escalation.trace import set_data
from escalation.vocabulary import Field

__all__ = ["MOST_CELLS", "Side", "Step", "TwoFacts", "two_facts"]

MOST_CELLS = 2_000
"""Cells that are rated, each by both engines: some seconds."""


class Step(NamedTuple):
    """A run of values of one fact with the same ratings all along the other, and the value at which it was rated.

    `now` is whether the fact has one of them in the assumed world.
    """

    values: Set
    value: Scalar
    now: bool


class Side(NamedTuple):
    """One of the two facts, and its steps in order."""

    axis: Axis
    steps: tuple[Step, ...]


class TwoFacts(NamedTuple):
    """The ratings. `cells[i][j]` is that of step i of `up` with step j of `across`."""

    found: Assessment
    across: Side
    up: Side
    cells: tuple[tuple[Rated, ...], ...]

    def data(self) -> Json:
        """The answer as JSON data."""
        return {
            **head([self.found]),
            "question": "two_facts",
            **{
                name: {
                    "fact": side.axis.path,
                    "steps": [{"values": set_data(s.values), "value": s.value, "now": s.now} for s in side.steps],
                }
                for name, side in (("across", self.across), ("up", self.up))
            },
            "cells": [[cell.data(self.found.pack) for cell in row] for row in self.cells],
        }


def two_facts(found: Assessment, across: Axis, up: Axis) -> TwoFacts:
    """The rating at every pair of values of two facts. Raises InputError (VARY-3) for more than MOST_CELLS."""
    sides = [list(_pieces(found, axis)) for axis in (across, up)]
    if (number := prod(map(len, sides))) > MOST_CELLS:
        message = f"{across.path} and {up.path} have {number:,} pairs of values that rules may tell apart"
        raise InputError([Problem("VARY-3", message, Mark(CHANGE, 1, 1), help=f"at most {MOST_CELLS:,}: vary fewer")])
    cells = [[_rated(found, (across, one.value), (up, other.value)) for one in sides[0]] for other in sides[1]]
    steps_up, lines = _merged(up, sides[1], cells)
    steps_across, columns = _merged(across, sides[0], list(zip(*lines, strict=True)))
    return TwoFacts(found, Side(across, steps_across), Side(up, steps_up), tuple(zip(*columns, strict=True)))


def _pieces(found: Assessment, axis: Axis) -> Iterator[Step]:
    """The runs of values of an axis that no rule tells apart, or the values one by one where they are no steps."""
    field, home = axis.field, found.world[axis.entity][axis.field.name]
    assert field.domain is not None
    sets: Iterable[Set] = map(only, axis.values)
    if axis.steps:
        first, last = axis.values[0], axis.values[-1]
        assert not isinstance(first, str) and not isinstance(last, str)
        extent = interval(first, last)
        sets = (intersection(piece, extent) for piece in found.board.grid.bins.get(field.key, (field.domain,)))
    for values in sets:
        inside = whole(values) if isinstance(values, Numbers) and field.type == "integer" else values
        if not is_empty(inside):
            value = nearest(inside, home, field.step, field.order)
            yield Step(inside, value, contains(inside, home))


def _rated(found: Assessment, *pairs: tuple[Axis, Scalar]) -> Rated:
    """The assumed world with some facts at other values, run through the engines."""
    world = [dict(own) for own in found.world]
    for axis, value in pairs:
        world[axis.entity][axis.field.name] = value
    outcome = run_world(found.pack, found.scenario, found.board.settled(tuple(world)), mode(found))
    sums = tuple(arithmetic(found.pack, outcome.fired, scale) for scale in found.pack.scales)
    return Rated(outcome.fired, outcome.concluded, sums)


def _merged(
    axis: Axis, steps: Sequence[Step], rows: Sequence[Sequence[Rated]]
) -> tuple[tuple[Step, ...], list[Sequence[Rated]]]:
    """Neighbouring steps that come to the same all along, as one; values that were named one by one stay apart."""

    def told(at: int) -> object:
        return [[(one.level, one.total) for one in cell.scales] for cell in rows[at]] if axis.steps else at

    found: list[Step] = []
    kept: list[Sequence[Rated]] = []
    for _, group in groupby(range(len(steps)), told):
        numbers = list(group)
        first = next((i for i in numbers if steps[i].now), numbers[0])
        found.append(_joined(axis.field, [steps[i] for i in numbers], steps[first]))
        kept.append(rows[first])
    return tuple(found), kept


def _joined(field: Field, steps: Sequence[Step], kept: Step) -> Step:
    values = joined(field, (step.values for step in steps))
    assert values is not None
    return kept._replace(values=values)
