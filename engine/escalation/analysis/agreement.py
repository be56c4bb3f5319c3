"""Two codings of the same cases: how far they agree, field by field, and which disagreements move a level.

Cases are matched by id, entities within a case by id (or, where there is one of a kind on each side, by that). A
field counts in a case if either coder states it; where the other does not, the pack's assumption is what that coder's
case says. Each disagreement is then carried into the other coding by itself, and the case rated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from escalation.analysis.casebook import CODINGS, coded
from escalation.analysis.reliability import alpha
from escalation.assess import assess, in_scope
from escalation.edits import with_value, without
from escalation.facts import Entity, Fact
from escalation.pack import Pack
from escalation.paths import path_to
from escalation.scenario import Scenario
from escalation.sets import Numbers
from escalation.source import Mapping, Node, Text
from escalation.vocabulary import Field, Value

__all__ = ["Agreement", "Difference", "FieldAgreement", "Levels", "agreement"]


class FieldAgreement(NamedTuple):
    """Agreement on one field: in how many places it counts, in how many the coders agree, and Krippendorff's alpha."""

    key: str
    metric: str
    units: int
    agreed: int
    alpha: float | None


class Difference(NamedTuple):
    """One disagreement: both values as shown, and the levels of the first coding as it is and with the second's value.

    Levels are one for each scale. An entity that one coder lacks is shown as present or absent; the levels are then
    those of the coding that has it, as it is and without it.
    """

    case: str
    path: str
    first: str
    second: str
    levels: tuple[int, ...]
    with_second: tuple[int, ...]

    @property
    def moves(self) -> bool:
        """Whether this disagreement by itself moves a level of the first coding."""
        return self.levels != self.with_second


class Levels(NamedTuple):
    """The ratings of one case by both codings, a level for each scale."""

    case: str
    first: tuple[int, ...]
    second: tuple[int, ...]


