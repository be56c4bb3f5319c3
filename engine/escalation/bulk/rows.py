"""Rows: many scenarios as columns of codes, the form in which the kernel takes them.

A row is one scenario. Facts of entities of which there is one stand in columns as long as the rows; those of entities
in lists in columns as long as all entities together, with `starts` to say whose they are. A fact is the number of its
bin; where facts are open, a column has masks of bins too. Bins are those of `layout.py`: equal codes rate alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from escalation.bulk.layout import BITS, Column, Layout
from escalation.facts import the_only
from escalation.scenario import Entity, Scenario
from escalation.sets import Numbers, Scalar, Set

__all__ = ["Coder", "Ints", "Rows", "coded", "codes_of", "words_of"]

Ints = NDArray[Any]


class Rows(NamedTuple):
    """`n` rows. `codes` are by field key; so are `masks` (entities by words of bins), for columns with open facts only.

    `starts[kind]` has n + 1 numbers: the entities of row i are those from starts[i] up to starts[i + 1].
    """

    n: int
    starts: dict[str, Ints]
    codes: dict[str, Ints]
    masks: dict[str, Ints]

    def part(self, first: int, end: int) -> "Rows":
        """The rows from `first` up to `end`, as views of the same memory."""
        spans = {kind: slice(int(own[first]), int(own[end])) for kind, own in self.starts.items()}
        many = {kind: own[first : end + 1] - spans[kind].start for kind, own in self.starts.items()}
        single = slice(first, end)
        codes = {key: own[spans.get(_kind(key), single)] for key, own in self.codes.items()}
        masks = {key: own[spans.get(_kind(key), single)] for key, own in self.masks.items()}
        return Rows(end - first, many, codes, masks)

    def take(self, which: Ints) -> "Rows":
        """The rows of these numbers, in this order."""
        starts, entities = {}, {}
        for kind, own in self.starts.items():
            sizes = own[which + 1] - own[which]
            ends = np.concatenate([[0], np.cumsum(sizes)])
            starts[kind] = ends
            entities[kind] = np.arange(ends[-1]) + np.repeat(own[which] - ends[:-1], sizes)
        pick = {key: which if self._is_single(key) else entities[_kind(key)] for key in self.codes}
        return Rows(
            len(which),
            starts,
            {key: codes[pick[key]] for key, codes in self.codes.items()},
            {key: masks[pick[key]] for key, masks in self.masks.items()},
        )

    def open(self) -> Ints:
        """The numbers of the rows in which some fact is open between bins, in order."""
        found = np.zeros(self.n, dtype=bool)
        for key, masks in self.masks.items():
            several = _several(masks)
            if self._is_single(key):
                found |= several
            else:
                starts = self.starts[_kind(key)]
                before = np.concatenate([[0], np.cumsum(several)])
                found |= before[starts[1:]] > before[starts[:-1]]
        return np.flatnonzero(found)

    def masks_of(self, column: Column) -> Ints:
        """The masks of a column, made from its codes where nothing in it is open."""
        found = self.masks.get(column.field.key)
        if found is not None:
            return found
        codes = self.codes[column.field.key].astype(np.int64)
        made = np.zeros((len(codes), column.words), dtype=np.int64)
        made[np.arange(len(codes)), codes // BITS] = np.left_shift(1, codes % BITS)
        return made

    def _is_single(self, key: str) -> bool:
        return _kind(key) not in self.starts


class Coder:
    """Codes worlds one after the other; `rows` gives all of them."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.n = layout, 0
        self._ends: dict[str, list[int]] = {kind: [0] for kind in layout.kinds if layout.many(kind)}
        self._codes: dict[str, list[int]] = {key: [] for key in layout.column}
        self._masks: dict[str, dict[int, int]] = {}  # field key -> place -> mask, of what is open

    def add(
        self,
        entities: Sequence[Entity],
        best: Sequence[Mapping[str, Scalar]],
        possible: Sequence[Mapping[str, Set]] | None = None,
    ) -> None:
        """Add a row: for each entity the value of every field that rules test, and what it may be if that is open."""
        counted = dict.fromkeys(self._ends, 0)
        for at, entity in enumerate(entities):
            if entity.kind in counted:
                counted[entity.kind] += 1
            for column in self.layout.columns[entity.kind]:
                name, codes = column.field.name, self._codes[column.field.key]
                if possible is not None and the_only(possible[at][name]) is None:
                    self._masks.setdefault(column.field.key, {})[len(codes)] = column.mask(possible[at][name])
                codes.append(column.code(best[at][name]))
        for kind, number in counted.items():
            self._ends[kind].append(self._ends[kind][-1] + number)
        self.n += 1

    def rows(self) -> Rows:
        """All rows added so far."""
        columns = self.layout.column
        made = Rows(
            self.n,
            {kind: np.array(ends, dtype=np.int64) for kind, ends in self._ends.items()},
            {key: np.array(codes, dtype=columns[key].code_type) for key, codes in self._codes.items()},
            {},
        )
        for key, opened in self._masks.items():
            masks = made.masks_of(columns[key])
            for place, mask in opened.items():
                masks[place] = words_of(mask, columns[key].words)
            made.masks[key] = masks
        return made


def coded(layout: Layout, scenarios: Iterable[Scenario]) -> Rows:
    """Scenarios as rows: the assumed world of each, and what is open in it."""
    coder = Coder(layout)
    for scenario in scenarios:
        best: list[dict[str, Any]] = []
        possible: list[dict[str, Set]] = []
        for entity in scenario.entities:
            best.append({name: fact.best for name, fact in entity.facts.items()})
            possible.append({n: fact.possible for n, fact in entity.facts.items() if fact.possible is not None})
        coder.add(scenario.entities, best, possible)
    return coder.rows()


def codes_of(column: Column, numbers: Ints) -> Ints:
    """The codes of many numbers of a column. A number outside the domain gets the code of the nearest bin; no NaN."""
    ends = [piece.intervals[-1] for piece in column.bins[:-1] if isinstance(piece, Numbers)]
    inside = np.array([i.high for i in ends if not i.high_open], dtype=np.float64)  # ends that belong to their bin
    beside = np.array([i.high for i in ends if i.high_open], dtype=np.float64)
    found = np.searchsorted(inside, numbers, "left") + np.searchsorted(beside, numbers, "right")
    return found.astype(column.code_type)


def words_of(mask: int, words: int) -> list[int]:
    """A mask of bins as a row of words of `BITS` bits, the lowest first."""
    return [mask >> BITS * w & (1 << BITS) - 1 for w in range(words)]


def _several(masks: Ints) -> Ints:
    """Whether each mask has more than one bit."""
    some = masks != 0
    more: Ints = ((masks & (masks - 1)) != 0).any(axis=1) | (some.sum(axis=1) > 1)
    return more


def _kind(key: str) -> str:
    return key.partition(".")[0]
