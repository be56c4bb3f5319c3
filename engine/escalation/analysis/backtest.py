"""The engine's ratings against historical cases, with what any reader could do without the rules set beside them.

`backtest` answers every question of the plan: how far the engine's levels agree with the coded ones, how far each
baseline does, and the difference between the two with an interval. Beside the scores stand the number of rules and
numbers behind them, rules that too few cases exercise, and what each rule changes when it is taken out. Measures are
in `statistics.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from escalation.analysis import statistics
from escalation.analysis.backtest_plan import Plan, Question
from escalation.analysis.baselines import Forecast, forecast
from escalation.analysis.casebook import Casebook, coded
from escalation.analysis.exercise import without_rule
from escalation.analysis.statistics import Array, Estimate, Measure, estimate
from escalation.assess import Assessment
from escalation.ledger import decide
from escalation.pack import Pack
from escalation.rating import arithmetic

__all__ = ["Answer", "Backtest", "Case", "Removal", "Score", "Size", "backtest"]


class Size(NamedTuple):
    """How much was set by hand: rules, those that can move a level, and numbers and word lists of each sort."""

    rules: int
    moving: int
    points: int
    parameters: int
    word_lists: int
    thresholds: int
    bounds: int

    @property
    def numbers(self) -> int:
        """All numbers and word lists."""
        return self.points + self.parameters + self.word_lists + self.thresholds + self.bounds


class Case(NamedTuple):
    """One case under one question: the engine's level and range, and what was coded (coder's range 0 to 0 if none)."""

    id: str
    level: int
    low: int
    high: int
    target: int
    coder_low: int = 0
    coder_high: int = 0


class Score(NamedTuple):
    """How one forecast does: measures by name (with intervals for the engine's only), and engine less forecast.

    `difference` is that of the error where the forecast gives a level, else of the interval score; None for the engine.
    `fitted_error` is the error of a fitted forecast on the cases that it was fitted to.
    """

    forecast: Forecast
    measures: dict[str, Estimate]
    difference: Estimate | None = None
    fitted_error: float | None = None

    @property
    def as_good(self) -> bool:
        """Whether it does as well as the engine or better on these cases."""
        return self.difference is not None and (self.difference.value or 0) >= 0

    @property
    def told_apart(self) -> bool:
        """Whether the interval of the difference leaves out 0."""
        ends = self.difference or Estimate(None)
        return ends.low is not None and ends.high is not None and not ends.low <= 0 <= ends.high


class Answer(NamedTuple):
    """The answer to one question. `scores[0]` is the engine's; `confusion[engine - 1][coded - 1]` counts cases."""

    question: Question
    cases: tuple[Case, ...]
    scores: tuple[Score, ...]
    confusion: tuple[tuple[int, ...], ...]
    within_coder: int | None
    farthest: int


class Removal(NamedTuple):
    """What taking out one rule changes: (case, scale, level with it, level without), and by question (exact, error)."""

    rule: str
    title: str
    fires: int
    moves: tuple[tuple[str, str, int, int], ...]
    without: dict[str, tuple[int, float]]


class Backtest(NamedTuple):
    """The whole result."""

    pack: Pack
    plan: Plan
    size: Size
    casebook: Casebook
    answers: tuple[Answer, ...]
    firing: dict[str, int]
    removals: tuple[Removal, ...]


def backtest(pack: Pack, casebook: Casebook, plan: Plan) -> Backtest:
    """Answer every question of the plan for which the casebook has cases."""
    answers = tuple(answer for question in plan.questions if (answer := _answer(pack, casebook, plan, question)))
    firing = Counter(rule for case in casebook.cases for rule in case.fired)
    removals = tuple(_removal(pack, casebook, answers, i) for i in range(len(pack.rules)) if firing[pack.rules[i].id])
    counts = {rule.id: firing[rule.id] for rule in pack.rules}
    return Backtest(pack, plan, size_of(pack), casebook, answers, counts, removals)


def size_of(pack: Pack) -> Size:
    """How much of a pack was set by hand."""
    lists = sum(isinstance(p.value, tuple) for p in pack.parameters.values())
    return Size(
        rules=len(pack.rules),
        moving=sum(rule.then.moves for rule in pack.rules),
        points=sum(points != 0 for rule in pack.rules for points in rule.then.points.values()),
        parameters=len(pack.parameters) - lists,
        word_lists=lists,
        thresholds=sum(len(scale.thresholds) for scale in pack.scales),
        bounds=2 * len(pack.factors),
    )


# -- one question


def _answer(pack: Pack, casebook: Casebook, plan: Plan, question: Question) -> Answer | None:
    chosen = [case for case in casebook.cases if _asked(case, question)]
    if not chosen:
        return None
    cases = tuple(_case(case, question) for case in chosen)
    targets = [case.target for case in cases]
    levels, low, high = (tuple(getattr(case, name) for case in cases) for name in ("level", "low", "high"))
    engine = Forecast("engine", f"{pack.name} {pack.version}", levels, low, high, size_of(pack).numbers)
    rivals = [forecast(b, chosen, targets) for b in plan.baselines if b.coded != question.target]
    enough = len(cases) >= plan.least_for_intervals
    drawn = statistics.draws(len(cases), plan.resamples, plan.seed) if enough else None
    scores = [_score(one, engine, targets, drawn, plan) for one in (engine, *filter(None, rivals))]
    ranges = [case for case in cases if case.coder_high]
    return Answer(
        question,
        cases,
        tuple(scores),
        _confusion(cases, len(pack.levels)),
        sum(case.coder_low <= case.level <= case.coder_high for case in ranges) if ranges else None,
        max(abs(case.level - case.target) for case in cases),
    )


def _asked(case: Assessment, question: Question) -> bool:
    """Whether a case has what the question asks for."""
    return coded(case.scenario, question.target).isdigit() and all(
        coded(case.scenario, path) == wanted for path, wanted in question.only
    )


def _case(case: Assessment, question: Question) -> Case:
    rating = next(rating for rating in case.ratings if rating.scale == question.scale)
    ends = [coded(case.scenario, path) if path else "" for path in (question.low, question.high)]
    coder = map(int, ends) if all(end.isdigit() for end in ends) else (0, 0)
    target = int(coded(case.scenario, question.target))
    return Case(case.scenario.id, rating.level, rating.low, rating.high, target, *coder)


def _score(one: Forecast, engine: Forecast, targets: Sequence[int], drawn: Array | None, plan: Plan) -> Score:
    target = np.array(targets)
    measures = _measures(one, plan)
    if one is engine:
        found = {m.name: estimate(m.measure, (*m.arrays, target), drawn, plan.left_outside) for m in measures}
        return Score(one, found)
    found = {m.name: statistics.plain(m.measure, (*m.arrays, target)) for m in measures}
    name = "interval_score" if one.levels is None else "mean_absolute_error"
    own, others = (next(m for m in each if m.name == name) for each in (_measures(engine, plan), measures))
    arrays = (*own.arrays, *others.arrays, target)
    difference = estimate(partial(_difference, own.measure, len(own.arrays)), arrays, drawn, plan.left_outside)
    fitted = None if one.fitted is None else float(statistics.mean_absolute_error(np.array(one.fitted), target))
    return Score(one, found, difference, fitted)


def _difference(measure: Measure, width: int, *arrays: Array) -> Array:
    """The engine's measure less the other's, over the same cases; each takes `width` arrays before the target."""
    *both, target = arrays
    return np.asarray(measure(*both[:width], target) - measure(*both[width:], target))


class _Held(NamedTuple):
    """A measure that a forecast can be held to, with what it takes before the target."""

    name: str
    measure: Measure
    arrays: tuple[Array, ...]


def _measures(one: Forecast, plan: Plan) -> tuple[_Held, ...]:
    ends = (np.array(one.low), np.array(one.high))
    ranged: dict[str, Measure] = {
        "coverage": statistics.coverage,
        "mean_width": statistics.mean_width,
        "interval_score": partial(statistics.interval_score, share=plan.interval_share),
    }
    point = () if one.levels is None else (np.array(one.levels),)
    pointed = [_Held(measure.__name__, measure, point) for measure in statistics.POINT if point]
    return (*pointed, *(_Held(name, measure, ends) for name, measure in ranged.items()))


def _confusion(cases: Sequence[Case], levels: int) -> tuple[tuple[int, ...], ...]:
    counts = Counter((case.level, case.target) for case in cases)
    return tuple(tuple(counts[own, target] for target in range(1, levels + 1)) for own in range(1, levels + 1))


# -- one rule less


def _removal(pack: Pack, casebook: Casebook, answers: Sequence[Answer], at: int) -> Removal:
    rule = pack.rules[at]
    less = without_rule(pack, rule.id)
    moves: list[tuple[str, str, int, int]] = []
    levels: dict[tuple[str, str], int] = {}
    for case in casebook.cases:
        fired = decide(less, case.scenario.entities, case.world).fired
        for scale, rating in zip(pack.scales, case.ratings, strict=True):
            level = levels[case.scenario.id, scale.name] = arithmetic(less, fired, scale).level
            if level != rating.level:
                moves.append((case.scenario.id, scale.name, rating.level, level))
    without = {}
    for answer in answers:
        gaps = [abs(levels[case.id, answer.question.scale] - case.target) for case in answer.cases]
        without[answer.question.id] = (gaps.count(0), sum(gaps) / len(gaps))
    fires = sum(rule.id in case.fired for case in casebook.cases)
    return Removal(rule.id, rule.title, fires, tuple(moves), without)
