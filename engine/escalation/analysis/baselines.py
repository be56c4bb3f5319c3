"""What any reader could do without the rules: the forecasts that a backtest sets beside the engine's.

A baseline that reads one fact sorts the cases into bins and gives each case the level that fits the *other* cases of
its bin best (their lower median; that of all others where the bin has none). That is how it would do on a case it has
not seen. The rules were written by people who had seen the cases, so the fit to all cases of the bin, the case itself
included, is kept beside it: no table of that fact does better on these cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from escalation.analysis.backtest_plan import Baseline
from escalation.analysis.casebook import coded
from escalation.assess import Assessment
from escalation.diagnostics import Mark
from escalation.ledger import decide
from escalation.pack import Pack
from escalation.rules import Rule, Then
from escalation.scenario import Scenario, assumed_world, load_scenario

__all__ = ["Forecast", "forecast"]


class Forecast(NamedTuple):
    """What somebody says of each case: a range, and a level where there is one.

    `numbers` is how many numbers were set or fitted to say it (None where that has no meaning). `fitted` are the levels
    that fit these very cases best, for a forecast that is fitted.
    """

    id: str
    title: str
    levels: tuple[int, ...] | None
    low: tuple[int, ...]
    high: tuple[int, ...]
    numbers: int | None
    hindsight: bool = False
    fitted: tuple[int, ...] | None = None


def forecast(baseline: Baseline, cases: Sequence[Assessment], targets: Sequence[int]) -> Forecast | None:
    """A baseline's forecast for cases whose coded levels are `targets`; None where a coding it repeats is missing."""
    if baseline.levels is not None:
        low, high = ((end,) * len(cases) for end in baseline.levels)
        single = baseline.levels[0] == baseline.levels[1]
        return Forecast(baseline.id, baseline.title, low if single else None, low, high, 1 if single else 2)
    if baseline.coded:
        texts = [coded(case.scenario, baseline.coded) for case in cases]
        if not all(text.isdigit() for text in texts):
            return None
        levels = tuple(map(int, texts))
        return Forecast(baseline.id, baseline.title, levels, levels, levels, None)
    bins = [_bin(baseline, case.scenario, case.pack) for case in cases]
    levels, best = (_fitted(bins, targets, itself) for itself in (False, True))
    numbers = len(baseline.bins) + 1
    return Forecast(baseline.id, baseline.title, levels, levels, levels, numbers, baseline.days_later > 0, best)


def _bin(baseline: Baseline, scenario: Scenario, pack: Pack) -> int:
    """The place of the first condition that holds in the assumed world; one past the last if none does."""
    if baseline.days_later:
        day = scenario.as_of + timedelta(days=baseline.days_later)
        scenario = load_scenario(scenario.file, pack.vocabulary, as_of=day)
    mark = Mark("", 1, 1)
    nothing = Then({}, (), {}, {}, ())
    rules = tuple(
        Rule(str(i), "", "", condition, nothing, "", (), "", "", "", (), mark)
        for i, condition in enumerate(baseline.bins)
    )
    asked = pack._replace(rules=rules, order=tuple(range(len(rules))))
    fired = decide(asked, scenario.entities, assumed_world(scenario)).fired
    return min(map(int, fired), default=len(rules))


def _fitted(bins: Sequence[int], targets: Sequence[int], itself: bool) -> tuple[int, ...]:
    """For each case the lower median of the targets in its bin; its own target counts if `itself`."""
    levels = []
    for i, own in enumerate(bins):
        others = [target for j, target in enumerate(targets) if itself or j != i]
        same = [target for j, target in enumerate(targets) if (itself or j != i) and bins[j] == own]
        ranked = sorted(same or others or targets)
        levels.append(ranked[(len(ranked) - 1) // 2])
    return tuple(levels)
