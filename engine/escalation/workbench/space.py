"""What the entities of one kind can be, as far as some tests and counts can tell: finite, and listed completely.

The values of a field matter only through the tests asked about, so each field falls into a few classes; an entity is
one class for each field; and of any number of entities only the counts matter, each up to the number past which a
count accepts all or nothing. So `Population.options` covers every number of entities there can be, not only small ones:
it closes the empty population under adding one entity, each count held at its cap. Every option comes with the plainest
population that shows it: a value that the vocabulary assumes costs nothing, every other value and every entity costs 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import count, product
from math import inf
from typing import NamedTuple, TypeAlias

from escalation.ledger import NO, YES
from escalation.rules import Test
from escalation.sets import Numbers, Set, contains, nearest, subset
from escalation.vocabulary import EntityKind, Field, field_bins
from escalation.workbench.formulas import Formula, state

__all__ = ["Being", "Option", "Population", "settles_at"]

Being: TypeAlias = dict[str, tuple[Field, Set]]
"""One entity of an answer: for each field asked about, the class that its value lies in."""


class Option(NamedTuple):
    """One way the atoms of a population can come out together: their truths, and the plainest population for it.

    Where one entity was singled out, it is the first of `beings`.
    """

    truths: tuple[bool, ...]
    cost: int
    beings: tuple[Being, ...]


class _Sort(NamedTuple):
    """A sort of entity: the formulas that hold of it, and the plainest entity of that sort."""

    holds: tuple[bool, ...]
    cost: int
    being: Being


class _Counted(NamedTuple):
    """That the number of entities with `where` is accepted, if the one singled out counted by `single` instead."""

    where: int
    single: int
    accept: Numbers


class _Single(NamedTuple):
    """That a formula holds of the entity singled out."""

    formula: int


class Population:
    """The entities of one kind in one question: tests and formulas are added as conditions are compiled."""

    def __init__(self, kind: EntityKind) -> None:
        self.kind = kind
        self.singled = not kind.many
        self._tests: dict[tuple[str, Set], int] = {}
        self._fields: dict[str, Field] = {}
        self._formulas: dict[Formula, int] = {}
        self._atoms: dict[_Counted | _Single, int] = {}

    def test(self, test: Test) -> int:
        """The number of a test of one entity, as an atom of formulas about one entity."""
        self._fields[test.field.name] = test.field
        return self._tests.setdefault((test.field.name, test.accept), len(self._tests))

    def counted(self, where: Formula, single: Formula, accept: Numbers) -> int:
        """The atom that a count accepts; `single` is what counts for the entity singled out, in place of `where`."""
        self.singled = self.singled or where != single
        return self._atom(_Counted(self._formula(where), self._formula(single), accept))

    def single(self, formula: Formula) -> int:
        """The atom that a formula holds of the entity singled out (of a kind with one entity: of that one)."""
        self.singled = True
        return self._atom(_Single(self._formula(formula)))

    def options(self) -> list[Option]:
        """Every way in which the atoms can come out together, plainest first."""
        sorts = self._sorts()
        singles: list[_Sort | None] = [*sorts] if self.singled else [None]
        best: dict[tuple[bool, ...], Option] = {}
        for numbers, cost, others in self._others(sorts):
            for one in singles:
                if numbers[0] + (one is not None) < self.kind.at_least:
                    continue
                truths = tuple(self._truth(atom, numbers, one) for atom in self._atoms)
                total = cost + (one.cost if one else 0)
                if truths not in best or total < best[truths].cost:
                    beings = (*((one.being,) if one else ()), *(sort.being for sort in others))
                    best[truths] = Option(truths, total, beings)
        return sorted(best.values(), key=lambda option: option.cost)

    def _atom(self, atom: _Counted | _Single) -> int:
        return self._atoms.setdefault(atom, len(self._atoms))

    def _formula(self, formula: Formula) -> int:
        return self._formulas.setdefault(formula, len(self._formulas))

    def _truth(self, atom: _Counted | _Single, numbers: Sequence[int], one: _Sort | None) -> bool:
        if isinstance(atom, _Single):
            assert one is not None
            return one.holds[atom.formula]
        return contains(atom.accept, numbers[1 + atom.where] + (one is not None and one.holds[atom.single]))

    def _sorts(self) -> list[_Sort]:
        """Every sort of entity that the formulas tell apart."""
        best: dict[tuple[bool, ...], _Sort] = {}
        tests = list(self._tests)
        classes = [list(self._classes(field)) for field in self._fields.values()]
        for chosen in product(*classes):
            passed = {name: piece for name, piece, _ in chosen}
            truths = [YES if subset(passed[name], accept) else NO for name, accept in tests]
            holds = tuple(state(formula, truths.__getitem__) == YES for formula in self._formulas)
            cost = sum(cost for *_, cost in chosen)
            if holds not in best or cost < best[holds].cost:
                being = {name: (self._fields[name], piece) for name, piece, _ in chosen}
                best[holds] = _Sort(holds, cost, being)
        return sorted(best.values(), key=lambda sort: sort.cost)

    def _classes(self, field: Field) -> Iterator[tuple[str, Set, int]]:
        """The classes of a field: (name, values, cost), the plainest run of values for each way the tests come out."""
        accepts = [accept for name, accept in self._tests if name == field.name]
        best: dict[tuple[bool, ...], tuple[float, Set]] = {}
        for piece in field_bins(field, accepts):
            came_out = tuple(subset(piece, accept) for accept in accepts)
            far = _distance(field, piece)
            if came_out not in best or far < best[came_out][0]:
                best[came_out] = (far, piece)
        listed = field.member_of is not None  # to say it in a list besides is less plain than to say it
        for far, piece in best.values():
            yield field.name, piece, int(far > 0) * (1 + listed)

    def _others(self, sorts: list[_Sort]) -> Iterator[tuple[tuple[int, ...], int, tuple[_Sort, ...]]]:
        """Every population besides the one singled out, up to the caps: (numbers, cost, its members).

        The first number is how many there are, the others how many satisfy each formula.
        """
        caps = [self.kind.at_least] + [0] * len(self._formulas)
        for atom in self._atoms:
            if isinstance(atom, _Counted):
                caps[1 + atom.where] = max(caps[1 + atom.where], settles_at(atom.accept))
        start = (0,) * len(caps)
        reached: set[tuple[int, ...]] = set()
        ties = count()
        waiting: list[tuple[int, int, tuple[int, ...], tuple[_Sort, ...]]] = [(0, next(ties), start, ())]
        while waiting:
            cost, _, numbers, members = heappop(waiting)
            if numbers in reached:
                continue
            reached.add(numbers)
            yield numbers, cost, members
            for sort in sorts if self.kind.many else ():
                grown = tuple(min(cap, n + more) for cap, n, more in zip(caps, numbers, (1, *sort.holds), strict=True))
                if grown not in reached:
                    heappush(waiting, (cost + 1 + sort.cost, next(ties), grown, (*members, sort)))


def settles_at(accept: Numbers) -> int:
    """The least number from which on every count is accepted, or none is.

    >>> from escalation.sets import interval
    >>> settles_at(interval(1)), settles_at(interval(0, 0)), settles_at(interval(2, 3))
    (1, 1, 4)
    """
    ends = [0]
    for i in accept.intervals:
        ends += [int(i.low)] if i.low != -inf else []
        ends += [int(i.high) + 1] if i.high != inf else []
    return max(ends)


def _distance(field: Field, piece: Set) -> float:
    """How far a run of values is from what the vocabulary assumes: 0 if that lies in it."""
    home = field.assume
    assert home is not None and not isinstance(home, tuple)
    value = nearest(piece, home, field.step, field.order)
    if value == home and type(value) is type(home):
        return 0
    if isinstance(value, (str, bool)) or isinstance(home, (str, bool)):
        known = value in field.order and home in field.order
        return abs(field.order.index(str(value)) - field.order.index(str(home))) if known else 1
    return abs(value - home)
