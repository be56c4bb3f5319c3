"""The search behind `flip`: all smallest sets of changes that reach a goal, on the grid.

A knob is a fact that may be moved, to any other of its bins, or several that one statement of the file covers. Sets
are grown knob by knob with the chosen knobs left open, and a branch is dropped as soon as the sound bounds of `rating`
show that nothing in it reaches the goal; what is left is settled bin by bin. One more entity of a dated kind counts as
one change: its facts that an event makes run over all their bins, and those that answer every question of the rules
alike are tried as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark
from escalation.grid import Board, Masks
from escalation.scenario import Entity
from escalation.sensitivity import Result, result_of
from escalation.vocabulary import Field

__all__ = ["BUDGET", "Exhausted", "Further", "Goal", "Hit", "Knob", "Row", "Search", "further_of"]

BUDGET = 300_000  # evaluations of one search, some 10 seconds
ROWS = 20_000  # combinations of bins of one further entity
Row: TypeAlias = tuple[int, ...]
"""The bins of one entity's tested fields, as bits, in the order of the grid's columns."""


class Exhausted(Exception):
    """Raised when a search has used up its budget."""


class Goal(NamedTuple):
    """Levels of a scale (its number in the pack) to reach: at least `level` if `up`, else at most."""

    scale: int
    up: bool
    level: int

    def near(self, board: Board, states: Sequence[int]) -> bool:
        """Whether some world of these states may reach it; certain where every state is decided."""
        found = board.grid.tallies[self.scale].bounds(states)
        return found.level_high >= self.level if self.up else found.level_low <= self.level


class Knob(NamedTuple):
    """What one change may move: a fact of one entity, or of several that one statement covers, to other bins.

    `column` is the field's on the grid. The facts of a knob move together.
    """

    entities: tuple[int, ...]
    column: int
    field: Field
    bins: int


class Further(NamedTuple):
    """Everything that one more entity of a kind could be, the gentlest first.

    `varied` are the columns that run; `classes` are rows that no question of the rules tells apart; `gravity` orders
    the rows.
    """

    kind: str
    varied: tuple[int, ...]
    classes: tuple[tuple[Row, ...], ...]
    gravity: dict[Row, int]


class Hit(NamedTuple):
    """A set that reaches the goal: the bin of each knob moved, the class of a further entity or -1, and the result."""

    bins: tuple[tuple[Knob, int], ...]
    further: int
    result: Result


class Search:
    """Sets of changes from one world, of a size at a time. With `further`, one more entity is part of every set."""

    def __init__(self, board: Board, base: Masks, knobs: Sequence[Knob], goal: Goal, further: Further | None = None):
        self.knobs, self.goal, self.further, self.evaluated = tuple(knobs), goal, further, 0
        self.at = board.spans[further.kind][1] if further else len(base)
        self.board, self.base = _with_one_more(board, base, further, self.at) if further else (board, base)
        if further:
            self.knobs = tuple(k._replace(entities=tuple(e + (e >= self.at) for e in k.entities)) for k in self.knobs)

    def hits(self, size: int, budget: int = BUDGET) -> list[Hit]:
        """All sets of `size` changes that reach the goal. Raises Exhausted."""
        self.budget = self.evaluated + budget
        left = size - 1 if self.further else size
        return list(self.grown(0, left, (), self.base, self.board.states(self.base)))

    def grown(self, start: int, left: int, chosen: tuple[Knob, ...], masks: Masks, states: list[int]) -> Iterator[Hit]:
        """The hits among sets that hold the knobs chosen (open in `masks`) and `left` more from `start` on."""
        if not left:
            yield from self.settled(chosen, masks, states)
            return
        if left > 1 or len(self.knobs) - start > 2:
            rest = self.knobs[start:]
            opened = _opened(masks, rest)
            if not self.near(self.changed(states, opened, rest)):
                return
        taken = {(entity, knob.column) for knob in chosen for entity in knob.entities}
        for i in range(start, len(self.knobs) - left + 1):
            knob = self.knobs[i]
            if any((entity, knob.column) in taken for entity in knob.entities):
                continue  # a set moves each fact once
            moved = _moved(masks, knob, knob.bins)
            after = self.changed(states, moved, (knob,))
            if left > 1 or self.near(after):
                yield from self.grown(i + 1, left - 1, (*chosen, knob), moved, after)

    def settled(self, chosen: tuple[Knob, ...], masks: Masks, states: list[int]) -> Iterator[Hit]:
        """Every combination of bins of the chosen knobs, and of further entities, that reaches the goal."""
        if not self.near(states):
            return
        for number, row in enumerate(self.rows()):
            settled = masks if row is None else (*masks[: self.at], row, *masks[self.at + 1 :])
            after = states if row is None else self.with_row(states, settled)
            for bins, result in self.narrowed(chosen, settled, after):
                own = tuple((k._replace(entities=tuple(e - (e > self.at) for e in k.entities)), i) for k, i in bins)
                yield Hit(own, -1 if row is None else number, result)

    def narrowed(
        self, todo: tuple[Knob, ...], masks: Masks, states: list[int]
    ) -> Iterator[tuple[tuple[tuple[Knob, int], ...], Result]]:
        if not self.near(states):
            return
        if not todo:
            yield (), result_of(self.board, states)
            return
        knob = todo[0]
        for i in _bits(knob.bins):
            moved = _moved(masks, knob, 1 << i)
            for rest, result in self.narrowed(todo[1:], moved, self.changed(states, moved, (knob,))):
                yield ((knob, i), *rest), result

    def rows(self) -> Iterable[Row | None]:
        return [members[0] for members in self.further.classes] if self.further else [None]

    def with_row(self, states: list[int], masks: Masks) -> list[int]:
        assert self.further
        self.count()
        return self.board.changed(states, masks, [(self.further.kind, column) for column in self.further.varied])

    def changed(self, states: list[int], masks: Masks, knobs: Iterable[Knob]) -> list[int]:
        self.count()
        return self.board.changed(states, masks, {(knob.field.entity, knob.column) for knob in knobs})

    def near(self, states: list[int]) -> bool:
        return self.goal.near(self.board, states)

    def count(self) -> None:
        self.evaluated += 1
        if self.evaluated > self.budget:
            raise Exhausted


def further_of(board: Board, kind: str, held: Iterable[str] = ()) -> Further | None:
    """What one more entity of a kind could be, as far as rules read it; None if there is nothing or too much to try.

    The facts that an event makes run over all their bins, apart from the fields named in `held`, from words of lists,
    and from what is worked out; the others stand at what the vocabulary assumes.
    """
    fields = board.grid.columns[kind]
    start = [1 << board.bin_of(field, _assumed(field)) for field in fields]
    varied = [
        i
        for i, f in enumerate(fields)
        if f.changed_by == "event" and not f.member_of and not f.derive and f.name not in held
    ]
    axes = [range(len(board.grid.bins[fields[i].key])) for i in varied]
    number = 1
    for axis in axes:
        number *= len(axis)
    if not fields or number > ROWS:
        return None
    classes: dict[tuple[int, ...], list[Row]] = {}
    gravity: dict[Row, int] = {}
    for chosen in sorted(product(*axes), key=lambda bins: _gravity(board, fields, varied, bins)):
        row = list(start)
        for column, i in zip(varied, chosen, strict=True):
            row[column] = 1 << i
        answers = tuple(ask((tuple(row),), 0, {}) for ask in board.grid.predicates[kind])
        classes.setdefault(answers, []).append(tuple(row))
        gravity[tuple(row)] = len(gravity)
    return Further(kind, tuple(varied), tuple(map(tuple, classes.values())), gravity)


def _gravity(board: Board, fields: Sequence[Field], varied: Sequence[int], bins: Sequence[int]) -> tuple[int, ...]:
    """How grave a combination is: steps past the gentlest bin of each field, in all and then field by field."""
    steps = []
    for column, i in zip(varied, bins, strict=True):
        field = fields[column]
        last = len(board.grid.bins[field.key]) - 1
        home = board.bin_of(field, _assumed(field))
        steps.append(i if field.direction == "raises" else last - i if field.direction == "lowers" else int(i != home))
    return sum(steps), *steps


def _assumed(field: Field) -> int | float | str | bool:
    assert field.assume is not None and not isinstance(field.assume, tuple)
    return field.assume


def _with_one_more(board: Board, base: Masks, further: Further, at: int) -> tuple[Board, Masks]:
    """The board with one more entity at the end of its kind, open over all its classes."""
    model = Entity(further.kind, "", {}, Mark("", 1, 1))
    widest = [0] * len(board.grid.columns[further.kind])
    for members in further.classes:
        for row in members:
            widest = [a | b for a, b in zip(widest, row, strict=True)]
    more = Board(board.grid, (*board.entities[:at], model, *board.entities[at:]))
    return more, (*base[:at], tuple(widest), *base[at:])


def _moved(masks: Masks, knob: Knob, bins: int) -> Masks:
    rows = list(masks)
    for entity in knob.entities:
        row = rows[entity]
        rows[entity] = (*row[: knob.column], bins, *row[knob.column + 1 :])
    return tuple(rows)


def _opened(masks: Masks, knobs: Iterable[Knob]) -> Masks:
    """The masks with some knobs at any bin, moved or not."""
    rows = [list(row) for row in masks]
    for knob in knobs:
        for entity in knob.entities:
            rows[entity][knob.column] |= knob.bins
    return tuple(map(tuple, rows))


def _bits(mask: int) -> Iterator[int]:
    return (i for i in range(mask.bit_length()) if mask >> i & 1)
