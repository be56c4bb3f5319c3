"""Shares of the stated uncertainty: exact against enumeration, sampled against exact."""

import json
from copy import deepcopy
from itertools import pairwise, product
from math import fsum, sqrt
from random import Random
from typing import Any

import pytest
from tests.exact.cases import Case, case, rate, read, worlds

from escalation import InputError, assess, load_pack, load_scenario
from escalation.analysis.spread import mass, spreads, weights
from escalation.facts import Alternative, Distribution
from escalation.questions import shares
from escalation.sets import Interval, Numbers, interval, only, union

CUTS = (0, 40, 70, 112.65408, 500)  # every place at which the random packs cut a range


def cases(count: int, start: int = 0, at_most: int = 3_000):
    """Cases in which something is spread."""
    seed = start
    while count:
        found = case(seed, 0.4)
        if spreads(found.assessed()) and len(worlds(found.scenario, found.pack)) <= at_most:
            count -= 1
            yield found
        seed += 1


def pieces(fact) -> list[tuple[Any, float]]:
    """Values of a spread fact and their weights, worked out from the statement alone."""
    spread = fact.distribution
    if spread.shape == "alternatives":
        return [(a.value, a.probability) for a in spread.alternatives]
    low, high = spread.low, spread.high
    mode = spread.mode if spread.shape == "triangular" else None

    def below(x: float, a: float, b: float) -> float:
        x = min(max(x, a), b)
        if mode is None:
            return (x - a) / (b - a)
        if x <= mode:
            return 0.0 if mode == a else (x - a) ** 2 / ((b - a) * (mode - a))
        return 1 - (b - x) ** 2 / ((b - a) * (b - mode))

    if fact.field.type == "integer":
        a, b = low - 0.5, high + 0.5
        return [(n, below(n + 0.5, a, b) - below(n - 0.5, a, b)) for n in range(low, high + 1)]
    ends = sorted({low, high, *(cut for cut in CUTS if low < cut < high)})
    return [((a + b) / 2, below(b, low, high) - below(a, low, high)) for a, b in pairwise(ends)]


def enumerated(found: Case) -> list[tuple[list[list[float]], list[list[float]], list[list[float]]]]:
    """For each scale: shares at the assumed values of other open facts, and least and greatest over all of them."""
    spread: dict[tuple[int, str], list[tuple[Any, float]]] = {}
    for at, entity in enumerate(found.scenario.entities):
        for name, fact in entity.facts.items():
            if fact.distribution is not None:
                spread[at, name] = pieces(fact)
    keys = list(spread)
    others: dict[Any, Any] = {}
    for world in worlds(found.scenario, found.pack):
        frozen = tuple(
            tuple((n, v) for n, v in values.items() if (at, n) not in spread and n != "gravest")
            for at, values in enumerate(world)
        )
        others.setdefault(frozen, world)
    rows = []
    home = found.assessed().world
    for world in [home, *others.values()]:
        parts: list[list[list[float]]] = [[[] for _ in range(4)] for _ in found.pack.scales]
        for chosen in product(*(spread[key] for key in keys)):
            weight = 1.0
            changed = [dict(values) for values in world]
            for (at, name), (value, share) in zip(keys, chosen, strict=True):
                changed[at][name] = value
                weight *= share
            settled = found.assessed().board.settled(tuple(changed))
            for row, (level, _) in zip(parts, rate(found.pack, found.scenario, settled), strict=True):
                row[level - 1].append(weight)
        rows.append([[fsum(w) for w in row] for row in parts])
    return [
        (rows[0][i], [min(r[i][k] for r in rows) for k in range(4)], [max(r[i][k] for r in rows) for k in range(4)])
        for i in range(len(found.pack.scales))
    ]


def compared(count: int, start: int) -> None:
    for found in cases(count, start, at_most=400):
        told = shares(found.assessed())
        assert told.method == "exact"
        for scale, (home, low, high) in zip(told.scales, enumerated(found), strict=True):
            assert [one.share for one in scale.levels] == pytest.approx(home, abs=1e-12), found.seed
            if told.others:
                assert [one.low for one in scale.levels] == pytest.approx(low, abs=1e-12), found.seed
                assert [one.high for one in scale.levels] == pytest.approx(high, abs=1e-12), found.seed
            assert fsum(one.share for one in scale.levels) == pytest.approx(1, abs=1e-12)


