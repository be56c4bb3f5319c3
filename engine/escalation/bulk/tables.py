"""Tables to rows: whole columns are coded at once, and rows that are out of the ordinary are read as scenarios.

What the loader of scenarios does one after the other is done here by arrays, in the same order: cells are read, what
was dated later is dropped, what is not stated is inherited or assumed, ages and highest words are worked out. Whatever
could make a row special (a cell that is wrong or needs its whole row to be understood, warnings that may say the same,
too little said) makes it *odd*, and odd rows go through the loader itself: it alone refuses, and it alone merges.
"""

from __future__ import annotations

import re
from datetime import date
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from escalation.bulk.cells import NO_DAY, Days, Lexicon, Measure, Texts, prose
from escalation.bulk.layout import Column, Layout
from escalation.bulk.parts import Part, parts_of
from escalation.bulk.rows import Ints, Rows, words_of
from escalation.bulk.slots import ALL, Slot
from escalation.derived import complete
from escalation.diagnostics import Mark
from escalation.entities import ID
from escalation.facts import the_only
from escalation.scenario import PERCEIVERS
from escalation.sets import Numbers
from escalation.vocabulary import Field

__all__ = ["Coded", "TableCoder"]

_FEW = 12  # entities of a kind in one row that are compared with each other; a row with more is odd
_ID = f"^(?:{ID.replace('(', '(?:')})$"
_COMBINATIONS = 1 << 20  # combinations of texts that are looked up in a table; more are sorted
_HERE = Mark("", 1, 1)
_ANY_DAY = date(2000, 1, 1)  # for words, which no day changes
_Reader: TypeAlias = Texts | Measure


class Coded(NamedTuple):
    """A batch of a table: `rows` of the ordinary ones, and the numbers in the batch of these and of the odd ones."""

    rows: Rows
    ordinary: Ints
    odd: Ints
    parts: list[Part]


class _State(NamedTuple):
    """What the cells of one field say, by entity: numbers of texts, or values (NaN where nothing is stated)."""

    reader: _Reader
    data: Ints

    @property
    def stated(self) -> Ints:
        found: Ints = ~np.isnan(self.data) if isinstance(self.reader, Measure) else self.data != 0
        return found

    @property
    def said(self) -> Ints:
        found: Ints = self.reader.said[self.data] if isinstance(self.reader, Lexicon) else self.stated
        return found


class _Group:
    """The entities of one kind in a batch: the row of each, and what their cells say by key."""

    def __init__(self, rows: Ints, n: int) -> None:
        self.rows, self.n = rows, n
        self.states: dict[str, _State] = {}

    def keep(self, which: Ints) -> None:
        """Drop all entities but some."""
        self.rows = self.rows[which]
        self.states = {key: state._replace(data=state.data[which]) for key, state in self.states.items()}


