"""The backtest: its measures by hand and against two libraries, its baselines, and what it says of itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.command import ROOT, run

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")

from escalation.analysis import statistics  # noqa: E402 - they need numpy
from escalation.analysis.backtest import backtest, size_of  # noqa: E402
from escalation.analysis.backtest_plan import load_plan  # noqa: E402
from escalation.analysis.casebook import load_casebook  # noqa: E402
from escalation.diagnostics import InputError, Problems  # noqa: E402
from escalation.ledger import decide  # noqa: E402
from escalation.pack import load_pack  # noqa: E402
from escalation.rating import arithmetic  # noqa: E402

PACK = load_pack()
FILES = sorted(map(str, (ROOT / "scenarios/casebook").glob("*.yaml")))
CASEBOOK = load_casebook(FILES, PACK, Problems())
LEVELS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30)


@pytest.fixture(scope="module")
def found() -> Any:
    return backtest(PACK, CASEBOOK, load_plan(PACK))


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """The default backtest as each format shows it."""
    return {form: run("backtest", "--format", form).out for form in ("text", "markdown", "json")}


@pytest.fixture(scope="module")
def data(shown: dict[str, str]) -> Any:
    return json.loads(shown["json"])


def answer(found: Any, name: str) -> Any:
    return next(one for one in found.answers if one.question.id == name)


# -- measures

PREDICTED, TARGET = np.array([2, 3, 4, 2]), np.array([1, 3, 3, 2])


@pytest.mark.parametrize(
    ("measure", "by_hand"),
    [
        (statistics.exact, 2 / 4),
        (statistics.within_one, 4 / 4),
        (statistics.mean_absolute_error, (1 + 0 + 1 + 0) / 4),
        (statistics.bias, (1 + 0 + 1 + 0) / 4),
        # Seen: (1 + 0 + 1 + 0) / 4. By chance, over all 16 pairs: 2 has 1 1 1 0, 3 has 4 0 0 1, 4 has 9 1 1 4, and 2
        # again 1 1 1 0.
        (statistics.weighted_kappa, 1 - (2 / 4) / (26 / 16)),
        # Pairs in order: (2,1)-(3,3), (2,1)-(4,3), (3,3)-(2,2), (4,3)-(2,2) agree; (3,3)-(4,3) ties in one, (2,1)-(2,2)
        # in the other: 4 / sqrt(5 * 5).
        (statistics.tau, 4 / 5),
    ],
)
def test_measures_by_hand(measure, by_hand):
    assert float(measure(PREDICTED, TARGET)) == pytest.approx(by_hand)


def test_ranges_by_hand():
    low, high, target = np.array([2, 3, 1]), np.array([3, 3, 2]), np.array([2, 5, 4])
    assert float(statistics.coverage(low, high, target)) == pytest.approx(1 / 3)
    assert float(statistics.mean_width(low, high, target)) == pytest.approx((1 + 0 + 1) / 3)
    assert float(statistics.interval_score(low, high, target, 0.5)) == pytest.approx(
        (1 + (0 + 4 * 2) + (1 + 4 * 2)) / 3
    )


@given(LEVELS)
def test_kappa_is_that_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    own = float(statistics.weighted_kappa(a, b))
    if np.isnan(own):
        assert len(set(a)) == len(set(b)) == 1 and a[0] == b[0]
    else:
        labels = list(range(1, 6))
        assert own == pytest.approx(metrics.cohen_kappa_score(a, b, labels=labels, weights="quadratic"), abs=1e-9)


@given(LEVELS)
def test_measures_of_resamples_are_those_of_each(pairs):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    drawn = statistics.draws(len(a), 7, 1)
    for measure in statistics.POINT:
        together = measure(a[drawn], b[drawn])
        alone = [float(measure(a[rows], b[rows])) for rows in drawn]
        assert np.allclose(together, alone, equal_nan=True)


def test_an_interval_is_the_percentiles_of_the_resamples_and_always_the_same():
    drawn = statistics.draws(4, 500, 3)
    errors = sorted(np.abs(PREDICTED - TARGET)[drawn].mean(-1))
    one = statistics.estimate(statistics.mean_absolute_error, (PREDICTED, TARGET), drawn, 0.1)
    assert one.low == pytest.approx(np.quantile(errors, 0.05))
    assert one.high == pytest.approx(np.quantile(errors, 0.95))
    assert one == statistics.estimate(
        statistics.mean_absolute_error, (PREDICTED, TARGET), statistics.draws(4, 500, 3), 0.1
    )


def test_what_is_not_defined_is_none():
    constant = np.array([2, 2, 2])
    assert statistics.plain(statistics.tau, (constant, np.array([1, 2, 3]))).value is None
    assert statistics.plain(statistics.weighted_kappa, (constant, constant)).value is None
    assert statistics.plain(statistics.exact, (np.array([]), np.array([]))).value is None


# -- baselines


def test_a_fitted_baseline_leaves_the_case_itself_out(found):
    """By hand, from the levels alone: the lower median of the other cases of the bin."""
    outcome = answer(found, "outcome")
    targets = [case.target for case in outcome.cases]
    strike = ["combat_aircraft", "deep_strike", "one_way_attack", "air_delivered_strike"]
    roles = {
        case.scenario.id: next(e.facts["role"].best for e in case.scenario.entities if e.kind == "item")
        for case in CASEBOOK.cases
    }
    bins = [roles[case.id] in strike for case in outcome.cases]
    role = next(score.forecast for score in outcome.scores if score.forecast.id == "role-only")
    for i, in_bin in enumerate(bins):
        if in_bin:
            others = sorted(t for j, t in enumerate(targets) if bins[j] and j != i)
            everyone = sorted(t for j, t in enumerate(targets) if bins[j])
            assert role.levels[i] == others[(len(others) - 1) // 2]
            assert role.fitted[i] == everyone[(len(everyone) - 1) // 2]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_constant_says_the_same_of_every_case(found, level):
    for one in found.answers:
        score = next(s for s in one.scores if s.forecast.id == f"always-{level}")
        errors = [abs(level - case.target) for case in one.cases]
        assert score.measures["mean_absolute_error"].value == pytest.approx(sum(errors) / len(errors))


def test_the_difference_is_the_engines_error_less_that_of_the_baseline(found):
    for one in found.answers:
        engine = one.scores[0].measures
        for score in one.scores[1:]:
            name = "interval_score" if score.forecast.levels is None else "mean_absolute_error"
            assert score.difference.value == pytest.approx(engine[name].value - score.measures[name].value)
            assert score.as_good == (score.measures[name].value <= engine[name].value)


def test_hindsight_is_marked(found):
    marked = {s.forecast.id for one in found.answers for s in one.scores if s.forecast.hindsight}
    assert marked == {"loudest-later"}


# -- what is compared


def test_withheld_cases_are_scored_apart(found):
    observed, withheld = answer(found, "outcome"), answer(found, "withheld")
    assert {case.id for case in withheld.cases} == {"pl-mig29-2022", "us-atacms-2022-refused", "de-taurus-refused"}
    assert not {case.id for case in observed.cases} & {case.id for case in withheld.cases}


def test_out_of_scope_and_memory_only_are_counted_and_left_out(found, data):
    assert data["out_of_scope"] == ["ir-fath360-2024", "kp-kn23-2024", "kp-shells-2022"]
    everything = sorted(map(str, (ROOT / "scenarios/casebook").rglob("*.yaml")))
    apart = load_casebook(everything, PACK, Problems())
    assert set(apart.kept_apart) == {"de-helmets-2022", "us-nasams-2022"}
    assert len(load_casebook(everything, PACK, Problems(), with_banner=True).cases) == len(apart.cases) + 2
    assert [case.scenario.id for case in apart.cases] == [case.scenario.id for case in CASEBOOK.cases]


def test_the_confusion_table_counts_every_case(found):
    for one in found.answers:
        assert sum(map(sum, one.confusion)) == len(one.cases)
        assert sum(one.confusion[i][i] for i in range(5)) == sum(case.level == case.target for case in one.cases)


def test_a_rule_taken_out_is_a_pack_without_it(found):
    """The scores without a rule are those of a pack from which it is cut, where no other rule needs its conclusion."""
    for at, rule in enumerate(PACK.rules):
        if rule.then.conclude or not found.firing[rule.id]:
            continue
        kept = [i for i in range(len(PACK.rules)) if i != at]
        cut = PACK._replace(
            rules=tuple(PACK.rules[i] for i in kept),
            order=tuple(kept.index(i) for i in PACK.order if i != at),
            strata=tuple(PACK.strata[i] for i in kept),
        )
        moves = [
            (case.scenario.id, scale.name, rating.level, level)
            for case in CASEBOOK.cases
            for scale, rating in zip(PACK.scales, case.ratings, strict=True)
            if (level := arithmetic(cut, decide(cut, case.scenario.entities, case.world).fired, scale).level)
            != rating.level
        ]
        assert list(next(one for one in found.removals if one.rule == rule.id).moves) == moves


def test_the_size_of_the_pack_is_counted(found):
    size = size_of(PACK)
    assert size.rules == len(PACK.rules) >= size.moving
    assert size.numbers == size.points + size.parameters + size.word_lists + size.thresholds + size.bounds
    assert size.points == sum(p != 0 for rule in PACK.rules for p in rule.then.points.values())
    assert size.thresholds == 8


# -- what is claimed of the default pack: agreement with one coder


def test_the_pack_agrees_with_the_coder_as_far_as_the_method_says(found):
    day, outcome = answer(found, "ex_ante"), answer(found, "outcome")
    assert day.within_coder >= len(day.cases) - 3
    assert day.farthest <= 1
    errors = {s.forecast.id: s.measures["mean_absolute_error"].value for s in outcome.scores if s.forecast.levels}
    assert errors["engine"] < min(errors["always-1"], errors["always-3"], errors["range-only"])
    assert errors["engine"] <= errors["coder"] + 0.2
    kappa = answer(found, "rhetoric").scores[0].measures["weighted_kappa"].value
    assert kappa >= 0.5


def test_hard_cases_stay_visible(data, shown):
    outcome = next(q for q in data["questions"] if q["id"] == "outcome")
    levels = {case["id"]: (case["level"], case["target"]) for case in outcome["cases"]}
    assert {"uk-du-2023", "us-atacms-2023", "us-apmines-2024"} <= levels.keys()
    text = " ".join(shown["text"].split())
    for name, (level, target) in levels.items():
        miss = f"{name} {PACK.levels[level - 1].name.upper()} for {target}"
        assert (miss in text) == (level != target)


# -- what is shown


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_page_says_what_the_figures_are(shown, form):
    page = " ".join(shown[form].split())
    for words in (
        "agreement with one coder, never accuracy",
        "coded by one analyst",
        "Level 5 was never observed",
        f"{len(PACK.rules)} rules",
        "As good as the engine",
        "loudest warning",
        "3 with a perceiver outside the pack",
        "23 cases",
    ):
        assert words in page


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes(shown):
    assert run("backtest", "--format", "json").out == shown["json"]


@pytest.mark.slow
def test_a_profile_is_named_and_changes_the_scores(data):
    other = json.loads(run("backtest", "--format", "json", "--profile", "range_driven").out)
    assert other["pack"]["profile"] == "range_driven"
    assert other["questions"][1]["scores"][0] != data["questions"][1]["scores"][0]


def test_a_missing_library_is_named_in_one_line(monkeypatch):
    for name in ("escalation.analysis.statistics", "escalation.analysis.backtest"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    done = run("backtest")
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert "needs numpy" in done.err
    assert "escalation-assess[stats]" in done.err


def test_scenarios_without_a_coding_cannot_be_compared(tmp_path):
    (tmp_path / "a.yaml").write_text((ROOT / "scenarios/us-patriot-2022.yaml").read_text())
    done = run("backtest", str(tmp_path))
    assert done.code == 2
    assert "nothing to compare" in done.err


def test_bad_files_among_good_ones_are_told_and_the_rest_compared(tmp_path):
    for path in FILES[:3]:
        (tmp_path / Path(path).name).write_text(Path(path).read_text())
    (tmp_path / "bad.yaml").write_text("schema: 1\n")
    done = run("backtest", str(tmp_path), "--format", "json")
    assert done.code == 2
    assert "KEY-2" in done.err
    assert len(json.loads(done.out)["cases"]) == 3


def test_a_plan_with_mistakes_is_told_all_of_them(tmp_path):
    import shutil

    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    plan = tmp_path / "rules/analysis/backtest.yaml"
    text = plan.read_text()
    plan.write_text(text.replace("level: 1}", "levels: 1}").replace("scale: concern", "scale: concerns"))
    with pytest.raises(InputError) as caught:
        load_plan(load_pack(tmp_path / "rules"))
    assert {problem.code for problem in caught.value.problems} == {"KEY-1", "PLAN-1", "WORD-1"}