@pytest.mark.slow
def test_shares_equal_enumeration():
    compared(20, 0)


@pytest.mark.slow
def test_shares_equal_enumeration_on_more():
    compared(100, 1_000)


@pytest.mark.parametrize(
    ("distribution", "piece", "expected"),
    [
        (Distribution("uniform", low=0, high=10), interval(2, 4), 0.2),
        (Distribution("uniform", low=0, high=10), interval(8), 0.2),
        (Distribution("uniform", low=0, high=10), interval(high=5, high_open=True), 0.5),
        (Distribution("uniform", low=0, high=10), only(5), 0.0),
        (Distribution("uniform", low=0, high=10), union(interval(0, 1), interval(9, 20)), 0.2),
        (Distribution("triangular", low=0, mode=5, high=10), interval(high=5), 0.5),
        (Distribution("triangular", low=0, mode=2, high=10), interval(high=2), 0.2),
        (Distribution("triangular", low=0, mode=0, high=10), interval(5), 0.25),
        (Distribution("triangular", low=0, mode=10, high=10), interval(5), 0.75),
        (Distribution("alternatives", (Alternative(70, 0.3), Alternative(90, 0.7))), interval(80), 0.7),
        (Distribution("alternatives", (Alternative("a", 0.3), Alternative("b", 0.7))), only("a"), 0.3),
    ],
)
def test_weight_of_a_set(distribution, piece, expected):
    assert mass(distribution, piece) == pytest.approx(expected, abs=1e-15)


def test_whole_numbers_have_equal_weight_where_uniform():
    spread = Distribution("uniform", low=1, high=4)
    assert [mass(spread, Numbers((Interval(n, n),)), True) for n in range(6)] == [0, 0.25, 0.25, 0.25, 0.25, 0]


@pytest.mark.slow
def test_weights_of_bins_sum_to_one():
    for found in cases(25):
        for one in spreads(found.assessed()):
            bins = found.assessed().board.grid.bins[one.field.key]
            assert fsum(one.weights) == pytest.approx(1, abs=1e-12)
            assert one.weights == weights(one.field, bins, one.fact.distribution)


def coverage(found: Case, draws: int, seeds: range, **options) -> tuple[int, int]:
    """How often the exact share lies within the interval stated, and how often it was asked."""
    exact = shares(found.assessed(), correlate=False)
    held = asked = 0
    for seed in seeds:
        told = shares(found.assessed(), samples=draws, seed=seed, **options)
        for scale, true in zip(told.scales, exact.scales, strict=True):
            for one, other in zip(scale.levels, true.levels, strict=True):
                if 0 < other.share < 1:
                    assert one.interval is not None
                    held += one.interval[0] <= other.share <= one.interval[1]
                    asked += 1
    return held, asked


def split_cases(count: int):
    """Cases in which the spread decides the level on some scale."""
    for found in cases(400):
        told = shares(found.assessed())
        if any(0.02 < one.share < 0.98 for scale in told.scales for one in scale.levels):
            count -= 1
            yield found
        if not count:
            return


@pytest.mark.slow
def test_sampling_agrees_within_its_error_95_times_in_100():
    held = asked = 0
    for number, found in enumerate(split_cases(8)):
        own = coverage(found, 400, range(number * 1000, number * 1000 + 60))
        held, asked = held + own[0], asked + own[1]
    assert asked > 500
    spare = 4 * sqrt(0.05 * 0.95 / asked * 2.5)  # levels of one sample are not independent of each other
    assert 0.95 - spare < held / asked < 0.95 + spare


@pytest.mark.slow
def test_equal_seeds_give_equal_samples():
    found = next(split_cases(1)).assessed()
    assert shares(found, samples=500, seed=3) == shares(found, samples=500, seed=3)
    assert shares(found, samples=500, seed=3).scales != shares(found, samples=500, seed=4).scales


@pytest.mark.slow
def test_past_the_budget_it_samples_and_says_so():
    found = next(split_cases(1)).assessed()
    told = shares(found, budget=1)
    assert (told.method, told.samples) == ("sampled", 100_000)
    for sampled, exact in zip(told.scales, shares(found).scales, strict=True):
        for one, other in zip(sampled.levels, exact.levels, strict=True):
            assert abs(one.share - other.share) <= 5 * max(one.error, 1e-3)


# -- facts that go together


