"""What cells of tables say: each distinct text of a field is read once, by the reader that reads scenarios.

A cell is what a YAML file may have in its place: a value, one with a unit, `unknown`, or a short form such as
`{low: 70, high: 90 km}`; words of a list stand with commas between them. An empty cell states nothing. Texts of a field
are numbered as they are met, 0 for nothing, and whatever rating needs of a text stands in arrays by its number. A text
that is wrong, or right in a way that needs more than its own field to understand (known only later, dated to a month),
is *odd*: rows with one are read again as whole scenarios, which also says what is wrong with them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from math import inf, nextafter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from escalation.bulk.layout import Column
from escalation.bulk.rows import Ints, words_of
from escalation.derived import assumed, members
from escalation.diagnostics import Mark, Problems
from escalation.facts import Fact, the_only
from escalation.read import Dated
from escalation.sets import Numbers, Set
from escalation.source import Listing, Node, Text, parse
from escalation.statement import Cover, FactReader
from escalation.vocabulary import Field

__all__ = ["NO_DAY", "Days", "Lexicon", "Measure", "Texts", "cell", "prose", "readable", "words"]

NO_DAY = 0
"""The day of a text without one, among days counted from 1 January of the year 1."""
_MANY = 200_000  # distinct texts kept
_HERE = Mark("", 1, 1)
_PLAIN = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?")  # what a double holds as it is written


def cell(field: Field, text: str, mark: Mark, problems: Problems) -> Node | None:
    """A cell as the node that a YAML file would hold in its place; None if there is none, as `problems` then tell."""
    if text[:1] == "{" or (text[:1] == "[" and field.type != "text"):
        return parse(text.encode("utf-8", "replace"), mark.file, problems)
    if field.type == "words" and text != "unknown":
        return words(text, mark)
    return Text(text, field.type != "text" or text == "unknown", mark)


def words(text: str, mark: Mark) -> Listing:
    """Words with commas between them as a list."""
    return Listing(tuple(Text(word.strip(), True, mark) for word in text.split(",") if word.strip()), mark)


class Texts:
    """The distinct texts of cells, numbered from 1 by what `read` says of them: whether a text is odd.

    `odd` is an array by number. There may be no end of texts, so numbers hold for one batch: see `full`.
    """

    def __init__(self, read: Callable[[str], bool] | None = None) -> None:
        self._is_odd = read
        self.forget()

    def forget(self) -> None:
        """Start numbering again."""
        self._numbers: dict[str | bytes, int] = {}
        self._odd = [False]

    def ids(self, cells: pa.Array) -> Ints:
        """The number of the text in each cell; cells are text, bytes or numbers, plain or as a dictionary."""
        encoded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        known = [self._number(text) for text in readable(encoded.dictionary).to_pylist()]
        indices = pc.fill_null(encoded.indices, len(known)) if encoded.null_count else encoded.indices
        found: Ints = np.array([*known, 0], dtype=np.int32)[indices.to_numpy(zero_copy_only=False)]
        return found

    @property
    def full(self) -> bool:
        """Whether there are so many texts by now that it is time to forget them."""
        return len(self._numbers) > _MANY

    @property
    def odd(self) -> Ints:
        """By number, whether a text is odd."""
        return np.array(self._odd, dtype=bool)

    def _number(self, text: str | bytes | None) -> int:
        found = self._numbers.get(text) if text is not None else 0
        if found is None:
            assert text is not None
            found = self._numbers[text] = self._new(text)
        return found

    def _new(self, text: str | bytes) -> int:
        try:
            plain = (text.decode() if isinstance(text, bytes) else text).strip()
        except UnicodeDecodeError:
            plain = "\ufffd"
            return self._add(plain, True)
        return self._add(plain, False) if plain else 0

    def _add(self, text: str, broken: bool) -> int:
        self._odd.append(broken or (self._is_odd is not None and self._is_odd(text)))
        return len(self._odd) - 1


def prose() -> Texts:
    """Texts of which nothing matters but that they are there."""
    return Texts(lambda text: text[0] == "{")


class Days(Texts):
    """Texts that are days: `day` gives the day of each number; a month, a year and what is no date are odd."""

    def forget(self) -> None:
        """Start numbering again."""
        super().forget()
        self._days = [NO_DAY]

    @property
    def day(self) -> Ints:
        """By number, the day, counted from 1 January of the year 1."""
        return np.array(self._days, dtype=np.int64)

    def _add(self, text: str, broken: bool) -> int:
        day = _day_of(text)
        self._days.append(day)
        return super()._add(text, broken or day == NO_DAY)


class Lexicon(Texts):
    """The distinct texts of the cells of one field, and the facts they state.

    `columns` are those of the layout that the field fills: its own, or one for each word of a list. `dated` says that
    days are worked out from it, so that a text without one is odd.
    """

    def __init__(self, field: Field, columns: Iterable[Column], dated: bool = False) -> None:
        self.field, self.columns, self.dated = field, tuple(columns), dated
        self._members = [column.field for column in self.columns if column.field.member_of]
        self._alike: dict[object, int] = {}
        self._nothing = assumed(field, _HERE)
        own = [column for column in self.columns if not column.field.member_of]
        self._column = own[0] if own else None
        self._ends = _ends(self._column) if self._column and field.type == "number" else None
        super().__init__()

    def forget(self) -> None:
        """Start numbering again."""
        super().forget()
        self.facts: list[Fact | None] = [self._nothing]
        self._codes: dict[str, list[int]] = {column.field.key: [] for column in self.columns}
        self._masks: dict[str, dict[int, int]] = {column.field.key: {} for column in self.columns}
        self._said, self._days, self._same = [False], [NO_DAY], [self._alike_of(self._nothing)]
        self._code(self._nothing, 0)

    @property
    def said(self) -> Ints:
        """By number, whether a text says anything: is not open over the whole domain."""
        return np.array(self._said, dtype=bool)

    @property
    def day(self) -> Ints:
        """By number, the day that a text states."""
        return np.array(self._days, dtype=np.int64)

    @property
    def same(self) -> Ints:
        """By number, a number that is equal for texts that say the same, and -1 for one that says nothing."""
        return np.array(self._same, dtype=np.int64)

    def codes(self, column: Column, ids: Ints) -> tuple[Ints, Ints | None]:
        """The codes of cells by the numbers of their texts, and the masks if something in them is open."""
        key = column.field.key
        codes: Ints = np.array(self._codes[key], dtype=column.code_type)[ids]
        opened = np.zeros(len(self.facts), dtype=bool)
        opened[list(self._masks[key])] = True
        if not (self._masks[key] and opened[ids].any()):
            return codes, None
        table = np.array([words_of(1 << code, column.words) for code in self._codes[key]], dtype=np.int64)
        for number, mask in self._masks[key].items():
            table[number] = words_of(mask, column.words)
        masks: Ints = table[ids]
        return codes, masks

    def _add(self, text: str, broken: bool) -> int:
        if self._ends and not broken and _PLAIN.fullmatch(text):
            return self._plain(float(text), *self._ends)
        fact = None if broken else self._fact(text)
        day = _day_of(str(fact.best)) if fact and self.field.type == "date" else NO_DAY
        if fact and (fact.known_at or fact.seen_to or (self.dated and day == NO_DAY)):
            fact = None
        said = fact is not None and (fact.state == "stated" or fact.possible != self.field.domain)
        self._keep(fact, fact is None, said, day, self._alike_of(fact))
        return len(self._odd) - 1

    def _plain(self, value: float, ends: list[float], low: float) -> int:
        """A number as it stands, of which there may be many: coded without a fact."""
        inside = low <= value <= ends[-1]
        self._keep(None, not inside, inside, NO_DAY, self._alike.setdefault(value, len(self._alike)))
        if inside and self._column:
            self._codes[self._column.field.key][-1] = bisect_left(ends, value)
        return len(self._odd) - 1

    def _keep(self, fact: Fact | None, odd: bool, said: bool, day: int, same: int) -> None:
        self._odd.append(odd)
        self.facts.append(fact)
        self._said.append(said)
        self._days.append(day)
        self._same.append(same)
        self._code(fact or self._nothing, len(self._odd) - 1)

    def _fact(self, text: str) -> Fact | None:
        problems = Problems()
        node = cell(self.field, text, _HERE, problems)
        fact = FactReader(problems, {}).fact(self.field, node, self.field.name, Cover()) if node else None
        return None if problems.found else fact

    def _code(self, fact: Fact | None, number: int) -> None:
        facts = {self.field.name: fact}
        if self._members and fact is not None:
            facts |= members(fact, self._members)
        for column in self.columns:
            own = facts.get(column.field.name)
            value = own.best if own is not None else column.field.assume
            assert value is not None and not isinstance(value, tuple)
            self._codes[column.field.key].append(column.code(value))
            if own is not None and own.possible is not None and the_only(own.possible) is None:
                self._masks[column.field.key][number] = column.mask(own.possible)

    def _alike_of(self, fact: Fact | None) -> int:
        """As `merge.py` compares: by what is possible, or by the words of a text whatever its case and spacing."""
        if fact is None or not (fact.possible or fact.best):
            return -1
        said: Set | float | str
        if fact.possible is not None:
            value = the_only(fact.possible) if isinstance(fact.possible, Numbers) else None
            said = fact.possible if value is None else float(value)
        else:
            said = repr(" ".join(fact.best.casefold().split()) if isinstance(fact.best, str) else fact.best)
        return self._alike.setdefault(said, len(self._alike))


class Measure:
    """A field of numbers in columns of numbers: no text is read, values are checked and sorted into bins as arrays."""

    def __init__(self, field: Field, column: Column | None) -> None:
        assert isinstance(field.domain, Numbers)
        self.field, self.column = field, column
        self.low, self.high = float(field.domain.intervals[0].low), float(field.domain.intervals[-1].high)
        self.ends = np.array(_ends(column)[0] if column else [self.high])
        pieces = column.bins if column else (field.domain,)
        self._lines = {self.low, *(float(p.intervals[-1].high) for p in pieces if isinstance(p, Numbers))}

    def odd(self, values: Ints, precision: float) -> Ints:
        """Whether each value is no value of the field, or so near a line between bins that its decimal form decides.

        `values` are NaN where nothing is stated; `precision` is the relative precision of the type they are kept in.
        """
        stated = ~np.isnan(values)
        wrong: Ints = stated & ~((values >= self.low) & (values <= self.high))
        if self.field.type == "integer":
            wrong |= stated & (values != np.floor(values))
        for line in self._lines if precision else ():
            off = np.abs(values - line)
            wrong |= (off > 0) & (off <= max(abs(line) * 8 * precision, 1e-290))
        return wrong

    def codes(self, values: Ints, assumed_code: int) -> Ints:
        """The codes of values; where nothing is stated, that of what is assumed."""
        assert self.column is not None
        found = np.searchsorted(self.ends, values, side="left")
        codes: Ints = np.where(np.isnan(values), assumed_code, np.minimum(found, len(self.ends) - 1))
        return codes.astype(self.column.code_type)


def readable(values: pa.Array) -> pa.Array:
    """The distinct values of a column as texts (bytes where they are text already)."""
    kind = values.type
    if pa.types.is_floating(kind):
        return pa.array([_number(v, kind) for v in values.to_pylist()], pa.binary())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
    return values if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else values.cast(pa.string())


def _number(value: float | None, kind: pa.DataType) -> bytes | None:
    """A number as its shortest decimal, of at most the digits that a reader takes."""
    if value is None:
        return None
    if not pa.types.is_float64(kind):
        return str(np.float32(value)).encode()
    shortest = repr(value)
    return (shortest if sum(map(str.isdigit, shortest.partition("e")[0])) <= 15 else f"{value:.15g}").encode()


def _day_of(text: str) -> int:
    try:
        dated = Dated.of(text)
    except ValueError:
        return NO_DAY
    return dated.last.toordinal() if dated.first == dated.last else NO_DAY


def _ends(column: Column) -> tuple[list[float], float]:
    """The greatest number of each bin, and the least of the first."""
    ends = []
    for piece in column.bins:
        assert isinstance(piece, Numbers)
        last = piece.intervals[-1]
        ends.append(nextafter(last.high, -inf) if last.high_open else float(last.high))
    first = column.bins[0]
    assert isinstance(first, Numbers)
    return ends, float(first.intervals[0].low)
