"""What a backtest asks and sets beside the answer, read from the pack's `analysis/backtest.yaml`.

A question compares one scale with one coded level. A baseline is what any reader could do without the rules; one that
reads a fact does so in conditions of the rule language. The file explains its own keys.
"""

from __future__ import annotations

from typing import NamedTuple

from escalation.analysis.history import analysis_file
from escalation.conditions import ConditionReader
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.rules import Condition
from escalation.source import Node, Text

__all__ = ["Baseline", "Plan", "Question", "load_plan"]


class Question(NamedTuple):
    """One scale of the pack against one coded level.

    `target`, `low`, `high` and the keys of `only` are paths into a case's codings; `low` and `high` may be "".
    """

    id: str
    title: str
    scale: str
    target: str
    low: str
    high: str
    only: tuple[tuple[str, str], ...]


class Baseline(NamedTuple):
    """A rival forecast: the same levels for every case, a coding repeated, or the bins of one fact.

    `levels` is (low, high), equal for a single level; `days_later` is above 0 for one that uses hindsight.
    """

    id: str
    title: str
    levels: tuple[int, int] | None = None
    coded: str = ""
    bins: tuple[Condition, ...] = ()
    days_later: int = 0


class Plan(NamedTuple):
    """The whole file; numbers as it explains them."""

    questions: tuple[Question, ...]
    baselines: tuple[Baseline, ...]
    notes: tuple[str, ...]
    resamples: int
    seed: int
    left_outside: float
    least_for_intervals: int
    interval_share: float
    few_cases: int


def load_plan(pack: Pack) -> Plan:
    """The backtest plan of a pack. Raises InputError with every problem found."""

    def read(node: Node | None, folder: str, problems: Problems) -> Plan:
        reader = _PlanReader.over(problems, pack.vocabulary, pack.parameters)
        reader.scales = [scale.name for scale in pack.scales]
        return reader.plan(node)

    return analysis_file(pack, "backtest.yaml", Plan, read)


class _PlanReader(ConditionReader):
    scales: list[str]

    def plan(self, node: Node | None) -> Plan:
        numbers = ["resamples", "seed", "left_outside", "least_for_intervals", "interval_share", "few_cases"]
        found = self.keys(node, "the plan", ["questions", "baselines", "notes", *numbers])
        whole = ("resamples", "seed", "least_for_intervals", "few_cases")
        resamples, seed, least, few_cases = (self.whole(found.get(name), name) or 1 for name in whole)
        left_outside, share = (float(self.number(found.get(n), n) or 1) for n in ("left_outside", "interval_share"))
        return Plan(
            questions=tuple(self.question(n) for n in self.listing(found.get("questions"), "questions")),
            baselines=tuple(self.baseline(n) for n in self.listing(found.get("baselines"), "baselines")),
            notes=self.texts(found.get("notes"), "notes"),
            resamples=resamples,
            seed=seed,
            left_outside=left_outside,
            least_for_intervals=least,
            interval_share=share,
            few_cases=few_cases,
        )

    def question(self, node: Node) -> Question:
        found = self.keys(node, "a question", ["id", "title", "scale", "target"], ["low", "high", "only"])
        texts = {name: self.text(found.get(name), name) or "" for name in ("id", "title", "target", "low", "high")}
        scale = self.word(found.get("scale"), "scale", self.scales) or ""
        only = tuple((k.value, self.text(v, "only") or "") for k, v in self.mapping(found.get("only"), "only"))
        return Question(**texts, scale=scale, only=only)

    def baseline(self, node: Node) -> Baseline:
        found = self.keys(node, "a baseline", ["id", "title"], ["level", "range", "coded", "bins", "days_later"])
        name, title, coded = (self.text(found.get(key), key) or "" for key in ("id", "title", "coded"))
        if len(found.keys() & {"level", "range", "coded", "bins"}) != 1:
            self.problems.add("PLAN-1", "a baseline needs one of level, range, coded, bins", node.mark, "give just one")
        bins = (self.condition(n, "bins") for n in self.listing(found.get("bins"), "bins"))
        return Baseline(
            name,
            title,
            self.levels(found),
            coded,
            tuple(condition for condition in bins if condition is not None),
            self.whole(found.get("days_later"), "days_later") or 0,
        )

    def levels(self, found: dict[str, Node]) -> tuple[int, int] | None:
        nodes = (found["level"],) * 2 if "level" in found else self.listing(found.get("range"), "range")
        numbers = [self.whole(node, "level") or 1 for node in nodes if isinstance(node, Text)]
        return (min(numbers), max(numbers)) if numbers else None
