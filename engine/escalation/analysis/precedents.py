"""The nearest precedents of a scenario among historical cases, with what they share and where they differ.

Which features count, and how much, is data (`analysis/precedents.yaml` of the pack). Only cases whose response window
had closed before the day rated are considered, so that nothing is learnt from what nobody knew. A precedent is
nearness of facts; it is no rating, and no rule reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import log2
from os import path as paths
from typing import Any, NamedTuple

from escalation.analysis.history import Past, PastEntity, analysis_file, past_cases, values_of
from escalation.assess import Assessment
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.read import Reader
from escalation.sets import Numbers
from escalation.source import Node, Text
from escalation.vocabulary import Field, Value

__all__ = ["Comparison", "Feature", "Plan", "Precedent", "Precedents", "load_plan", "precedents"]


class Feature(NamedTuple):
    """A fact by which cases are compared.

    `alike` are lists of words that are half alike; `may_lack` tells whether a scenario may lack its kind.
    """

    field: Field
    weight: float
    doublings: float
    alike: tuple[frozenset[str], ...]
    may_lack: bool


class Plan(NamedTuple):
    """How precedents are found; see the comment in the file. Paths lead into a case's codings."""

    cases: tuple[str, ...]
    outcome: str
    observed: str
    window_days: int
    within: float
    most: int
    features: tuple[Feature, ...]


class Comparison(NamedTuple):
    """One feature of two cases: the values as shown ("" where there is none), and the distance.

    `assumed` says where the value is only the vocabulary's assumption: here, there, or in both.
    """

    field: Field
    here: str
    there: str
    distance: float
    assumed: tuple[bool, bool] = (False, False)


class Precedent(NamedTuple):
    """A historical case and how far it is; the level it met (None if not coded), and whether that could be observed."""

    case: Past
    distance: float
    compared: tuple[Comparison, ...]
    met: int | None
    observed: bool

    @property
    def same(self) -> tuple[Comparison, ...]:
        """Features on which the two are alike."""
        return tuple(one for one in self.compared if not one.distance)

    @property
    def different(self) -> tuple[Comparison, ...]:
        """Features on which they differ, the widest difference first."""
        return tuple(sorted((one for one in self.compared if one.distance), key=lambda one: -one.distance))


class Precedents(NamedTuple):
    """Cases within the distance, nearest first; `nearest_beyond` is the nearest of all where there is none.

    `open_windows` are cases left out since their window had not closed on the day rated.
    """

    assessment: Assessment
    plan: Plan
    found: tuple[Precedent, ...]
    nearest_beyond: Precedent | None
    considered: int
    open_windows: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""
        return {
            "scenario": self.assessment.scenario.id,
            "within": self.plan.within,
            "considered": self.considered,
            "open_windows": list(self.open_windows),
            "precedents": [_data(one) for one in self.found],
            "nearest_beyond": _data(self.nearest_beyond) if self.nearest_beyond else None,
        }


def load_plan(pack: Pack) -> Plan:
    """The plan of a pack. Raises InputError with every problem found."""

    def read(node: Node | None, folder: str, problems: Problems) -> Plan:
        reader = _PlanReader(problems)
        reader.pack = pack
        return reader.plan(node, folder)

    return analysis_file(pack, "precedents.yaml", Plan, read)


def precedents(found: Assessment, plan: Plan | None = None) -> Precedents:
    """The nearest precedents of a rated scenario. Raises InputError for a plan or a case that is not valid."""
    plan = plan or load_plan(found.pack)
    own = found.scenario
    here = values_of(own)
    known, open_windows = [], []
    for case in past_cases(plan.cases, found.pack):
        if case.id == own.id or not set(own.perceivers) & set(case.perceivers):
            continue
        closed = case.as_of + timedelta(days=plan.window_days) < own.as_of
        if closed:
            known.append(_precedent(plan, here, case))
        else:
            open_windows.append(case.id)
    known.sort(key=lambda one: (one.distance, one.case.id))
    near = tuple(one for one in known if one.distance <= plan.within)[: plan.most]
    beyond = known[0] if known and not near else None
    return Precedents(found, plan, near, beyond, len(known), tuple(open_windows))


def _precedent(plan: Plan, own: Sequence[PastEntity], case: Past) -> Precedent:
    compared = tuple(one for kind in _kinds(plan) for one in _nearest(plan, kind, own, case.entities))
    met = case.coded.get(plan.outcome, "")
    observed = case.coded.get(plan.observed) == "true"
    distance = sum(one.distance for one in compared)
    return Precedent(case, distance, compared, int(met) if met.isdigit() else None, observed)


def _kinds(plan: Plan) -> Iterable[str]:
    return dict.fromkeys(feature.field.entity for feature in plan.features)


