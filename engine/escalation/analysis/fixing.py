"""One fact fixed at each of its runs of values, everything else as it stands: what `even-if` and `unknowns` rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple

from escalation.analysis.rated import Json, mode
from escalation.assess import Assessment, run_world
from escalation.diagnostics import InternalError
from escalation.grid import Masks
from escalation.ledger import View, stated_view
from escalation.rating import Arithmetic, arithmetic
from escalation.scenario import Fact, World
from escalation.sensitivity import closed
from escalation.sets import Numbers, Scalar, Set, intersection, is_empty, nearest, union, whole
from escalation.trace import set_data
from escalation.vocabulary import Field
from escalation.worlds import ranges

__all__ = ["Outcome", "confirm", "everything_open", "joined", "moved", "outcomes", "tested"]


class Outcome(NamedTuple):
    """A run of values of one fact: the nearest of them, and what fixing the fact there comes to on the headline scale.

    `level` and `score` are of the assumed world otherwise, `low` and `high` the range over what else is open.
    """

    values: Set
    value: Scalar
    level: int
    score: int
    low: int
    high: int
    score_low: int
    score_high: int

    def data(self, names: Sequence[str]) -> Json:
        """As JSON; `names` are those of the levels."""
        return {
            "values": set_data(self.values),
            "level": names[self.level - 1],
            "score": self.score,
            "low": names[self.low - 1],
            "high": names[self.high - 1],
        }


def tested(found: Assessment) -> Iterator[tuple[int, int, Fact]]:
    """The facts that some rule reads, as (entity, column on the grid, fact); closed lists are left out."""
    return ((at, column, fact) for at, column, fact in found.board.facts() if not closed(fact))


def everything_open(found: Assessment) -> View:
    """What each fact may be if all that is not stated is open too; lists that are not stated stay closed."""
    return tuple(
        {
            name: fact.field.domain
            if fact.state == "assumed" and fact.field.domain and not closed(fact)
            else fact.possible
            for name, fact in entity.facts.items()
            if fact.possible is not None
        }
        for entity in found.scenario.entities
    )


def outcomes(found: Assessment, at: int, column: int, within: Set) -> tuple[Outcome, ...]:
    """What each run of values inside `within` comes to, in order of value."""
    board = found.board
    field = board.grid.columns[found.scenario.entities[at].kind][column]
    base = board.masks_of_world(found.world)
    states, doubt = board.states(base), _doubt(found, at, field)
    rows = []
    for i, piece in enumerate(board.grid.bins[field.key]):
        values = intersection(piece, within)
        if is_empty(values):
            continue
        masks = moved(base, at, column, 1 << i)
        sums = board.grid.tallies[0].bounds(board.changed(states, masks, [(field.entity, column)]))
        value = nearest(values, found.world[at][field.name], field.step, field.order)
        level, score = sums.level_low, sums.total_low
        row = Outcome(values, value, level, score, level, level, score, score)
        world = _at(found, at, field, value)
        confirm(found, world, lambda told, row=row: (told[0].level, told[0].total) == (row.level, row.score))  # type: ignore[misc]
        if doubt:
            low, high, score_low, score_high = _ends(found, at, field, values, world)
            row = row._replace(low=low, high=high, score_low=score_low, score_high=score_high)
        rows.append(row)
    return tuple(rows)


def confirm(found: Assessment, world: World, promised: Callable[[Sequence[Arithmetic]], bool]) -> None:
    """Run a world through the engines, and add it up. Raises InternalError if that is not what a search promised."""
    fired = run_world(found.pack, found.scenario, world, mode(found)).fired
    sums = [arithmetic(found.pack, fired, scale) for scale in found.pack.scales]
    if not promised(sums):
        told = ", ".join(f"{one.scale} {one.total}" for one in sums)
        raise InternalError(f"a world of {found.scenario.id} rates otherwise than searched: {told}")


def moved(masks: Masks, at: int, column: int, bins: int) -> Masks:
    """The masks with one fact in other bins."""
    row = masks[at]
    return (*masks[:at], (*row[:column], bins, *row[column + 1 :]), *masks[at + 1 :])


def joined(field: Field, sets: Iterable[Set]) -> Set | None:
    """All of several sets of values of a field; None if there are none."""
    together = reduce(union, sets) if (sets := list(sets)) else None
    return whole(together) if isinstance(together, Numbers) and field.type == "integer" else together


def _doubt(found: Assessment, at: int, field: Field) -> bool:
    """Whether anything but this fact is open."""
    return any(fact.state == "open" and (i, fact.field.key) != (at, field.key) for i, _, fact in tested(found))


def _at(found: Assessment, at: int, field: Field, value: Scalar) -> World:
    """The assumed world with one fact at another value."""
    world = [dict(own) for own in found.world]
    world[at][field.name] = value
    return found.board.settled(tuple(world))


def _ends(found: Assessment, at: int, field: Field, values: Set, world: World) -> tuple[int, int, int, int]:
    """The ends of the range with one fact in some values; their witnesses have passed the engines."""
    view = list(stated_view(found.scenario.entities))
    view[at] = {**view[at], field.name: values}
    extent = ranges(found.board, view, world)[0]
    for name, end in (("level_low", extent.level_low), ("level_high", extent.level_high)):
        witness = extent.witnesses[name]
        if witness is not None and witness != world:
            confirm(found, witness, lambda told, end=end: told[0].level == end)  # type: ignore[misc]
    return extent.level_low, extent.level_high, extent.total_low, extent.total_high
