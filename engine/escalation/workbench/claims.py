"""Claims about all scenarios that `assess rules prove` settles: one function for each kind of claim.

A claim says what would settle it, as a goal over symbolic scenarios, and whether finding one proves it (a level can
be reached) or refutes it (a change in a raising direction lowers the rating). It also says how a scenario that was
found is checked against the engine itself, so that nothing is printed on the word of the prover alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import z3

from escalation.assess import Assessment
from escalation.pack import Level, Pack
from escalation.rating import arithmetic
from escalation.rules import Rule
from escalation.vocabulary import Field
from escalation.workbench.properties import Adding, Always
from escalation.workbench.symbolic import Copy, Rated

__all__ = ["DIRECTIONS", "Claim", "Goal", "claims_of"]

DIRECTIONS = "directions"
"""The group of the claims on fields with a declared direction."""


class Goal(NamedTuple):
    """What to look for: terms that hold together, and the scenarios to show if they can."""

    terms: tuple[Any, ...]
    scenes: tuple[Copy, ...]


class Claim(NamedTuple):
    """One claim: a stable id such as `level-escalation-5`, its group in words, and what it claims as a sentence.

    `exists` is true if a scenario that meets the goal proves it, and false if it refutes it. `shown_by` is whether the
    engine says of the scenarios of the goal what the prover said.
    """

    id: str
    group: str
    title: str
    exists: bool
    goal: Callable[[Copy], Goal]
    shown_by: Callable[[Sequence[Assessment]], bool]


def claims_of(pack: Pack, scene: Copy, properties: Sequence[Adding | Always]) -> Iterator[Claim]:
    """Every claim about a pack: levels, rules, limits, directions, and its own properties."""
    for place in range(len(pack.scales)):
        yield from (_reachable(pack, place, level) for level in pack.levels)
    yield from (_fires(i, rule) for i, rule in enumerate(pack.rules))
    for i, rule in enumerate(pack.rules):
        if rule.then.moves:
            yield _matters(pack, i, rule)
    yield from (_consistent(pack, place) for place in range(len(pack.scales)))
    for fields in scene.universe.columns.values():
        yield from (_monotone(field) for field in fields if field.direction)
    for found in properties:
        yield _never_lowers(found) if isinstance(found, Adding) else _holds(pack, found)


def _reachable(pack: Pack, place: int, level: Level) -> Claim:
    """Some scenario has this level on a scale."""
    scale = pack.scales[place]

    def goal(scene: Copy) -> Goal:
        return Goal((scene.rated().level(scale) == level.number,), (scene,))

    def shown_by(found: Sequence[Assessment]) -> bool:
        return found[0].ratings[place].level == level.number

    title = f"some scenario rates {level.name.upper()} for {scale.name}"
    return Claim(f"level-{scale.name}-{level.number}", "levels", title, True, goal, shown_by)


def _fires(at: int, rule: Rule) -> Claim:
    """Some scenario makes a rule fire."""

    def goal(scene: Copy) -> Goal:
        return Goal((scene.rated().fired[at],), (scene,))

    def shown_by(found: Sequence[Assessment]) -> bool:
        return rule.id in found[0].fired

    return Claim(f"fires-{rule.id}", "rules that can fire", f"{rule.id} can fire", True, goal, shown_by)


def _matters(pack: Pack, at: int, rule: Rule) -> Claim:
    """Some scenario would have another level on a scale without what a rule adds or limits there."""

    def goal(scene: Copy) -> Goal:
        rated = scene.rated()
        differs = [rated.level(scale) != rated.level(scale, at) for scale in pack.scales]
        return Goal((z3.Or(*differs),), (scene,))

    def shown_by(found: Sequence[Assessment]) -> bool:
        rest = [other for other in found[0].fired if other != rule.id]
        levels = [arithmetic(pack, rest, scale).level for scale in pack.scales]
        return levels != [rating.level for rating in found[0].ratings]

    title = f"{rule.id} moves a level in some scenario"
    return Claim(f"matters-{rule.id}", "rules that can move a level", title, True, goal, shown_by)


def _consistent(pack: Pack, place: int) -> Claim:
    """No scenario has a floor above a ceiling on a scale."""
    name = pack.scales[place].name

    def goal(scene: Copy) -> Goal:
        rated, rules = scene.rated(), list(enumerate(pack.rules))
        clashes = [
            z3.And(rated.fired[i], rated.fired[j])
            for i, a in rules
            for j, b in rules
            if a.then.floor.get(name, 0) > b.then.ceiling.get(name, len(pack.levels))
        ]
        return Goal((z3.Or(*clashes),), (scene,))

    def shown_by(found: Sequence[Assessment]) -> bool:
        sums = found[0].ratings[place].arithmetic
        floors, ceilings = [level for _, level in sums.floors], [level for _, level in sums.ceilings]
        return bool(floors and ceilings and max(floors) > min(ceilings))

    title = f"no floor lies above a ceiling for {name}"
    return Claim(f"limits-{name}", "floors and ceilings", title, False, goal, shown_by)


def _monotone(field: Field) -> Claim:
    """One step up a field with a declared direction never moves level or score against it."""
    kind, raises = field.entity, field.direction == "raises"

    def goal(scene: Copy) -> Goal:
        other = scene.moved("more", kind, 0, field)
        steps = [
            z3.And(scene.within(kind, 0, field, [n]), other.within(kind, 0, field, [n + 1]))
            for n in range(len(scene.universe.bins[field.key]) - 1)
            if _in_order(scene, field, n) and _in_order(scene, field, n + 1)
        ]
        less, more = scene.rated(), other.rated()
        against = _falls(less, more) if raises else _falls(more, less)
        return Goal((scene.present[kind][0], z3.Or(*steps), against), (scene, other))

    def shown_by(found: Sequence[Assessment]) -> bool:
        low, high = found if raises else reversed(found)
        return _fell(low, high)

    title = f"more {field.label} ({field.key}) never {'lowers' if raises else 'raises'} level or score"
    return Claim(f"monotone-{field.key}", DIRECTIONS, title, False, goal, shown_by)


def _never_lowers(stated: Adding) -> Claim:
    """One more entity of a kind, such as a property of the pack describes, never lowers level or score."""
    kind = stated.kind

    def goal(scene: Copy) -> Goal:
        without = scene.with_entity("without", kind, 0, False)
        added = scene.with_entity("added", kind, 0, True)
        less, more = without.rated(), added.rated()
        terms = [_falls(less, more)]
        if stated.where is not None:
            terms.append(more.term(stated.where, 0))
        least = scene.universe.packs[0].vocabulary.kinds[kind].at_least
        terms += [z3.Or(*without.present[kind])] if least else []
        return Goal(tuple(terms), (without, added))

    return Claim(stated.id, "properties", stated.title, False, goal, lambda found: _fell(*found))


def _holds(pack: Pack, stated: Always) -> Claim:
    """Whatever meets the condition of a property of the pack is rated within its limits."""

    def goal(scene: Copy) -> Goal:
        rated = scene.rated()
        scales = {scale.name: scale for scale in pack.scales}
        outside = []
        for name, (low, high) in stated.levels.items():
            level = rated.level(scales[name])
            outside.append(z3.Or(level < low, level > high))
        return Goal((rated.term(stated.when, -1), z3.Or(*outside)), (scene,))

    def shown_by(found: Sequence[Assessment]) -> bool:
        levels = {rating.scale: rating.level for rating in found[0].ratings}
        return any(not low <= levels[name] <= high for name, (low, high) in stated.levels.items())

    return Claim(stated.id, "properties", stated.title, False, goal, shown_by)


def _in_order(scene: Copy, field: Field, number: int) -> bool:
    piece = scene.universe.bins[field.key][number]
    words = getattr(piece, "words", None)
    return words is None or field.type == "flag" or words <= set(field.order)


def _falls(before: Rated, after: Rated) -> Any:
    """That level or score on some scale is less after than before."""
    scales = before.pack.scales
    return z3.Or(
        *(z3.Or(after.level(s) < before.level(s), after.total(s) < before.total(s)) for s in scales),
    )


def _fell(before: Assessment, after: Assessment) -> bool:
    pairs = zip(before.ratings, after.ratings, strict=True)
    return any(b.level < a.level or b.score < a.score for a, b in pairs)