def paired(rank: float | None) -> Case:
    """A case in which two numbers are spread, uniform from 0 to 100, with a rank correlation."""
    base = next(c for c in map(case, range(200)) if len(c.document["items"]) == 2 and reads(c, "item.range"))
    document = deepcopy(base.document)
    spread = {"low": 0, "high": 100, "distribution": "uniform"}
    document["items"][0]["range"], document["items"][1]["range"] = spread, dict(spread)
    if rank is not None:
        document["correlated"] = [{"facts": ["items.i0.range", "items.i1.range"], "rank_correlation": rank}]
    return base._replace(document=document, scenario=read(document, base.pack))


@pytest.mark.parametrize("rank", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_rank_correlation_is_as_stated(rank):
    from escalation.analysis.sampling import Sampler

    found = paired(rank).assessed()
    spread = [one._replace(weights=(0.01,) * 100) for one in spreads(found)]
    assert [one.paths for one in spread] == [("items.i0.range",), ("items.i1.range",)]
    drawn = list(Sampler(found, spread, [(0, 1, rank)]).bins(Random(5), 20_000))
    mean = 49.5
    covariance = fsum((a - mean) * (b - mean) for a, b in drawn) / len(drawn)
    assert covariance / (100**2 / 12) == pytest.approx(rank, abs=0.03)


def test_correlated_facts_are_sampled():
    told = shares(paired(0.8).assessed())
    assert told.method == "sampled"
    assert told.correlated == (("items.i0.range", "items.i1.range", 0.8),)
    assert shares(paired(0.8).assessed(), correlate=False).method == "exact"
    assert shares(paired(0.0).assessed()).method == "exact"


def test_contradicting_correlations_are_an_error():
    from escalation.analysis.sampling import Sampler

    found = paired(None).assessed()
    spread = list(spreads(found))[:1] * 3
    with pytest.raises(InputError) as error:
        Sampler(found, spread, [(0, 1, 0.9), (0, 2, 0.9), (1, 2, -0.9)])
    assert error.value.problems[0].code == "CORR-1"


def test_a_doubt_stated_once_is_one_doubt():
    """A distribution under the transfer, inherited by two items, moves both together."""
    base = next(c for c in map(case, range(400)) if len(c.document["items"]) == 2 and reads(c, "item.range"))
    document = deepcopy(base.document)
    for item in document["items"]:
        item.pop("range", None)
    document.setdefault("transfer", {})["range"] = {"low": 0, "high": 140, "distribution": "uniform"}
    told = spreads(base._replace(scenario=read(document, base.pack)).assessed())
    assert [one.paths for one in told if one.field.name == "range"] == [("items.i0.range", "items.i1.range")]


def reads(found: Case, key: str) -> bool:
    return any(f.key == key for fields in found.assessed().board.grid.columns.values() for f in fields)


# -- the constructed example, and a case with nothing spread


def test_open_facts_that_state_no_spread_are_not_spread():
    told = shares(assess("scenarios/every-feature.yaml"))
    assert told.method == "exact"
    assert "transfer.supplier_personnel" in told.others
    assert {path for one in told.spread for path in one.paths} == {"transfer.public_profile", "items.missile.range"}
    for scale in told.scales:
        for one in scale.levels:
            assert one.low is not None and one.high is not None
            assert one.low <= one.share <= one.high


def test_nothing_spread():
    told = shares(assess("scenarios/us-patriot-2022.yaml"))
    assert told.spread == ()
    assert [one.share for one in told.scales[0].levels] == [0, 1, 0, 0, 0]


def test_data_is_plain():
    told = json.loads(json.dumps(shares(assess("scenarios/every-feature.yaml")).data()))
    assert "not the likelihood" in told["of"]
    assert {"level", "share", "least", "greatest", "standard_error", "interval_95"} == told["shares"]["escalation"][
        0
    ].keys()


@pytest.mark.slow
def test_exact_beside_a_million_samples():
    """The benchmark on one scenario of the casebook: the same answer, in under a tenth of the time."""
    from tests.benchmarks.shares import difference, doubted, sampled, timed

    pack = load_pack()
    found = doubted(load_scenario("scenarios/casebook/us-himars-2022.yaml", pack.vocabulary), pack)
    exact, fast = timed(lambda: shares(found), 3)
    other, slow = timed(lambda: sampled(found, 2), 1)
    assert difference(exact, other) < 0.003
    assert fast < slow / 10
