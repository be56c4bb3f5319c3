"""Where two scenarios differ, as players whose shares can be told apart.

Entities are paired: where there is always one of a kind, with each other; where there must be at least one (items), by
id, then by how many facts they share, and what is left over is a player as a whole. A kind of which there may be none
(warnings) is one player, since its entities have no counterpart. Within a pair every fact that some rule tells apart is
a player; facts that the pack declares as belonging together are one, and so are a list, its members and what is worked
out from it. `Blend` rates any mixture of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from escalation.analysis.rated import Rated, mode, rated
from escalation.assess import Assessment
from escalation.edits import path_to
from escalation.facts import Entity
from escalation.grid import Board
from escalation.scenario import Scenario
from escalation.sensitivity import result_of

__all__ = ["Blend", "Pair", "Player", "pairs_of", "players_of"]


class Pair(NamedTuple):
    """Two entities that stand for each other, by index; None where one scenario has no counterpart."""

    kind: str
    a: int | None
    b: int | None


class Player(NamedTuple):
    """A difference that counts as one: some fields of a pair, an entity without counterpart, or a whole kind.

    `fields` is empty for entities and kinds, `pair` None for kinds.
    """

    label: str
    kind: str
    pair: Pair | None
    fields: tuple[str, ...]


def pairs_of(a: Assessment, b: Assessment) -> list[Pair]:
    """The pairs of all kinds of which there is at least one, in the vocabulary's order."""
    found = []
    for kind in a.pack.vocabulary.kinds.values():
        ours, theirs = _members(a.scenario, kind.name), _members(b.scenario, kind.name)
        if kind.many and not kind.at_least:
            continue
        found += [Pair(kind.name, i, j) for i, j in _matched(a.scenario, ours, b.scenario, theirs)]
    return found


def players_of(a: Assessment, b: Assessment) -> list[Player]:
    """The players of the difference from a to b, in the vocabulary's order; every one is seen by some rule."""
    found: list[Player] = []
    pairs = pairs_of(a, b)
    for kind in a.pack.vocabulary.kinds.values():
        if kind.many and not kind.at_least:
            rows = [sorted(_rows(one, kind.name)) for one in (a, b)]
            found += [Player(kind.plural, kind.name, None, ())] if rows[0] != rows[1] else []
            continue
        own = [pair for pair in pairs if pair.kind == kind.name]
        for pair in own:
            if pair.a is None or pair.b is None:
                side, at = (a, pair.a) if pair.a is not None else (b, pair.b)
                assert at is not None
                found.append(Player(_name(side, at), kind.name, pair, ()))
            else:
                names = dict.fromkeys((_name(a, pair.a), _name(b, pair.b)))
                found += _of_pair(a, b, pair, f"{' and '.join(names)}: " if len(own) > 1 else "")
    return found


class Blend:
    """Rates mixtures: of each player, the facts of a, or of b where its bit is set."""

    def __init__(self, a: Assessment, b: Assessment, players: list[Player]) -> None:
        self.a, self.b, self.players = a, b, players
        self.pairs = pairs_of(a, b)
        self.own = a.board.masks_of_world(a.world)
        self.other = b.board.masks_of_world(b.world)
        self.boards: dict[tuple[str, ...], Board] = {}

    def totals(self, mask: int) -> tuple[int, ...]:
        """The totals on each scale, by the exact grid."""
        chosen = list(self.chosen(mask))
        kinds = tuple(entity.kind for entity, _ in chosen)
        if kinds not in self.boards:
            self.boards[kinds] = Board(self.a.board.grid, tuple(entity for entity, _ in chosen))
        board = self.boards[kinds]
        return result_of(board, board.states(tuple(row for _, row in chosen))).totals

    def rated(self, mask: int) -> Rated:
        """The same mixture rated by both engines."""
        return rated(self.a.pack, self.scenario(mask), mode(self.a))

    def scenario(self, mask: int) -> Scenario:
        """The mixture as a scenario; it keeps the name and the day of a."""
        return self.a.scenario._replace(entities=tuple(entity for entity, _ in self.chosen(mask)))

    def chosen(self, mask: int) -> Iterator[tuple[Entity, tuple[int, ...]]]:
        """The entities of a mixture in the vocabulary's order, each with its masks."""
        taken = [player for i, player in enumerate(self.players) if mask >> i & 1]
        for kind in self.a.pack.vocabulary.kinds.values():
            if kind.many and not kind.at_least:
                whole = any(player.kind == kind.name for player in taken)
                side, rows = (self.b, self.other) if whole else (self.a, self.own)
                yield from ((side.scenario.entities[i], rows[i]) for i in _members(side.scenario, kind.name))
                continue
            for pair in self.pairs:
                if pair.kind == kind.name:
                    fields = {name for player in taken if player.pair == pair for name in player.fields}
                    yield from self.mixed(pair, fields, any(p.pair == pair and not p.fields for p in taken))

    def mixed(self, pair: Pair, fields: set[str], whole: bool) -> Iterator[tuple[Entity, tuple[int, ...]]]:
        if pair.a is None or pair.b is None:
            if pair.b is not None and whole:
                yield self.b.scenario.entities[pair.b], self.other[pair.b]
            elif pair.a is not None and not whole:
                yield self.a.scenario.entities[pair.a], self.own[pair.a]
            return
        ours, theirs = self.a.scenario.entities[pair.a], self.b.scenario.entities[pair.b]
        columns = self.a.board.grid.columns[pair.kind]
        row = tuple(
            self.other[pair.b][i] if field.name in fields else self.own[pair.a][i] for i, field in enumerate(columns)
        )
        facts = {name: fact for name, fact in ours.facts.items() if name not in fields}
        facts.update({name: theirs.facts[name] for name in fields if name in theirs.facts})
        yield ours._replace(facts=facts), row


