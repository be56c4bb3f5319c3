"""What single changes do: every other bin of every fact, one at a time, from one world.

Confidence rests on these, and so do the panels on assumed facts and cliff edges. A list that is not stated is closed:
that nothing is in it is what its absence says, and not a guess at each of its words.
"""

from typing import NamedTuple

from escalation.grid import Board, Masks
from escalation.scenario import Fact, World
from escalation.sets import Scalar, Set, nearest
from escalation.vocabulary import Field

__all__ = ["Change", "Result", "closed", "result_of", "single_changes", "without_entity"]


class Result(NamedTuple):
    """Level and total on each scale, in the order of the pack's scales, and the states of the rules."""

    levels: tuple[int, ...]
    totals: tuple[int, ...]
    fired: tuple[int, ...]


class Change(NamedTuple):
    """One fact of one entity moved to another bin, at the value there nearest to where it was."""

    entity: int
    field: Field
    bin: int
    values: Set
    value: Scalar
    result: Result


def closed(fact: Fact) -> bool:
    """Whether a fact is a word of a list that is not stated, and so is not open to doubt."""
    return fact.state == "assumed" and fact.field.member_of is not None


def result_of(board: Board, states: list[int]) -> Result:
    """The rating that decided states come to."""
    found = [tally.bounds(states) for tally in board.grid.tallies]
    return Result(tuple(b.level_low for b in found), tuple(b.total_low for b in found), tuple(states))


def single_changes(board: Board, world: World) -> tuple[Change, ...]:
    """Every change of one fact to another of its bins, with what it comes to; closed lists stay as they are."""
    base = board.masks_of_world(world)
    states = board.states(base)
    at_home = result_of(board, states)
    found = []
    for at, column, fact in board.facts():
        if closed(fact):
            continue
        field = fact.field
        for i, piece in enumerate(board.grid.bins[field.key]):
            if base[at][column] == 1 << i:
                continue
            masks = _with(base, at, column, 1 << i)
            after = board.changed(states, masks, [(field.entity, column)])
            result = at_home if after == states else result_of(board, after)
            value = nearest(piece, world[at][field.name], field.step, field.order)
            found.append(Change(at, field, i, piece, value, result))
    return tuple(found)


def without_entity(board: Board, world: World, at: int) -> Result:
    """What the rating comes to if one entity were not there."""
    rest = Board(board.grid, (*board.entities[:at], *board.entities[at + 1 :]))
    return result_of(rest, rest.states(rest.masks_of_world((*world[:at], *world[at + 1 :]))))


def _with(masks: Masks, at: int, column: int, mask: int) -> Masks:
    row = masks[at]
    return (*masks[:at], (*row[:column], mask, *row[column + 1 :]), *masks[at + 1 :])
