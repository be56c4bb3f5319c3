"""Entities that say the same count once; and the one canonical form by which facts are compared.

Two reports of one statement must not weigh twice. The vocabulary says when entities are the same: alike in every
group of `same_when`, by the first field of the group. A field that rules read is compared by its possible values,
stated or not; text and dates must be stated. An entity that lacks the first field of a group joins one that has it
where they agree in the next: "the Kremlin said" joins what its spokesman said. Of entities that are the same, the
gravest is kept whole, so the order of the file cannot matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product
from typing import Any, TypeAlias

from escalation.digest import sha256
from escalation.facts import Entity, Fact
from escalation.sets import Numbers, Set, Words
from escalation.vocabulary import EntityKind, Value

__all__ = ["canonical", "digest", "merge"]

Json: TypeAlias = Any  # what json.dumps takes
_Said: TypeAlias = list[list[str]]  # for each group of fields, what is said in each field that says something


def merge(kind: EntityKind, entities: Iterable[Entity]) -> tuple[list[Entity], list[tuple[str, str]]]:
    """The entities of one kind, the same ones collapsed, and (kept, dropped) ids; both in the order of ids."""
    apart: list[Entity] = []
    alike: dict[tuple[str, ...], list[Entity]] = {}
    for key, entity in _keyed([(entity, _said(kind, entity)) for entity in entities]):
        if key is None:
            apart.append(entity)
        else:
            alike.setdefault(key, []).append(entity)
    dropped = []
    for same in alike.values():
        same.sort(key=lambda entity: entity.id)
        kept = max(same, key=_gravity) if len(same) > 1 else same[0]
        apart.append(kept)
        dropped += [(kept.id, entity.id) for entity in same if entity is not kept]
    return sorted(apart, key=lambda entity: entity.id), sorted(dropped)


def canonical(fact: Fact) -> Json:
    """What is stated in a fact, without its place: equal exactly for facts that say the same."""
    weights = fact.distribution and [
        fact.distribution.shape,
        fact.distribution.low,
        fact.distribution.mode,
        fact.distribution.high,
    ]
    return [
        fact.field.name,
        _plain(fact.best),
        fact.state,
        _set(fact.possible),
        [fact.source, fact.grade, fact.status, fact.quote, fact.note, fact.known_at, fact.seen_to],
        weights,
        sorted([list(a) for a in fact.alternatives], key=repr),
    ]


def digest(content: Json) -> str:
    """The SHA-256 of canonical content, as 64 hexadecimal digits."""
    return str(sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest())


def _said(kind: EntityKind, entity: Entity) -> _Said | None:
    """What an entity says in each group of `same_when`; None if it says nothing in some group, or none is given."""
    said = []
    for group in kind.same_when:
        here = [
            repr([name, _set(fact.possible) if fact.possible else _text(fact.best)])
            for name in group
            if (fact := entity.facts.get(name)) and (fact.possible or fact.best)
        ]
        if not here:
            return None
        said.append(here)
    return said or None


def _keyed(entities: list[tuple[Entity, _Said | None]]) -> Iterable[tuple[tuple[str, ...] | None, Entity]]:
    """Each entity with a key that is equal for those that are the same, or None for one that is like no other."""
    fullest = max((sum(map(len, said)) for _, said in entities if said), default=0)
    homes: dict[tuple[str, ...], tuple[str, ...]] = {}
    for _, said in entities:
        if said and sum(map(len, said)) == fullest:
            own = tuple(group[0] for group in said)
            for key in product(*said):
                homes[key] = min(own, homes.get(key, own))
    for entity, said in entities:
        first = tuple(group[0] for group in said or ())
        yield homes.get(first, first) if said and sum(map(len, said)) < fullest else first or None, entity


def _gravity(entity: Entity) -> tuple[list[float], str]:
    """How grave an entity is, by the first field that rules read, has a direction, and differs; then what it says."""
    ranks = [_rank(fact) for fact in entity.facts.values() if fact.field.direction and fact.field.readable]
    return ranks, json.dumps([canonical(fact) for fact in entity.facts.values()])


def _rank(fact: Fact) -> float:
    value = fact.best
    if isinstance(value, tuple):
        return 0
    if isinstance(value, str):
        value = fact.field.order.index(value) if value in fact.field.order else -1
    return -value if fact.field.direction == "lowers" else value


def _set(possible: Set | None) -> Json:
    if isinstance(possible, Words):
        return sorted(str(word) for word in possible.words)
    return [list(i) for i in possible.intervals] if isinstance(possible, Numbers) else None


def _plain(value: Value) -> Json:
    return sorted(value) if isinstance(value, tuple) else value


def _text(value: Value) -> Json:
    """Text without what does not matter to its sense: case, and how it is spaced."""
    return " ".join(value.casefold().split()) if isinstance(value, str) else _plain(value)
