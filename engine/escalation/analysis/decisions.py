"""The rating as a table over what a decision can change: every combination of terms, exact, small enough to carry.

A page without the engine can then answer what-if: values matter only by bin, so each fact that a decision changes has a
few choices, and their product is a table of cells. Cells are found by narrowing one fact after the other on the grid;
where the rules are decided before the last fact is chosen, the rest of that block is one outcome. Many cells share
an outcome, so the table holds numbers of outcomes. Facts that do not fit the budget are named and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from escalation.analysis.rated import Json, head
from escalation.assess import Assessment
from escalation.grid import Board, Masks
from escalation.ledger import CANNOT_TELL, YES
from escalation.paths import path_to
from escalation.sensitivity import Result, closed, result_of
from escalation.sets import Scalar, Set, nearest
from escalation.trace import set_data
from escalation.vocabulary import Field

__all__ = ["CELLS", "Choice", "Control", "Decisions", "decisions"]

CELLS = 6_000  # some 20 kB in a page
_CHANGED_BY = "decision"


class Choice(NamedTuple):
    """One bin of a fact: the values that no rule tells apart, and the one of them nearest to the value now."""

    values: Set
    value: Scalar


class Control(NamedTuple):
    """A fact that a decision can change: its entity, its choices in order, and which of them holds now."""

    entity: int
    field: Field
    path: str
    choices: tuple[Choice, ...]
    now: int


class Decisions(NamedTuple):
    """The table. `cells` gives the outcome of every combination of choices, the last control running fastest.

    `left_out` are facts that a decision can change and that the budget leaves as they are in the assumed world.
    """

    found: Assessment
    controls: tuple[Control, ...]
    left_out: tuple[Control, ...]
    outcomes: tuple[Result, ...]
    cells: tuple[int, ...]

    def cell(self, chosen: Sequence[int]) -> int:
        """The number of the cell of a combination of choices, one for each control."""
        at = 0
        for control, choice in zip(self.controls, chosen, strict=True):
            at = at * len(control.choices) + choice
        return at

    def outcome(self, chosen: Sequence[int]) -> Result:
        """What a combination of choices comes to."""
        return self.outcomes[self.cells[self.cell(chosen)]]

    @property
    def now(self) -> tuple[int, ...]:
        """The choices of the assumed world."""
        return tuple(control.now for control in self.controls)

    def fired(self, outcome: Result) -> tuple[int, ...]:
        """The numbers of the rules that fire in an outcome, in pack order."""
        return tuple(i for i, state in enumerate(outcome.fired) if state == YES)

    def data(self) -> Json:
        """The table as JSON data."""
        return {
            **head([self.found]),
            "question": "decisions",
            "scales": [scale.name for scale in self.found.pack.scales],
            "controls": [
                {
                    "fact": control.path,
                    "choices": [{"value": c.value, "same_result": set_data(c.values)} for c in control.choices],
                    "now": control.now,
                }
                for control in self.controls
            ],
            "left_out": [control.path for control in self.left_out],
            "outcomes": [
                {"levels": list(one.levels), "scores": list(one.totals), "fired": self._ids(one)}
                for one in self.outcomes
            ],
            "cells": list(self.cells),
        }

    def _ids(self, outcome: Result) -> list[str]:
        return [self.found.pack.rules[i].id for i in self.fired(outcome)]


def decisions(found: Assessment, most: int = CELLS) -> Decisions:
    """The table over the facts that a decision can change, in at most `most` cells.

    Where they are too many, those are kept first that move the score most by themselves. All other facts stand as they
    do in the assumed world.
    """
    every = list(_controls(found))
    kept: list[Control] = []
    for control in sorted(every, key=lambda one: -_moves(found, one)):
        if prod(len(one.choices) for one in (*kept, control)) <= most:
            kept.append(control)
    controls = tuple(one for one in every if one in kept)
    numbers: dict[tuple[int, ...], int] = {}
    cells: list[int] = []
    for states, count in _blocks(found.board, controls, _opened(found, controls)):
        cells += [numbers.setdefault(tuple(states), len(numbers))] * count
    outcomes = tuple(result_of(found.board, list(states)) for states in numbers)
    return Decisions(found, controls, tuple(one for one in every if one not in kept), outcomes, tuple(cells))


def _controls(found: Assessment) -> Iterator[Control]:
    board, world = found.board, found.world
    for at, _, fact in board.facts():
        field, bins = fact.field, board.grid.bins[fact.field.key]
        if field.changed_by != _CHANGED_BY or field.derive or len(bins) < 2 or closed(fact):
            continue
        home = world[at][field.name]
        choices = tuple(Choice(piece, nearest(piece, home, field.step, field.order)) for piece in bins)
        path = path_to(found.scenario, found.pack.vocabulary, at, field.name)
        yield Control(at, field, path, choices, board.bin_of(field, home))


def _moves(found: Assessment, control: Control) -> int:
    """How far the control moves the headline score by itself, in points; a move of the level counts for more."""
    own = [c.result for c in found.changes if (c.entity, c.field.key) == (control.entity, control.field.key)]
    home = found.rating
    return max((abs(r.totals[0] - home.score) + 100 * (r.levels[0] != home.level) for r in own), default=0)


def _opened(found: Assessment, controls: Sequence[Control]) -> Masks:
    """The masks of the assumed world with every control open."""
    rows = [list(row) for row in found.board.masks_of_world(found.world)]
    for control in controls:
        rows[control.entity][_column(found.board, control)] = (1 << len(control.choices)) - 1
    return tuple(map(tuple, rows))


def _blocks(board: Board, controls: Sequence[Control], masks: Masks) -> Iterator[tuple[list[int], int]]:
    """The states of all rules for runs of cells in order, each with the number of cells."""

    def narrowed(at: int, masks: Masks, states: list[int]) -> Iterator[tuple[list[int], int]]:
        if CANNOT_TELL not in states:
            yield states, prod(len(one.choices) for one in controls[at:])
            return
        control = controls[at]
        column, row = _column(board, control), masks[control.entity]
        for i in range(len(control.choices)):
            cut = (*row[:column], 1 << i, *row[column + 1 :])
            after = (*masks[: control.entity], cut, *masks[control.entity + 1 :])
            yield from narrowed(at + 1, after, board.refined(states, after, (control.field.entity, column)))

    return narrowed(0, masks, board.states(masks))


def _column(board: Board, control: Control) -> int:
    return board.grid.columns[control.field.entity].index(control.field)
