"""A scenario: the facts of one proposed transfer, as they stood on one day.

The records come first; `load_scenario` below reads a file into them by walking the vocabulary.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark
from escalation.sets import Scalar, Set
from escalation.vocabulary import Field, Value

__all__ = ["Alternative", "Distribution", "Entity", "Fact", "Later", "Scenario", "Source", "World", "assumed_world"]


class Alternative(NamedTuple):
    """One of several values a fact may have, with the share of belief stated for it and who says so."""

    value: Scalar
    probability: float | None = None
    source: str = ""


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

    `state` is "stated" (one value), "assumed" (not stated: the vocabulary's value holds) or "open" (unknown, a range, or
    alternatives). `best` is its value in the assumed world; `possible` is every value that the statement allows (None
    for text and dates, which no rule reads). `status` is reported_fact, assumption or judgement.
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
    distribution: Distribution | None = None
    alternatives: tuple[Alternative, ...] = ()


class Entity(NamedTuple):
    """One transfer, context, item, warning or act: its facts by field name. Every readable field has a fact."""

    kind: str
    id: str
    facts: dict[str, Fact]
    mark: Mark


class Source(NamedTuple):
    """Where a fact comes from. `grade` is its Admiralty grade, such as B2 ("" if not graded)."""

    id: str
    publisher: str = ""
    title: str = ""
    date: str = ""
    url: str = ""
    grade: str = ""
    mark: Mark = Mark("", 1, 1)


class Later(NamedTuple):
    """Something stated in the file that was not known on the day rated, and so does not count."""

    path: str
    date: str
    mark: Mark
    text: str = ""


class Scenario(NamedTuple):
    """A loaded scenario. `entities` come in the order of the vocabulary's kinds, then of the file."""

    id: str
    title: str
    as_of: date
    perceivers: tuple[str, ...]
    entities: tuple[Entity, ...]
    sources: dict[str, Source]
    later: tuple[Later, ...]
    merged: tuple[tuple[str, str], ...]  # (kept, dropped) ids of entities that say the same
    correlated: tuple[tuple[str, str, float], ...]  # (path, path, rank correlation)
    digest: str
    file: str
    perceiver_mark: Mark = Mark("", 1, 1)


World: TypeAlias = tuple[dict[str, Scalar], ...]
"""One complete assignment: for each entity of a scenario, in order, the value of every readable field."""


def assumed_world(scenario: Scenario) -> World:
    """The world that the level rates: the stated best estimate of each fact, else the vocabulary's assumption."""
    return tuple(
        {name: fact.best for name, fact in entity.facts.items() if not isinstance(fact.best, tuple) and fact.possible}
        for entity in scenario.entities
    )
