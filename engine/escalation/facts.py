"""What a fact is: a value with the doubt about it, who says so, and where it stands in the file.

A fact says two things: `best`, its value in the assumed world, and `possible`, every value that the statement allows.
The rating rests on the one, its range on the other. `statement.py` reads facts that are written, `derived.py` makes
those that are not, `merge.py` drops what is said twice, and `entities.py` and `scenario.py` put them together.
"""

from functools import lru_cache
from typing import NamedTuple

from escalation.diagnostics import Mark
from escalation.sets import Numbers, Scalar, Set, Words, only
from escalation.vocabulary import Field, Value

__all__ = [
    "ALTERNATIVE",
    "ATTRIBUTION",
    "GRADE",
    "MOST_ALTERNATIVES",
    "SHAPES",
    "STATUSES",
    "Alternative",
    "Distribution",
    "Entity",
    "Fact",
    "Source",
    "forms_of",
    "single",
    "the_only",
]

STATUSES = ("reported_fact", "assumption", "judgement")
SHAPES = ("uniform", "triangular")
GRADE = "[A-F][1-6]"
ATTRIBUTION = ("source", "grade", "quote", "known_at", "seen_to", "status", "note")
"""What a mapping may say about any fact, beside its value."""
MOST_ALTERNATIVES = 100
"""How many values `one_of` may list: every set over the field is compared with each."""
ALTERNATIVE = ("value", "probability", "source", "grade", "quote")
"""What an item of `one_of` may say."""


class Alternative(NamedTuple):
    """One of several values a fact may have, with the share of belief stated for it and who says so."""

    value: Scalar
    probability: float | None = None
    source: str = ""
    grade: str = ""
    quote: str = ""


class Distribution(NamedTuple):
    """How the stated doubt about one fact is spread.

    `shape` is "alternatives" (weights sum to 1), "uniform" (low, high) or "triangular" (low, mode, high).
    """

    shape: str
    alternatives: tuple[Alternative, ...] = ()
    low: int | float = 0
    mode: int | float = 0
    high: int | float = 0


class Fact(NamedTuple):
    """One fact of one entity.

    `state` is "stated" (one value), "assumed" (not stated: the vocabulary's value holds) or "open" (unknown, a range,
    or alternatives). `best` is its value in the assumed world; `possible` is every value that the statement allows
    (None for text, dates and lists, which no rule reads). `status` is reported_fact, assumption or judgement.
    `known_at` and `seen_to` are dates as written, or "".
    """

    field: Field
    best: Value
    possible: Set | None
    state: str
    mark: Mark
    source: str = ""
    grade: str = ""
    status: str = "assumption"
    quote: str = ""
    note: str = ""
    known_at: str = ""
    seen_to: str = ""
    distribution: Distribution | None = None
    alternatives: tuple[Alternative, ...] = ()


class Source(NamedTuple):
    """Where a fact comes from. `grade` is its Admiralty grade, such as B2 ("" if not graded)."""

    id: str
    publisher: str = ""
    title: str = ""
    date: str = ""
    url: str = ""
    grade: str = ""
    mark: Mark = Mark("", 1, 1)


class Entity(NamedTuple):
    """One transfer, context, item, warning or act: its facts by field name. Every readable field has a fact."""

    kind: str
    id: str
    facts: dict[str, Fact]
    mark: Mark


single = lru_cache(maxsize=4096, typed=True)(only)
"""The set of one value, as `sets.only`, kept: scenarios share most of their values."""


def the_only(possible: Set | None) -> Scalar | None:
    """The value of a set that holds just one, else None."""
    if isinstance(possible, Words):
        return next(iter(possible.words)) if len(possible.words) == 1 else None
    if possible is None or len(possible.intervals) != 1:
        return None
    low, high, *_ = possible.intervals[0]
    return low if low == high else None


def forms_of(field: Field) -> tuple[str, ...]:
    """The keys that may say the value of a field: doubt is written with low and high, or with one_of."""
    if field.domain is None or field.type == "words":
        return ("value",)
    if isinstance(field.domain, Numbers):
        return ("value", "low", "high", "distribution", "one_of")
    return ("value", "low", "high", "one_of") if field.order else ("value", "one_of")