class TableCoder:
    """Codes the batches of one table. It remembers the texts it has read."""

    def __init__(self, layout: Layout, slots: list[Slot]) -> None:
        self.layout, self.pack, self.slots = layout, layout.pack, slots
        self.vocabulary = layout.pack.vocabulary
        self.fields = {kind: self.vocabulary.of(kind) for kind in self.vocabulary.kinds}
        self.defaults = {kind: complete(own, {}, _HERE, _ANY_DAY) for kind, own in self.fields.items()}
        self._readers: dict[tuple[str, bool], _Reader] = {}
        self._worked: dict[tuple[str, tuple[int, ...]], tuple[int, int]] = {}
        self._needed = self._inputs()
        self._heads: dict[str, Texts] = {
            "as_of": Days(),
            "perceiver": Texts(self._outside),
            "id": Texts(lambda text: not re.fullmatch(ID, text) or text in self.vocabulary.kinds),
            "known_at": Days(),
            "source": Texts(lambda text: True),  # who says so is read with the row
            "grade": Texts(lambda text: True),
        }

    def code(self, batch: pa.RecordBatch) -> Coded:
        """Code a batch."""
        n, parts = batch.num_rows, parts_of(batch, self.slots)
        self._prepare(parts)
        odd = np.zeros(n, dtype=bool)
        day = self._head(parts, odd)
        groups = {kind: self._group(kind, parts, odd, day) for kind in self.vocabulary.kinds}
        self._names(parts, odd)
        made = Rows(n, {}, {}, {})
        for kind, group in groups.items():
            if inherits := self.vocabulary.kinds[kind].inherits:
                self._inherit(kind, group, groups[inherits])
            counts = np.bincount(group.rows, minlength=n)
            odd |= counts < self.vocabulary.kinds[kind].at_least
            self._needs(kind, group, odd)
            self._alike(kind, group, counts, odd)
            if self.layout.many(kind) and kind in self.layout.kinds:
                made.starts[kind] = np.concatenate([[0], np.cumsum(counts)])
            for column in self.layout.columns[kind]:
                codes, masks = self._column(column, group, day)
                made.codes[column.field.key] = codes
                if masks is not None:
                    made.masks[column.field.key] = masks
        if not odd.any():
            return Coded(made, np.arange(n), np.empty(0, dtype=np.int64), parts)
        ordinary = np.flatnonzero(~odd)
        return Coded(made.take(ordinary), ordinary, np.flatnonzero(odd), parts)

    # -- what is read

    def _prepare(self, parts: list[Part]) -> None:
        """Note which fields stand in columns of numbers only, and forget texts where there are too many."""
        texts = {part.slot.field.key for part in parts if part.slot.field and not part.numeric}
        self._numbers = {part.slot.field.key for part in parts if part.slot.field} - texts - self._needed
        readers = [r for r in (*self._readers.values(), *self._heads.values()) if isinstance(r, Texts)]
        if any(reader.full for reader in readers):
            self._worked.clear()
            for reader in readers:
                reader.forget()

    def _head(self, parts: list[Part], odd: Ints) -> Ints:
        """The day that each row is rated on."""
        day = np.zeros(len(odd), dtype=np.int64)
        for part in parts:
            if part.slot.kind or part.slot.key == "title":
                continue
            if part.slot.key == "id":
                odd |= ~part.matches(_ID)
                continue
            reader = self._heads[part.slot.key]
            ids = reader.ids(part.cells)
            odd |= reader.odd[ids] | (ids == 0)
            if isinstance(reader, Days):
                day = reader.day[ids]
        return day

    def _outside(self, text: str) -> bool:
        """Whether a cell names others than the perceivers of the pack."""
        field = self.vocabulary.fields.get(PERCEIVERS)
        codes = [word.strip() for word in text.split(",")]
        return any(code not in self.pack.perceivers or (field and code not in field.words) for code in codes)

    def _names(self, parts: list[Part], odd: Ints) -> None:
        """Entities that give an id: each must be one, and no two in a row the same."""
        reader = self._heads["id"]
        found = []
        for part in parts:
            if part.slot.kind and part.slot.key == "id":
                rows = np.arange(len(odd)) if part.rows is None else part.rows
                found.append((rows, reader.ids(part.cells)))
        if found:
            rows, ids = (np.concatenate(column) for column in zip(*found, strict=True))
            odd[rows[reader.odd[ids]]] = True
            keys = np.sort((rows << 32 | ids)[ids > 0])
            odd[keys[1:][keys[1:] == keys[:-1]] >> 32] = True

    def _group(self, kind: str, parts: list[Part], odd: Ints, day: Ints) -> _Group:
        """The entities of a kind with what is stated of them, without those dated later."""
        n, about = len(odd), self.vocabulary.kinds[kind]
        own = [part for part in parts if part.slot.kind == kind]
        listed = own[0] if own and own[0].slot.place == ALL else None
        places = 1 if listed else 1 + max((part.slot.place for part in own), default=0)
        group = _Group(np.repeat(np.arange(n), places) if listed is None or listed.rows is None else listed.rows, n)
        if listed:
            odd[listed.broken] = True
        present = np.full(len(group.rows), listed is not None or not about.many)
        by_key: dict[str, list[Part]] = {}
        for part in own:
            by_key.setdefault(part.slot.field.key if part.slot.field else part.slot.key, []).append(part)
        for key, where in by_key.items():
            state, wrong = self._state(where, len(group.rows), places)
            group.states[key] = state
            present |= state.stated | wrong
            odd[group.rows[wrong]] = True
        if "known_at" in group.states:  # what became known later changes what is stated
            odd[group.rows[self._day(group.states["known_at"]) > day[group.rows]]] = True
        dated = group.states.get(f"{kind}.{about.dated_by}")
        if dated is not None:
            late = self._day(dated) > day[group.rows]
            if about.many:
                present &= ~late
            else:
                odd |= late
        if not present.all():
            group.keep(np.flatnonzero(present))
        return group

    def _state(self, where: list[Part], size: int, places: int) -> tuple[_State, Ints]:
        """What the cells of one field say, for all entities of a kind, and which of them are odd."""
        reader = self._reader(where)
        data = np.full(size, np.nan) if isinstance(reader, Measure) else np.zeros(size, dtype=np.int32)
        wrong = np.zeros(size, dtype=bool)
        for part in where:
            mine = slice(None) if part.slot.place == ALL else slice(part.slot.place, None, places)
            if isinstance(reader, Measure):
                data[mine], precision = part.values()
                wrong[mine] = reader.odd(data[mine], precision) | part.not_numbers()
            else:
                data[mine] = reader.ids(part.cells)
        if isinstance(reader, Texts):
            wrong = reader.odd[data]
        return _State(reader, data), wrong

    def _reader(self, where: list[Part]) -> _Reader:
        field = where[0].slot.field
        if field is None:
            return self._heads[where[0].slot.key]
        numeric = field.type in ("number", "integer") and field.key in self._numbers
        found = self._readers.get((field.key, numeric))
        if found is None:
            found = self._readers[field.key, numeric] = self._new_reader(field, numeric)
        return found

    def _new_reader(self, field: Field, numeric: bool) -> _Reader:
        columns = [c for c in self.layout.column.values() if field in (c.field, self._list_of(c))]
        if numeric:
            return Measure(field, columns[0] if columns else None)
        if field.type == "text" and field.key not in self._needed:
            return prose()
        return Lexicon(field, columns, field.type == "date" and field.key in self._needed)

    def _inputs(self) -> set[str]:
        """The fields whose words matter beyond the rules: to what is worked out, to days, and to what is the same."""
        found = set()
        for name, kind in self.vocabulary.kinds.items():
            derived = [f.derive[1] for f in self.fields[name].values() if f.derive]
            same = [group for group in kind.same_when if len(group) == 1]
            dated = [(kind.dated_by,)] if kind.dated_by else []
            found |= {f"{name}.{n}" for group in (*derived, *same, *dated) for n in group}
        return found

    def _list_of(self, column: Column) -> Field | None:
        """The field of words of which a column is one."""
        field = column.field
        return self.vocabulary.fields[f"{field.entity}.{field.member_of[0]}"] if field.member_of else None

    # -- what follows

    def _inherit(self, kind: str, group: _Group, parent: _Group) -> None:
        """Where an entity does not state a field of its own, what the entity that it inherits from states of it."""
        if not parent.states:
            return
        for field in self.fields[kind].values():
            above = parent.states.get(field.key)
            if above is None:
                continue
            shared = above.data[group.rows]  # one such entity in every row
            own = group.states.get(field.key)
            data = np.where(own.stated, own.data, shared) if own else shared
            group.states[field.key] = _State(above.reader, data)

    def _needs(self, kind: str, group: _Group, odd: Ints) -> None:
        """Rows with an entity that says too little are odd."""
        for needs in self.pack.needs:
            if needs.kind != kind:
                continue
            enough = np.zeros(len(group.rows), dtype=bool)
            for names in needs.groups:
                all_said = np.ones(len(group.rows), dtype=bool)
                for name in names:  # of what is worked out nothing is known here, and the row is odd
                    state = group.states.get(f"{kind}.{name}")
                    all_said &= state.said if state is not None else False
                enough |= all_said
            odd[group.rows[~enough]] = True

    def _alike(self, kind: str, group: _Group, counts: Ints, odd: Ints) -> None:
        """Rows with entities that may say the same are odd: those that agree in every field that stands alone."""
        about = self.vocabulary.kinds[kind]
        if not about.same_when or not len(counts) or counts.max() < 2:
            return
        key, able = np.zeros(len(group.rows), dtype=np.int64), np.ones(len(group.rows), dtype=bool)
        for names in about.same_when:
            field = self.fields[kind][names[0]]
            if len(names) > 1 or field.derive or field.member_of:
                continue
            state = group.states.get(field.key)
            if state is None and field.name not in self.defaults[kind]:
                return  # nothing is said of it anywhere, and so nothing is the same
            if state is not None and isinstance(state.reader, Lexicon):
                same = state.reader.same[state.data]
                able &= same >= 0
                key = key * 1_000_003 + same  # whatever two keys have in common by chance only makes a row odd
        odd |= counts > _FEW
        for apart in range(1, min(int(counts.max()), _FEW)):
            first, second = slice(None, -apart), slice(apart, None)
            alike = (group.rows[first] == group.rows[second]) & (key[first] == key[second])
            odd[group.rows[first][alike & able[first] & able[second]]] = True

    # -- codes

    def _column(self, column: Column, group: _Group, day: Ints) -> tuple[Ints, Ints | None]:
        """The codes of a column for the entities of a group, and masks where something is open."""
        field = column.field
        if field.derive:
            return self._derived(column, group, day)
        home = self._list_of(column) or field
        state = group.states.get(home.key)
        if state is None:
            return np.full(len(group.rows), self._default(column), dtype=column.code_type), None
        if isinstance(state.reader, Measure):
            return state.reader.codes(state.data, self._default(column)), None
        assert isinstance(state.reader, Lexicon)
        return state.reader.codes(column, state.data)

    def _default(self, column: Column) -> int:
        """The code where nothing is stated."""
        best = self.defaults[column.field.entity][column.field.name].best
        assert not isinstance(best, tuple)
        return column.code(best)

    def _derived(self, column: Column, group: _Group, day: Ints) -> tuple[Ints, Ints | None]:
        """The codes of a field that is worked out from others."""
        field = column.field
        assert field.derive is not None
        derivation, names = field.derive
        states = [group.states.get(f"{field.entity}.{name}") for name in names]
        if not any(states):
            return np.full(len(group.rows), self._default(column), dtype=column.code_type), None
        if derivation == "days_before_as_of":
            assert states[0] is not None
            return self._ages(column, day[group.rows], self._day(states[0])), None
        return self._highest(column, [(name, s) for name, s in zip(names, states, strict=True) if s])

    def _ages(self, column: Column, day: Ints, dated: Ints) -> Ints:
        """Whole days from a date to the day rated, within the domain."""
        domain = column.field.domain
        assert isinstance(domain, Numbers)
        low, high = int(domain.intervals[0].low), int(domain.intervals[-1].high)
        ages = np.where(dated == NO_DAY, np.nan, np.clip(day - dated, low, high))
        return Measure(column.field, column).codes(ages, self._default(column))

    def _highest(self, column: Column, inputs: list[tuple[str, _State]]) -> tuple[Ints, Ints | None]:
        """What follows from each combination of texts, worked out once for each."""
        sizes = [int(state.data.max(initial=0)) + 1 for _, state in inputs]
        combined = np.ravel_multi_index([state.data for _, state in inputs], sizes)
        if prod(sizes) <= _COMBINATIONS:
            seen = np.zeros(prod(sizes), dtype=bool)
            seen[combined] = True
            inverse = (np.cumsum(seen) - 1)[combined]
            combinations = np.flatnonzero(seen)
        else:
            combinations, inverse = np.unique(combined, return_inverse=True)
        each = zip(*(ids.tolist() for ids in np.unravel_index(combinations, sizes)), strict=True)
        found = [self._work_out(column, inputs, ids) for ids in each]
        codes: Ints = np.array([code for code, _ in found], dtype=column.code_type)[inverse]
        if not any(mask for _, mask in found):
            return codes, None
        table = np.array([words_of(mask or 1 << code, column.words) for code, mask in found], dtype=np.int64)
        masks: Ints = table.reshape(-1, column.words)[inverse]
        return codes, masks

    def _work_out(self, column: Column, inputs: list[tuple[str, _State]], ids: tuple[int, ...]) -> tuple[int, int]:
        """The code that follows from some texts, and the mask if it is open (else 0)."""
        key = (column.field.key, ids)
        if key not in self._worked:
            stated = {}
            for (name, state), number in zip(inputs, ids, strict=True):
                assert isinstance(state.reader, Lexicon)
                if number and (fact := state.reader.facts[number]) is not None:
                    stated[name] = fact
            fact = complete(self.fields[column.field.entity], stated, _HERE, _ANY_DAY)[column.field.name]
            assert not isinstance(fact.best, tuple) and fact.possible is not None
            opened = the_only(fact.possible) is None
            self._worked[key] = column.code(fact.best), column.mask(fact.possible) if opened else 0
        return self._worked[key]

    def _day(self, state: _State) -> Ints:
        """The day that each entity states."""
        assert isinstance(state.reader, (Days, Lexicon))
        found: Ints = state.reader.day[state.data]
        return found
