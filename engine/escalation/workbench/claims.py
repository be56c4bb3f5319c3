"""Claims about all scenarios that `assess rules prove` settles: one small class for each kind of claim.

A claim says what would settle it, as a goal over symbolic scenarios, and whether finding one proves it (a level can
be reached) or refutes it (a change in a raising direction lowers the rating). It also says how a scenario that was
found is checked against the engine itself, so that nothing is printed on the word of the prover alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import z3

from escalation.assess import Assessment
from escalation.pack import Pack, Scale
from escalation.rating import arithmetic
from escalation.vocabulary import Field
from escalation.workbench.properties import Adding, Always
from escalation.workbench.symbolic import Copy, Rated

__all__ = ["Claim", "Goal", "claims_of"]


class Goal(NamedTuple):
    """What to look for: terms that hold together, and the scenarios to show if they can."""

    terms: tuple[Any, ...]
    scenes: tuple[Copy, ...]


class Claim(Protocol):
    """One claim. `exists` is true if a scenario that meets the goal proves it, and false if it refutes it."""

    @property
    def id(self) -> str:
        """A stable id, such as `level-escalation-5`."""

    @property
    def group(self) -> str:
        """The kind of claim, in words."""

    @property
    def title(self) -> str:
        """The claim as a sentence."""

    @property
    def exists(self) -> bool:
        """Whether a scenario that meets the goal proves the claim."""

    def goal(self, scene: Copy) -> Goal:
        """What to look for."""

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """Whether the engine says of the scenarios of the goal what the prover said."""


class Reachable(NamedTuple):
    """Some scenario has this level."""

    scale: Scale
    level: int
    name: str
    place: int
    group: str = "levels"
    exists: bool = True

    @property
    def id(self) -> str:
        """A stable id."""
        return f"level-{self.scale.name}-{self.level}"

    @property
    def title(self) -> str:
        """The claim as a sentence."""
        return f"some scenario rates {self.name.upper()} for {self.scale.name}"

    def goal(self, scene: Copy) -> Goal:
        """A scenario of that level."""
        return Goal((scene.rated().level(self.scale) == self.level,), (scene,))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The engine rates it so."""
        return found[0].ratings[self.place].level == self.level


class Fires(NamedTuple):
    """Some scenario makes this rule fire."""

    pack: Pack
    rule: int
    group: str = "rules that can fire"
    exists: bool = True

    @property
    def id(self) -> str:
        """A stable id."""
        return f"fires-{self.pack.rules[self.rule].id}"

    @property
    def title(self) -> str:
        """The claim as a sentence."""
        return f"{self.pack.rules[self.rule].id} can fire"

    def goal(self, scene: Copy) -> Goal:
        """A scenario in which it fires."""
        return Goal((scene.rated().fired[self.rule],), (scene,))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """It fires in the engine."""
        return self.pack.rules[self.rule].id in found[0].fired


class Matters(NamedTuple):
    """Some scenario would have another level on a scale without what this rule adds or limits there."""

    pack: Pack
    rule: int
    group: str = "rules that can move a level"
    exists: bool = True

    @property
    def id(self) -> str:
        """A stable id."""
        return f"matters-{self.pack.rules[self.rule].id}"

    @property
    def title(self) -> str:
        """The claim as a sentence."""
        return f"{self.pack.rules[self.rule].id} moves a level in some scenario"

    def goal(self, scene: Copy) -> Goal:
        """A scenario whose level differs without it."""
        rated = scene.rated()
        differs = [rated.level(scale) != rated.level(scale, self.rule) for scale in self.pack.scales]
        return Goal((z3.Or(*differs),), (scene,))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The arithmetic without it ends elsewhere."""
        rest = [rule for rule in found[0].fired if rule != self.pack.rules[self.rule].id]
        levels = [arithmetic(self.pack, rest, scale).level for scale in self.pack.scales]
        return levels != [rating.level for rating in found[0].ratings]


class Consistent(NamedTuple):
    """No scenario has a floor above a ceiling."""

    pack: Pack
    scale: Scale
    place: int
    group: str = "floors and ceilings"
    exists: bool = False

    @property
    def id(self) -> str:
        """A stable id."""
        return f"limits-{self.scale.name}"

    @property
    def title(self) -> str:
        """The claim as a sentence."""
        return f"no floor lies above a ceiling for {self.scale.name}"

    def goal(self, scene: Copy) -> Goal:
        """A scenario in which one does."""
        rated, name = scene.rated(), self.scale.name
        rules = list(enumerate(self.pack.rules))
        clashes = [
            z3.And(rated.fired[i], rated.fired[j])
            for i, a in rules
            for j, b in rules
            if a.then.floor.get(name, 0) > b.then.ceiling.get(name, len(self.pack.levels))
        ]
        return Goal((z3.Or(*clashes),), (scene,))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The arithmetic lists both."""
        sums = found[0].ratings[self.place].arithmetic
        floors, ceilings = [level for _, level in sums.floors], [level for _, level in sums.ceilings]
        return bool(floors and ceilings and max(floors) > min(ceilings))


