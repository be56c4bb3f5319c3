"""Comparisons: shares are fair and sum to the difference, orders are as firm as enumeration says."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from functools import cache
from itertools import pairwise, permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exact.cases import case, rate, read, worlds
from tests.support.command import run

from escalation import Assessment, InputError, assess, load_pack, load_scenario
from escalation.analysis.compare import Compared
from escalation.analysis.mixtures import Mixture
from escalation.analysis.players import Blend, players_of
from escalation.analysis.shapley import shapley
from escalation.edits import with_values
from escalation.pack import Pack
from escalation.questions import compare, compare_packs
from escalation.render.compare import blocks
from escalation.render.layout import page

ROOT = Path(__file__).parent.parent
PACK = load_pack()
PATRIOT, ATACMS = "scenarios/us-patriot-2022.yaml", "scenarios/us-atacms-2022.yaml"


@cache
def rating(path: str, profile: str = "") -> Assessment:
    pack = load_pack(profile=profile) if profile else PACK
    return assess(load_scenario(ROOT / path, pack.vocabulary), pack)


@cache
def rated_files() -> tuple[str, ...]:
    files = [*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "scenarios" / "casebook").glob("*.yaml")]
    found = []
    for path in sorted(str(file.relative_to(ROOT)) for file in files):
        try:
            rating(path)
            found.append(path)
        except InputError:  # a perceiver whom the pack does not cover
            continue
    return tuple(found)


def sums(pair: Compared) -> tuple[Fraction, ...]:
    shares = [share.points for share in pair.shares]
    return tuple(sum(column, Fraction(0)) for column in zip(*shares, strict=True)) or (Fraction(0), Fraction(0))


# -- shares


GAMES = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.integers(-5, 5), min_size=1 << n, max_size=1 << n))
)


@given(GAMES)
def test_shares_are_the_mean_over_all_orders(game):
    players, values = game
    found = shapley(players, lambda mask: (values[mask],))
    means = [Fraction(0)] * players
    orders = list(permutations(range(players)))
    for order in orders:
        mask = 0
        for player in order:
            means[player] += Fraction(values[mask | 1 << player] - values[mask], len(orders))
            mask |= 1 << player
    assert [share for (share,) in found.shares] == means
    assert found.exact and found.orders == len(orders)
    assert sum(means) == values[-1] - values[0]


@given(GAMES, st.data())
def test_players_that_do_the_same_get_the_same(game, data):
    players, values = game
    one, other = data.draw(st.integers(0, players - 1)), data.draw(st.integers(0, players - 1))

    def swapped(mask: int) -> int:
        a, b = mask >> one & 1, mask >> other & 1
        return mask & ~(1 << one) & ~(1 << other) | b << one | a << other

    found = shapley(players, lambda mask: (values[mask] + values[swapped(mask)],))
    assert found.shares[one] == found.shares[other]


@given(GAMES, st.integers(0, 4), st.integers(-3, 3))
def test_a_player_that_adds_the_same_always_gets_just_that(game, at, adds):
    players, values = game
    at = min(at, players - 1)
    found = shapley(players, lambda mask: (values[mask & ~(1 << at)] + adds * (mask >> at & 1),))
    assert found.shares[at] == (Fraction(adds),)


@settings(max_examples=25)
@given(GAMES)
def test_sampled_shares_sum_to_the_difference_and_lie_near(game):
    players, values = game
    exact = shapley(players, lambda mask: (values[mask],))
    found = shapley(players, lambda mask: (values[mask],), most=0)
    assert not found.exact
    assert sum(share for (share,) in found.shares) == values[-1] - values[0]
    for (true,), (share,), (error,) in zip(exact.shares, found.shares, found.error, strict=True):
        assert abs(float(true - share)) <= 3 * error + 1e-12
    assert found == shapley(players, lambda mask: (values[mask],), most=0)


def test_the_stated_error_of_sampled_shares_holds_95_times_in_100():
    random, inside, number = Random(1), 0, 0
    for _ in range(60):
        values = [random.randint(-5, 5) for _ in range(1 << 5)]
        exact = shapley(5, lambda mask, v=values: (v[mask],))
        found = shapley(5, lambda mask, v=values: (v[mask],), most=0, pairs=60)
        for (true,), (share,), (error,) in zip(exact.shares, found.shares, found.error, strict=True):
            inside += abs(float(true - share)) <= error
            number += 1
    assert inside / number >= 0.9


# -- two scenarios


def test_patriot_against_atacms_is_owed_to_role_reach_and_warnings():
    (pair,) = compare([rating(PATRIOT), rating(ATACMS)]).pairs
    assert pair.difference[0] == 13 and pair.exact
    assert {share.player.label: share.points[0] for share in pair.shares} == {
        "role": Fraction(35, 6),
        "warnings": Fraction(3),
        "target reach": Fraction(11, 6),
        "permitted targets": Fraction(4, 3),
        "range and kind of range": Fraction(1),
    }
    assert sums(pair) == pair.difference
    assert {name: b - a for name, a, b in pair.parts if a != b} == {
        "role": 3,
        "reach": 5,
        "permission": 2,
        "warnings": 3,
    }
    assert pair.firm_over_open_facts and pair.firm_over_images
    assert pair.parting is not None and pair.parting.id == "ROL-20"


@pytest.mark.parametrize("paths", list(pairwise(rated_files())), ids=lambda pair: Path(pair[0]).stem)
def test_shares_and_factors_sum_to_the_difference(paths):
    a, b = map(rating, paths)
    (pair,) = compare([a, b]).pairs
    assert sums(pair) == pair.difference == tuple(y.score - x.score for x, y in zip(a.ratings, b.ratings, strict=True))
    assert sum(after - before for _, before, after in pair.parts) == pair.difference[0]
    assert {rule.id for rule in pair.first_only} == set(a.fired) - set(b.fired)
    back = compare([b, a]).pairs[0]
    assert sorted(share.points for share in back.shares) == sorted(
        tuple(-p for p in share.points) for share in pair.shares
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_mixtures_on_random_packs_are_what_both_engines_say(seed, other):
    one = case(seed)
    second = read(case(other).document, one.pack)
    a, b = (assess(scenario, one.pack, engine="ledger") for scenario in (one.scenario, second))
    players = players_of(a, b)
    blend = Blend(a, b, players)
    everyone = (1 << len(players)) - 1
    assert blend.totals(0) == tuple(r.score for r in a.ratings)
    assert blend.totals(everyone) == tuple(r.score for r in b.ratings)
    for mask in Random(seed).sample(range(everyone + 1), min(8, everyone + 1)):
        told = rate(one.pack, blend.scenario(mask))
        assert blend.totals(mask) == tuple(total for _, total in told)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_an_order_is_firm_exactly_where_no_values_of_open_facts_break_it(seed, other):
    one = case(seed, open_facts=0.3)
    second = read(case(other, open_facts=0.3).document, one.pack)
    if max(len(worlds(s, one.pack)) for s in (one.scenario, second)) > 300:
        return
    pair = compare([assess(s, one.pack, engine="ledger") for s in (one.scenario, second)]).pairs[0]
    totals = [[rate(one.pack, s, w)[0][1] for w in worlds(s, one.pack)] for s in (one.scenario, second)]
    low, high = totals if pair.difference[0] >= 0 else totals[::-1]
    assert pair.firm_over_open_facts == (max(low) < min(high))


def test_the_best_terms_are_the_least_of_all_terms():
    (pair,) = compare([rating(PATRIOT), rating(ATACMS)]).pairs
    assert pair.best is not None
    table = json.loads(run("terms", ATACMS, "--format", "json").out)
    assert pair.best.extent.total_low == min(cell["ratings"]["escalation"]["score"] for cell in table["cells"])


def test_items_are_paired_by_id_then_by_likeness_and_the_rest_stand_alone():
    (pair,) = compare([rating(PATRIOT), rating("scenarios/us-package-dec-2022.yaml")]).pairs
    kit = next(share for share in pair.shares if share.player.label == "glide-bomb kit")
    assert kit.player.pair is not None and kit.player.pair.a is None
    assert (kit.into_first.score, kit.out_of_second.score) == (8, 3)


@pytest.mark.slow
def test_beyond_twelve_players_shares_are_sampled_with_their_error_and_still_sum():
    first = rating("scenarios/us-package-dec-2022.yaml")
    moved = []
    for at, entity in enumerate(first.scenario.entities):
        for field in first.board.grid.columns[entity.kind]:
            other = next(
                c for c in reversed(first.changes) if c.entity == at and c.field.key == field.key and not field.derive
            )
            moved += [(at, field, other.value)] if entity.kind != "warning" else []
    changed = with_values(first.scenario, PACK.vocabulary, moved)
    answer = compare([first, assess(changed, PACK)])
    (pair,) = answer.pairs
    assert len(pair.shares) > 12 and not pair.exact
    assert sums(pair) == pair.difference
    assert any(share.error[0] > 0 for share in pair.shares)
    text = page(blocks(answer))
    assert "±" in text and "orders drawn at random" in text


def test_one_scenario_or_two_packs_is_nothing_to_compare():
    for founds in ([rating(PATRIOT)], [rating(PATRIOT), rating(ATACMS, "range_driven")]):
        with pytest.raises(InputError) as caught:
            compare(founds)
        assert caught.value.problems[0].code == "ASK-2"


def test_a_scenario_compared_with_itself_differs_in_nothing():
    (pair,) = compare([rating(PATRIOT), rating(PATRIOT)]).pairs
    assert (pair.difference, pair.shares, pair.first_only, pair.second_only) == ((0, 0), (), (), ())


# -- two packs


@pytest.mark.parametrize("profile", list(PACK.profiles))
@pytest.mark.parametrize("path", [PATRIOT, ATACMS, "scenarios/us-kharkiv-permission-2024.yaml"])
def test_the_difference_between_images_is_owed_to_the_rules_they_change(path, profile):
    a, b = rating(path), rating(path, profile)
    (pair,) = compare_packs([a, b]).pairs
    total = tuple(sum(column) for column in zip(*(share.points for share in pair.shares), strict=True)) or (0, 0)
    assert total == pair.difference
    named = {*PACK.profiles[profile].points, *PACK.profiles[profile].off}
    if not PACK.profiles[profile].parameters:
        assert {share.name for share in pair.shares} <= named


@pytest.mark.slow
@settings(max_examples=80)
@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_shares_of_rules_sum_to_the_difference_on_random_packs(seed, other):
    """Also where rules come and go, conclude, and close circles when mixed; `compare_packs` checks the sum itself."""
    one, two = case(seed), case(other)
    same = read(one.document, two.pack)
    founds = [assess(one.scenario, one.pack, engine="ledger"), assess(same, two.pack, engine="ledger")]
    mixture = Mixture(founds[0], founds[1])
    everyone = (1 << len(mixture.players)) - 1
    for mask, found in ((0, founds[0]), (everyone, founds[1])):
        assert mixture.totals(mask) == tuple(r.score for r in found.ratings)
    (pair,) = compare_packs(founds).pairs
    assert tuple(sum(c) for c in zip(*(s.points for s in pair.shares), strict=True)) in (pair.difference, ())


def edited_pack(tmp_path: Path, file: str, old: str, new: str) -> Pack:
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))
    return load_pack(folder)


CHANGES = [
    ("role.yaml", "then: {points: 3, conclude: WEAPON}", "then: {points: 2, conclude: WEAPON}", "ROL-10", -1),
    ("parameters.yaml", "value: 200 km", "value: 320 km", "RCH-20", -1),
    (
        "pack.yaml",
        "reach: {label: reach, min: 0, max: 8}",
        "reach: {label: reach, min: 0, max: 3}",
        "bounds of factors",
        -2,
    ),
    ("vocabulary.yaml", "assume: low\n", "assume: recent_reverse\n", "what the vocabulary assumes", 1),
]


@pytest.mark.parametrize(("file", "old", "new", "name", "points"), CHANGES, ids=[row[3] for row in CHANGES])
def test_one_change_of_a_pack_is_owed_the_whole_difference(tmp_path, file, old, new, name, points):
    pack = edited_pack(tmp_path, file, old, new)
    after = assess(load_scenario(ROOT / ATACMS, pack.vocabulary), pack)
    (pair,) = compare_packs([rating(ATACMS), after]).pairs
    assert {share.name: share.points[0] for share in pair.shares} == {name: points}


def test_what_follows_from_a_conclusion_is_owed_to_the_rule_that_makes_it(tmp_path):
    pack = edited_pack(
        tmp_path, "role.yaml", "every_item: {role: {in: $protective}}", "every_item: {role: deep_strike}"
    )
    after = assess(load_scenario(ROOT / PATRIOT, pack.vocabulary), pack)
    (pair,) = compare_packs([rating(PATRIOT), after]).pairs
    assert "LIM-20" in {rule.id for rule in pair.first_only}  # it used the conclusion
    assert [(share.name, share.points[0]) for share in pair.shares] == [("ROL-40", Fraction(1))]


def test_a_pack_compared_with_itself_has_no_changed_rule():
    (pair,) = compare_packs([rating(PATRIOT), rating(PATRIOT)]).pairs
    assert (pair.changed, pair.shares, pair.parting) == (0, (), None)


# -- the command


def test_json_sums_to_the_difference():
    data = json.loads(run("compare", PATRIOT, ATACMS, "--format", "json").out)
    (pair,) = data["pairs"]
    assert sum(Fraction(share["points"]["escalation"]["exact"]) for share in pair["shares"]) == 13
    assert pair["difference"] == {"escalation": 13, "concern": 10}
    assert pair["firm"]["open_facts"]["holds"] is True


def test_versions_of_a_pack_are_compared_on_one_file(tmp_path):
    edited_pack(tmp_path, "role.yaml", "then: {points: 3, conclude: WEAPON}", "then: {points: 2, conclude: WEAPON}")
    found = run("compare", ATACMS, "--rules", str(ROOT / "rules"), "--rules", str(tmp_path / "rules"))
    assert found.code == 0 and "ROL-10  escalation +3 -> +2; concern +3 -> +2" in found.out


WRONG = [
    (("compare", PATRIOT), "ASK-2"),
    (("compare", PATRIOT, ATACMS, "--profile", "range_driven", "--profile", "cautious_bounded"), "one FILE"),
    (("compare", PATRIOT, "missing.yaml"), "FILE-1"),
    (("compare", PATRIOT, "--profile", "none_such"), "PROF-2"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[row[1] for row in WRONG])
def test_what_cannot_be_compared_is_an_error(words, said):
    found = run(*words)
    assert found.code == 2 and said in found.err and not found.out