class Agreement(NamedTuple):
    """The whole result. `only_first` and `only_second` are cases that the other coder does not have."""

    pack: Pack
    levels: tuple[Levels, ...]
    fields: tuple[FieldAgreement, ...]
    codings: tuple[FieldAgreement, ...]
    differences: tuple[Difference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    out_of_scope: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""
        scales = [scale.name for scale in self.pack.scales]
        return {
            "cases": [
                {
                    "case": c.case,
                    "first": dict(zip(scales, c.first, strict=True)),
                    "second": dict(zip(scales, c.second, strict=True)),
                }
                for c in self.levels
            ],
            "fields": [field._asdict() for field in self.fields],
            "codings": [coding._asdict() for coding in self.codings],
            "differences": [{**d._asdict(), "moves_a_level": d.moves} for d in self.differences],
            "only_first": list(self.only_first),
            "only_second": list(self.only_second),
            "out_of_scope": list(self.out_of_scope),
        }


def agreement(pack: Pack, first: Iterable[Scenario], second: Iterable[Scenario], engine: str = "both") -> Agreement:
    """Compare two codings of the same cases under a pack."""
    ours, theirs = ({case.id: case for case in cases} for cases in (first, second))
    both = [name for name in ours if name in theirs]
    rated = [name for name in both if not in_scope(ours[name], pack) and not in_scope(theirs[name], pack)]
    places = [place for name in both for place in _places(pack, ours[name], theirs[name])]
    rate = _Rate(pack, engine)
    differences = (found for name in rated for found in _differences(pack, rate, ours[name], theirs[name]))
    return Agreement(
        pack,
        tuple(Levels(name, rate(ours[name]), rate(theirs[name])) for name in rated),
        tuple(_by_field(places)),
        tuple(_by_coding([(ours[name], theirs[name]) for name in both])),
        tuple(differences),
        tuple(name for name in ours if name not in theirs),
        tuple(name for name in theirs if name not in ours),
        tuple(name for name in both if name not in rated),
    )


class _Rate:
    """Levels of a scenario on every scale, each rated once."""

    def __init__(self, pack: Pack, engine: str) -> None:
        self.pack, self.engine = pack, engine
        self.known: dict[str, tuple[int, ...]] = {}

    def __call__(self, scenario: Scenario) -> tuple[int, ...]:
        levels = self.known.get(scenario.digest)
        if levels is None:
            ratings = assess(scenario, self.pack, engine=self.engine).ratings
            levels = self.known[scenario.digest] = tuple(rating.level for rating in ratings)
        return levels


class _Place(NamedTuple):
    """One field of one matched entity, as both coders have it."""

    field: Field
    at: int
    first: Fact
    second: Fact

    @property
    def agreed(self) -> bool:
        return self.first.best == self.second.best


def _places(pack: Pack, ours: Scenario, theirs: Scenario) -> Iterator[_Place]:
    """Where both codings say something about one field, and at least one of them states it."""
    for at, entity, other in _matched(ours, theirs):
        for name, fact in entity.facts.items():
            match = other.facts.get(name) if other else None
            own = fact.field.readable and fact.field.derive is None and fact.field.member_of is None
            if match and own and {fact.state, match.state} != {"assumed"}:
                yield _Place(fact.field, at, fact, match)


def _matched(ours: Scenario, theirs: Scenario) -> Iterator[tuple[int, Entity, Entity | None]]:
    """Each entity of the first with its place and the one of the second that it answers to."""
    for at, entity in enumerate(ours.entities):
        same = [other for other in theirs.entities if other.kind == entity.kind]
        alone = len(same) == 1 == sum(e.kind == entity.kind for e in ours.entities)
        yield at, entity, same[0] if alone else next((o for o in same if o.id == entity.id), None)


def _differences(pack: Pack, rate: _Rate, ours: Scenario, theirs: Scenario) -> Iterator[Difference]:
    before = rate(ours)
    for place in _places(pack, ours, theirs):
        if not place.agreed:
            after = rate(with_value(ours, pack.vocabulary, place.at, place.field, place.second.best))
            path = path_to(ours, pack.vocabulary, place.at, place.field.name)
            first, second = (place.field.show(fact.best) for fact in (place.first, place.second))
            yield Difference(ours.id, path, first, second, before, after)
    yield from _lacking(pack, rate, ours, theirs, ("present", "absent"))
    yield from _lacking(pack, rate, theirs, ours, ("absent", "present"))


def _lacking(
    pack: Pack, rate: _Rate, having: Scenario, lacking: Scenario, words: tuple[str, str]
) -> Iterator[Difference]:
    """Entities that only one of the two has, and what the case that has them rates without each."""
    before = rate(having)
    for at, entity, other in _matched(having, lacking):
        kind = pack.vocabulary.kinds[entity.kind]
        if other is None and sum(e.kind == entity.kind for e in having.entities) > kind.at_least:
            path = path_to(having, pack.vocabulary, at)
            yield Difference(having.id, path, *words, before, rate(without(having, pack.vocabulary, path)))


def _by_field(places: Sequence[_Place]) -> Iterator[FieldAgreement]:
    by_key: dict[str, list[_Place]] = {}
    for place in places:
        by_key.setdefault(place.field.key, []).append(place)
    for key, own in by_key.items():
        field = own[0].field
        metric = "interval" if isinstance(field.domain, Numbers) else "ordinal" if field.order else "nominal"
        units = [[_rank(field, fact.best) for fact in (place.first, place.second)] for place in own]
        yield FieldAgreement(key, metric, len(own), sum(place.agreed for place in own), alpha(units, metric))


def _rank(field: Field, value: Value) -> float:
    """A value as a number: itself, or the place of a word among the field's words (those off the order last)."""
    if isinstance(value, int | float):
        return float(value)
    words = [*field.order, *(word for word in field.words if word not in field.order)]
    return float(words.index(str(value)))


def _by_coding(pairs: Sequence[tuple[Scenario, Scenario]]) -> Iterator[FieldAgreement]:
    """Agreement on the levels that the coders wrote down themselves, which no rule sees."""
    paths = dict.fromkeys(path for pair in pairs for case in pair for path in _numbered(case))
    for path in paths:
        units = [
            [float(coded(case, path)) for case in pair] for pair in pairs if all(coded(c, path).isdigit() for c in pair)
        ]
        if units:
            yield FieldAgreement(path, "ordinal", len(units), sum(a == b for a, b in units), alpha(units, "ordinal"))


def _numbered(case: Scenario) -> Iterator[str]:
    """The paths of whole numbers in what was coded of a case."""
    for name in CODINGS:
        node: Node | None = getattr(case, name)
        for key, value in node.entries if isinstance(node, Mapping) else ():
            if isinstance(value, Text) and value.value.isdigit():
                yield f"{name}.{key.value}"