class Monotone(NamedTuple):
    """One step up a field with a declared direction never moves level or score against it."""

    field: Field
    group: str = "directions"
    exists: bool = False

    @property
    def id(self) -> str:
        """A stable id."""
        return f"monotone-{self.field.key}"

    @property
    def title(self) -> str:
        """The claim as a sentence."""
        verb = "lowers" if self.field.direction == "raises" else "raises"
        return f"more {self.field.label} ({self.field.key}) never {verb} level or score"

    def goal(self, scene: Copy) -> Goal:
        """Two scenarios one step apart that are rated against the direction."""
        kind, field = self.field.entity, self.field
        other = scene.moved("more", kind, 0, field)
        steps = [
            z3.And(scene.within(kind, 0, field, [n]), other.within(kind, 0, field, [n + 1]))
            for n in range(len(scene.universe.bins[field.key]) - 1)
            if _in_order(scene, field, n) and _in_order(scene, field, n + 1)
        ]
        less, more = scene.rated(), other.rated()
        against = _falls(less, more) if field.direction == "raises" else _falls(more, less)
        return Goal((scene.present[kind][0], z3.Or(*steps), against), (scene, other))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The engine rates the two so."""
        low, high = found if self.field.direction == "raises" else reversed(found)
        return _fell(low, high)


class NeverLowers(NamedTuple):
    """One more entity of a kind, such as the property describes, never lowers level or score."""

    stated: Adding
    group: str = "properties"
    exists: bool = False

    @property
    def id(self) -> str:
        """The id that the pack gives it."""
        return self.stated.id

    @property
    def title(self) -> str:
        """The claim as the pack words it."""
        return self.stated.title

    def goal(self, scene: Copy) -> Goal:
        """A scenario that is rated lower with the entity than without."""
        kind = self.stated.kind
        without = scene.with_entity("without", kind, 0, False)
        added = scene.with_entity("added", kind, 0, True)
        less, more = without.rated(), added.rated()
        terms = [_falls(less, more)]
        if self.stated.where is not None:
            terms.append(more.term(self.stated.where, 0))
        least = scene.universe.packs[0].vocabulary.kinds[kind].at_least
        terms += [z3.Or(*without.present[kind])] if least else []
        return Goal(tuple(terms), (without, added))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The engine rates the two so."""
        return _fell(*found)


class Holds(NamedTuple):
    """Whatever meets a condition is rated within limits."""

    stated: Always
    pack: Pack
    group: str = "properties"
    exists: bool = False

    @property
    def id(self) -> str:
        """The id that the pack gives it."""
        return self.stated.id

    @property
    def title(self) -> str:
        """The claim as the pack words it."""
        return self.stated.title

    def goal(self, scene: Copy) -> Goal:
        """A scenario that meets the condition and is rated outside the limits."""
        rated = scene.rated()
        scales = {scale.name: scale for scale in self.pack.scales}
        outside = []
        for name, (low, high) in self.stated.levels.items():
            level = rated.level(scales[name])
            outside.append(z3.Or(level < low, level > high))
        return Goal((rated.term(self.stated.when, -1), z3.Or(*outside)), (scene,))

    def shown_by(self, found: Sequence[Assessment]) -> bool:
        """The engine rates it outside."""
        levels = {rating.scale: rating.level for rating in found[0].ratings}
        return any(not low <= levels[name] <= high for name, (low, high) in self.stated.levels.items())


def claims_of(pack: Pack, scene: Copy, properties: Sequence[Adding | Always]) -> Iterator[Claim]:
    """Every claim about a pack: levels, rules, limits, directions, and its own properties."""
    for index, scale in enumerate(pack.scales):
        yield from (Reachable(scale, level.number, level.name, index) for level in pack.levels)
    yield from (Fires(pack, i) for i in range(len(pack.rules)))
    for i, rule in enumerate(pack.rules):
        if any(rule.then.points.values()) or rule.then.floor or rule.then.ceiling:
            yield Matters(pack, i)
    for index, scale in enumerate(pack.scales):
        yield Consistent(pack, scale, index)
    for fields in scene.universe.columns.values():
        yield from (Monotone(field) for field in fields if field.direction)
    for found in properties:
        yield NeverLowers(found) if isinstance(found, Adding) else Holds(found, pack)


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
