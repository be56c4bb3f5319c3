"""Whether some scenario reaches a level: a search over everything that rules read, for any number of entities.

How many entities stand for any number is computed, not assumed: what a scenario fires depends on its entities only
through the counts of the rules, and of each count only up to the number past which it accepts all or none. So from any
scenario one can keep, for each count, that many of the entities that satisfy it, and drop the rest without changing a
rule. The sum over all counts of a kind is enough. Small scenarios are searched first, since a level that can be reached
mostly is reached by one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from escalation.derived import complete
from escalation.diagnostics import Mark
from escalation.facts import Entity
from escalation.grid import Board, Masks, grid_of
from escalation.ledger import CANNOT_TELL
from escalation.pack import Pack
from escalation.rating import Bounds
from escalation.rules import Count, walk
from escalation.scenario import World
from escalation.sets import Set
from escalation.workbench.made_up import as_of
from escalation.workbench.space import settles_at

__all__ = ["UNDECIDED", "enough", "reach"]

UNDECIDED: Final = "undecided"
_BUDGET = 20_000  # branches of one search; past it the question is left to the prover


def enough(pack: Pack) -> dict[str, int]:
    """For each kind of entity, how many stand for any number of them, so that no rule can tell the difference."""
    numbers = {}
    for kind in pack.vocabulary.kinds.values():
        counts = [n for rule in pack.rules for n in walk(rule.when) if isinstance(n, Count) and n.kind == kind.name]
        wheres = {(repr(count.where), count.accept): settles_at(count.accept) for count in counts}
        numbers[kind.name] = max(kind.at_least, sum(wheres.values())) if kind.many else 1
    return numbers


def reach(pack: Pack, scale: int, level: int) -> World | str | None:
    """A world that is rated at a level on a scale (by its number); None if there is none; UNDECIDED past the budget."""
    found: World | str | None = None
    for numbers in _sizes(pack):
        found = _searched(pack, numbers, scale, level)
        if found is not None and found != UNDECIDED:
            return found
    return found


def _sizes(pack: Pack) -> Iterator[dict[str, int]]:
    """Numbers of entities to search with, from the smallest that a scenario may have to those that are enough."""
    most = enough(pack)
    small = {name: max(kind.at_least, int(not kind.many)) for name, kind in pack.vocabulary.kinds.items()}
    one = {name: max(number, min(1, most[name])) for name, number in small.items()}
    sizes = [small, one, {name: max(number, min(2, most[name])) for name, number in one.items()}, most]
    yield from [size for i, size in enumerate(sizes) if size not in sizes[:i]]


def _searched(pack: Pack, numbers: dict[str, int], scale: int, level: int) -> World | str | None:
    day = as_of(pack)
    entities = tuple(
        Entity(kind, f"{kind}-{i}", complete(pack.vocabulary.of(kind), {}, Mark("", 1, 1), day), Mark("", 1, 1))
        for kind in pack.vocabulary.kinds
        for i in range(numbers[kind])
    )
    board = Board(grid_of(pack), entities)
    possible: list[dict[str, Set]] = [
        {name: f.field.domain for name, f in entity.facts.items() if f.field.readable and f.field.domain is not None}
        for entity in entities
    ]
    tally = board.grid.tallies[scale]
    masks = board.masks_of(possible)
    stack = [(masks, board.states(masks))]
    for _ in range(_BUDGET):
        if not stack:
            return None
        masks, states = stack.pop()
        bounds = tally.bounds(states)
        if not bounds.level_low <= level <= bounds.level_high:
            continue
        if bounds.level_low == bounds.level_high:
            return _world(board, masks, possible)
        children = [(m, board.refined(states, m, column)) for m, column in _split(board, masks, states)]
        children.sort(key=lambda child: -_gap(tally.bounds(child[1]), level))
        stack += children
    return UNDECIDED if stack else None


def _gap(bounds: Bounds, level: int) -> int:
    """How far the middle of what a branch may still come to is from a level."""
    return abs(bounds.level_low + bounds.level_high - 2 * level)


def _split(board: Board, masks: Masks, states: list[int]) -> list[tuple[Masks, tuple[str, int]]]:
    """The two halves of a branch: the undecided test on which most undecided points hang, passed and failed."""
    votes: dict[tuple[int, int, int, str], int] = {}
    for i, state in enumerate(states):
        for split in board.grid.splits[i] if state == CANNOT_TELL else ():
            for at in range(*board.spans[split.kind]):
                mask = masks[at][split.column]
                if mask & split.accept and mask & ~split.accept:
                    key = (at, split.column, split.accept, split.kind)
                    votes[key] = votes.get(key, 0) + board.grid.weights[i]
    at, column, accept, kind = max(votes, key=lambda key: (votes[key], -key[0]))
    row = masks[at]
    halves = (row[column] & accept, row[column] & ~accept)
    return [
        ((*masks[:at], (*row[:column], half, *row[column + 1 :]), *masks[at + 1 :]), (kind, column)) for half in halves
    ]


def _world(board: Board, masks: Masks, possible: list[dict[str, Set]]) -> World:
    """The world of these masks that is nearest to what the vocabulary assumes."""
    world = [
        {n: f.best for n, f in entity.facts.items() if f.field.readable and not isinstance(f.best, tuple)}
        for entity in board.entities
    ]
    for at, column, fact in board.facts():
        name = fact.field.name
        world[at][name] = board.value(fact.field, masks[at][column], possible[at][name], world[at][name])
    return board.settled(tuple(world))
