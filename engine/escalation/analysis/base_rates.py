"""What followed earlier warnings of the same kind: counts from historical cases, and a rate where there are enough.

Which warnings are alike, which words say that a step followed, and how many a rate needs is data
(`analysis/base_rates.yaml` of the pack). Every figure is counted from the cases when it is asked for. Only warnings
whose response window had closed before the day rated count; they are no part of the rating.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from escalation.analysis.history import Past, PastEntity, analysis_file, past_cases, values_of
from escalation.analysis.wilson import wilson
from escalation.assess import Assessment
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.read import Dated, Reader
from escalation.source import Node

__all__ = ["BaseRates", "Earlier", "Group", "OutcomeWords", "Plan", "base_rates", "load_plan"]


class OutcomeWords(NamedTuple):
    """One answer to "what followed": the words that mean it, and whether it is the step that a rate counts."""

    title: str
    words: tuple[str, ...]
    step: bool


class Plan(NamedTuple):
    """How it is counted; see the comments in the file."""

    cases: tuple[str, ...]
    kind: str
    alike: tuple[str, ...]
    name: str
    followed: str
    window_days: int
    outcomes: tuple[OutcomeWords, ...]
    no_answer: str
    least: int
    most_listed: int
    interval: float
    notes: tuple[str, ...]


class Earlier(NamedTuple):
    """An earlier warning: the case and its title, the date as written, what it is listed by, and its outcome."""

    case: str
    title: str
    date: str
    name: str
    outcome: OutcomeWords


class Group(NamedTuple):
    """Earlier warnings of one kind, by date, and those left out: window not closed, or no answer to be had."""

    kind: str
    found: tuple[Earlier, ...]
    open_windows: int
    no_answer: int

    @property
    def cases(self) -> int:
        """How many cases they come from."""
        return len({one.case for one in self.found})

    @property
    def steps(self) -> int:
        """How many were followed by what a rate counts."""
        return sum(one.outcome.step for one in self.found)

    def count(self, outcome: OutcomeWords) -> int:
        """How many had this outcome."""
        return sum(one.outcome == outcome for one in self.found)


class BaseRates(NamedTuple):
    """One group for each kind of warning that the scenario holds, in the order of the scenario."""

    assessment: Assessment
    plan: Plan
    groups: tuple[Group, ...]

    def rate(self, group: Group) -> tuple[float, float, float] | None:
        """The share followed by a step, with the ends of its interval; None where there are too few."""
        number = len(group.found)
        if number < self.plan.least:
            return None
        return group.steps / number, *wilson(group.steps, number, self.plan.interval)

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""
        return {
            "scenario": self.assessment.scenario.id,
            "least": self.plan.least,
            "groups": [self._group(group) for group in self.groups],
            "notes": list(self.plan.notes),
        }

    def _group(self, group: Group) -> dict[str, Any]:
        rate = self.rate(group)
        return {
            "kind": group.kind,
            "warnings": len(group.found),
            "cases": group.cases,
            "outcomes": {outcome.title: group.count(outcome) for outcome in self.plan.outcomes},
            "rate": None if rate is None else {"share": rate[0], "low": rate[1], "high": rate[2]},
            "open_windows": group.open_windows,
            "no_answer": group.no_answer,
            "earlier": [{**one._asdict(), "outcome": one.outcome.title} for one in group.found],
        }


def base_rates(found: Assessment, plan: Plan | None = None) -> BaseRates:
    """What followed earlier warnings like those of a rated scenario. Raises InputError for a plan or case in error."""
    plan = plan or load_plan(found.pack)
    fields = found.pack.vocabulary.of(plan.kind)

    def shown(entity: PastEntity, name: str) -> str:
        return fields[name].show(entity.values[name]) if name in entity.values else ""

    def kind_of(entity: PastEntity) -> tuple[str, ...]:
        return tuple(shown(entity, key.partition(".")[2]) for key in plan.alike)

    kinds = dict.fromkeys(map(kind_of, values_of(found.scenario, [plan.kind])))
    if not kinds:
        return BaseRates(found, plan, ())
    said = [
        _Said(past, entity, kind_of(entity), shown(entity, plan.name), day, _outcome(plan, past, entity))
        for past, entity, day in _earlier(found, plan, past_cases(plan.cases, found.pack))
    ]
    return BaseRates(found, plan, tuple(_group(found, plan, kind, said) for kind in kinds))


class _Said(NamedTuple):
    past: Past
    entity: PastEntity
    kind: tuple[str, ...]
    name: str
    date: Dated
    outcome: OutcomeWords | None


def _earlier(found: Assessment, plan: Plan, cases: Iterable[Past]) -> Iterator[tuple[Past, PastEntity, Dated]]:
    """Every dated entity of other cases with the same perceiver that was known before the day rated."""
    own = found.scenario
    dated_by = found.pack.vocabulary.kinds[plan.kind].dated_by
    for past in cases:
        if past.id == own.id or not set(past.perceivers) & set(own.perceivers):
            continue
        for entity in past.dated:
            text = str(entity.values.get(dated_by) or "") if entity.kind == plan.kind else ""
            if text and (day := Dated.of(text)).last < own.as_of:
                yield past, entity, day


def _outcome(plan: Plan, past: Past, entity: PastEntity) -> OutcomeWords | None:
    word = past.coded.get(f"{plan.followed}.{entity.id}")
    return next((outcome for outcome in plan.outcomes if word in outcome.words), None)


def _group(found: Assessment, plan: Plan, kind: tuple[str, ...], said: list[_Said]) -> Group:
    ranks = {outcome.title: rank for rank, outcome in enumerate(plan.outcomes)}
    alike = [one for one in said if one.kind == kind]
    closed = [one for one in alike if (found.scenario.as_of - one.date.last).days > plan.window_days]
    statements: dict[tuple[str, str], _Said] = {}  # of one statement in several cases, what counts most
    for one in sorted(closed, key=lambda one: (one.date.last, ranks[one.outcome.title] if one.outcome else len(ranks))):
        statements.setdefault((one.date.text, one.name), one)
    listed = tuple(
        Earlier(one.past.id, one.past.title, one.date.text, one.name, one.outcome)
        for one in statements.values()
        if one.outcome
    )
    return Group(", ".join(kind), listed, len(alike) - len(closed), len(statements) - len(listed))


def load_plan(pack: Pack) -> Plan:
    """The plan of a pack. Raises InputError with every problem found."""

    def read(node: Node | None, folder: str, problems: Problems) -> Plan:
        reader = _PlanReader(problems)
        reader.pack = pack
        return reader.plan(node, folder)

    return analysis_file(pack, "base_rates.yaml", Plan, read)


class _PlanReader(Reader):
    pack: Pack

    def plan(self, node: Node | None, folder: str) -> Plan:
        found = self.keys(node, "base rates", Plan._fields)
        kinds = [kind.name for kind in self.pack.vocabulary.kinds.values() if kind.dated_by]
        kind = self.word(found.get("kind"), "kind", kinds) or ""
        fields = self.pack.vocabulary.of(kind) if kind else {}
        keys = [field.key for field in fields.values()]
        alike = (self.word(one, "alike", keys) for one in self.listing(found.get("alike"), "alike"))
        names = ("window_days", "least", "most_listed")
        window, least, most = (self.whole(found.get(name), name) or 0 for name in names)
        return Plan(
            tuple(os.path.join(folder, name) for name in self.texts(found.get("cases"), "cases")),
            kind,
            tuple(key for key in alike if key),
            self.word(found.get("name"), "name", fields) or "",
            self.text(found.get("followed"), "followed") or "",
            window,
            tuple(self.outcome(one) for one in self.listing(found.get("outcomes"), "outcomes")),
            self.text(found.get("no_answer"), "no_answer") or "",
            least,
            most,
            float(self.number(found.get("interval"), "interval") or 0),
            self.texts(found.get("notes"), "notes"),
        )

    def outcome(self, node: Node) -> OutcomeWords:
        found = self.keys(node, "an outcome", ["title", "words"], ["step"])
        step = self.flag(found.get("step"), "step") or False
        return OutcomeWords(self.text(found.get("title"), "title") or "", self.texts(found.get("words"), "words"), step)