def _of_pair(a: Assessment, b: Assessment, pair: Pair, prefix: str) -> Iterator[Player]:
    """A player for each group of fields of a pair of which some rule tells the two apart."""
    assert pair.a is not None and pair.b is not None
    own, other = a.board.masks_of_world(a.world)[pair.a], b.board.masks_of_world(b.world)[pair.b]
    columns = a.board.grid.columns[pair.kind]
    apart = {field.name for i, field in enumerate(columns) if own[i] != other[i]}
    vocabulary = a.pack.vocabulary
    for group in _groups(a, pair.kind):
        if group & apart:
            labels = [
                field.label
                for field in vocabulary.of(pair.kind).values()
                if field.name in group and not field.member_of and (field.name in apart or field.type == "words")
            ]
            yield Player(prefix + " and ".join(labels), pair.kind, pair, tuple(sorted(group)))


def _groups(found: Assessment, kind: str) -> list[set[str]]:
    """The fields of a kind in groups that go together, in the vocabulary's order."""
    fields = found.pack.vocabulary.of(kind)
    group = {name: {name} for name in fields}

    def join(names: list[str]) -> None:
        whole = set().union(*(group[name] for name in names))
        for name in whole:
            group[name] = whole

    for field in fields.values():
        if field.member_of:
            join([field.name, field.member_of[0]])
        if field.derive:
            join([field.name, *(name for name in field.derive[1] if name in fields)])
    for keys in found.pack.questions.together:
        names = [key.removeprefix(f"{kind}.") for key in keys if key.startswith(f"{kind}.")]
        if len(names) > 1:
            join(names)
    once: dict[int, set[str]] = {id(g): g for g in group.values()}
    return list(once.values())


def _members(scenario: Scenario, kind: str) -> list[int]:
    return [i for i, entity in enumerate(scenario.entities) if entity.kind == kind]


def _rows(found: Assessment, kind: str) -> list[tuple[int, ...]]:
    masks = found.board.masks_of_world(found.world)
    return [masks[i] for i in _members(found.scenario, kind)]


def _matched(a: Scenario, ours: list[int], b: Scenario, theirs: list[int]) -> list[tuple[int | None, int | None]]:
    """Pairs by id, then by most facts in common, then what is left over; in the order of a, then of b."""
    ids = {b.entities[j].id: j for j in theirs}
    pairs: dict[int, int] = {i: ids[a.entities[i].id] for i in ours if a.entities[i].id in ids}
    rest, left = [i for i in ours if i not in pairs], [j for j in theirs if j not in pairs.values()]
    likeness = sorted((-_alike(a.entities[i], b.entities[j]), i, j) for i in rest for j in left)
    for _, i, j in likeness:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    found: list[tuple[int | None, int | None]] = [(i, pairs.get(i)) for i in ours]
    return found + [(None, j) for j in theirs if j not in pairs.values()]


def _alike(a: Entity, b: Entity) -> int:
    return sum(
        fact.best == b.facts[name].best for name, fact in a.facts.items() if name in b.facts and fact.field.readable
    )


def _name(found: Assessment, at: int) -> str:
    """What an entity is called: the fact that names its kind, else its path."""
    entity = found.scenario.entities[at]
    fact = entity.facts.get(found.pack.vocabulary.kinds[entity.kind].name_field)
    named = fact is not None and fact.state == "stated" and fact.best
    return str(fact.best) if fact and named else path_to(found.scenario, found.pack.vocabulary, at)