def _nearest(plan: Plan, kind: str, own: Sequence[PastEntity], other: Sequence[PastEntity]) -> tuple[Comparison, ...]:
    """The features of one kind of entity: of the two that are nearest, or of the gravest where there may be none."""
    features = [feature for feature in plan.features if feature.field.entity == kind]
    here, there = ([entity for entity in entities if entity.kind == kind] for entities in (own, other))
    if not here or not there or features[0].may_lack:
        return tuple(_compared(f, _gravest(f.field, here), _gravest(f.field, there)) for f in features)
    pairs = [tuple(_compared(f, a, b) for f in features) for a in here for b in there]
    return min(pairs, key=lambda compared: sum(one.distance for one in compared))


def _value(field: Field, entity: PastEntity | None) -> Value | None:
    return entity.values.get(field.name) if entity else None


def _gravest(field: Field, entities: Sequence[PastEntity]) -> PastEntity | None:
    """The entity whose value is furthest along the field's order; None if none has one."""
    holders = [entity for entity in entities if _value(field, entity) is not None]
    rank = {word: i for i, word in enumerate(field.order)}
    return max(holders, key=lambda entity: rank.get(str(_value(field, entity)), -1), default=None)


def _compared(feature: Feature, here: PastEntity | None, there: PastEntity | None) -> Comparison:
    field = feature.field
    values = [_value(field, entity) for entity in (here, there)]
    own, other = ("" if value is None else field.show(value) for value in values)
    assumed = [entity is not None and field.name not in entity.stated for entity in (here, there)]
    return Comparison(field, own, other, feature.weight * _apart(feature, *values), (assumed[0], assumed[1]))


def _apart(feature: Feature, here: Value | None, there: Value | None) -> float:
    """How far two values are apart, from 0 to 1."""
    field = feature.field
    if here == there:
        return 0
    if isinstance(field.domain, Numbers) and isinstance(here, int | float) and isinstance(there, int | float):
        least, most = sorted((max(here, field.step), max(there, field.step)))
        return min(1.0, log2(most / least) / feature.doublings)
    if field.order:
        ranks = [field.order.index(v) + 1 if isinstance(v, str) and v in field.order else 0 for v in (here, there)]
        return abs(ranks[0] - ranks[1]) / len(field.order)
    return 0.5 if any({here, there} <= words for words in feature.alike) else 1


class _PlanReader(Reader):
    pack: Pack

    def plan(self, node: Node | None, folder: str) -> Plan:
        texts, numbers = ["outcome", "observed"], ["window_days", "within", "most"]
        found = self.keys(node, "precedents", ["cases", *texts, *numbers, "features"])
        window, most = (self.whole(found.get(name), name) or 0 for name in ("window_days", "most"))
        outcome, observed = (self.text(found.get(name), name) or "" for name in texts)
        return Plan(
            tuple(paths.join(folder, name) for name in self.texts(found.get("cases"), "cases")),
            outcome,
            observed,
            window,
            float(self.number(found.get("within"), "within") or 0),
            most,
            tuple(f for n in self.listing(found.get("features"), "features") if (f := self.feature(n))),
        )

    def feature(self, node: Node) -> Feature | None:
        found = self.keys(node, "a feature", ["field", "weight"], ["doublings", "alike"])
        key = self.word(found.get("field"), "field", self.pack.vocabulary.fields)
        weight, doublings = (float(self.number(found.get(name), name) or 1) for name in ("weight", "doublings"))
        alike = tuple(self.listed(n) for n in self.listing(found.get("alike"), "alike"))
        if key is None:
            return None
        field = self.pack.vocabulary.fields[key]
        kind = self.pack.vocabulary.kinds[field.entity]
        return Feature(field, weight, doublings, alike, kind.many and not kind.at_least)

    def listed(self, node: Node) -> frozenset[str]:
        """The words of a parameter named as `$name`."""
        name = (self.text(node, "alike") or "").removeprefix("$")
        lists = {key: p.value for key, p in self.pack.parameters.items() if isinstance(p.value, tuple)}
        known = self.word(Text(name, True, node.mark), "alike", lists)
        return frozenset(lists[known]) if known else frozenset()


def _data(one: Precedent) -> dict[str, Any]:
    def shown(compared: Iterable[Comparison]) -> list[dict[str, Any]]:
        return [{**c._asdict(), "field": c.field.key, "assumed": list(c.assumed)} for c in compared]

    return {
        "case": one.case.id,
        "title": one.case.title,
        "as_of": one.case.as_of.isoformat(),
        "distance": one.distance,
        "met": one.met,
        "observed": one.observed,
        "same": shown(one.same),
        "different": shown(one.different),
    }
