"""Nearest precedents: only what was closed on the day, near for stated reasons, and none where there is none."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from tests.support.command import ROOT, run

from escalation.analysis.precedents import load_plan, precedents
from escalation.assess import assess
from escalation.edits import edited
from escalation.pack import load_pack
from escalation.scenario import load_scenario

PACK = load_pack()
PLAN = load_plan(PACK)
FOLDER = ROOT / "scenarios/casebook"
PATRIOT = ROOT / "scenarios/us-patriot-2022.yaml"


def nearest(path, as_of=None, changes=(), **plan):
    scenario = load_scenario(path, PACK.vocabulary, as_of=as_of)
    if changes:
        scenario = edited(scenario, PACK.vocabulary, changes)
    return precedents(assess(scenario, PACK), PLAN._replace(**plan))


def ids(found):
    return [one.case.id for one in found.found]


def test_the_first_case_has_the_precedents_a_reader_would_name():
    assert ids(nearest(PATRIOT))[:2] == ["sk-s300-2022", "de-gepard-2022"]


@pytest.mark.parametrize("day", [date(2022, 12, 14), date(2023, 9, 6), date(2024, 11, 17), date(2026, 1, 1)])
def test_a_case_counts_once_its_window_had_closed_and_not_a_day_before(day):
    found = nearest(PATRIOT, day, most=99, within=99)
    window = timedelta(days=PLAN.window_days)
    assert all(one.case.as_of + window < day for one in found.found)
    open_then = {load_scenario(FOLDER / f"{name}.yaml", PACK.vocabulary).as_of for name in found.open_windows}
    assert all(as_of + window >= day for as_of in open_then)


def test_nothing_outside_the_pack_or_under_a_banner_or_itself_is_a_precedent():
    found = nearest(PATRIOT, date(2026, 1, 1), most=99, within=99)
    seen = {*ids(found), *found.open_windows}
    assert not seen & {"ir-fath360-2024", "kp-shells-2022", "kp-kn23-2024", "ru-s300-syria-2018"}  # other perceivers
    assert not seen & {"de-helmets-2022", "us-nasams-2022"}  # from memory
    assert "us-patriot-2022" not in seen
    assert len(seen) == 22


def test_a_case_is_its_own_nearest_under_another_name():
    """The casebook's Patriot a year later, under the id of the example: the distance is what was changed."""
    same = load_scenario(FOLDER / "us-himars-2022.yaml", PACK.vocabulary, as_of=date(2022, 12, 14))
    plain = precedents(assess(same._replace(id="other"), PACK), PLAN)
    assert ids(plain)[0] == "us-himars-2022"
    kinds = {c.field.entity for c in plain.found[0].different}
    assert kinds <= {"warning"}  # those that were said in between


@pytest.mark.parametrize(
    ("change", "label", "distance"),
    [
        ("items.item.consent_per_use=true", "consent per use", 1.0),
        ("items.item.range=160", "range", 1 / 3),  # one doubling of three
        ("items.item.target_reach=deep_occupied", "target reach", 2 / 9),  # one step of nine words
        ("items.item.role=artillery", "role", 1.5),  # another word of the same list
        ("items.item.role=non_lethal", "role", 3.0),
        ("transfer.act=use_permission", "act", 2.0),
        ("context.war=none", "war", 2 / 3),
    ],
)
def test_distances_by_hand(change, label, distance):
    found = nearest(FOLDER / "us-himars-2022.yaml", date(2022, 9, 15), [change], most=99, within=99)
    himars = nearest(FOLDER / "us-himars-2022.yaml", date(2022, 9, 15), most=99, within=99)
    assert "us-himars-2022" not in ids(found)  # itself
    by_id = {one.case.id: one for one in found.found}
    before = {one.case.id: one for one in himars.found}
    gepard, unchanged = by_id["us-m777-2022"], before["us-m777-2022"]
    own = next(c.distance for c in gepard.compared if c.field.label == label)
    was = next(c.distance for c in unchanged.compared if c.field.label == label)
    assert gepard.distance - unchanged.distance == pytest.approx(own - was)
    assert gepard.distance == pytest.approx(sum(c.distance for c in gepard.compared))


def test_each_feature_is_either_alike_or_different():
    for one in nearest(PATRIOT, date(2026, 1, 1), most=99, within=99).found:
        assert len(one.same) + len(one.different) == len(one.compared) == len(PLAN.features)
        assert all(c.here != c.there for c in one.different)


def test_only_what_both_cases_state_is_called_the_same():
    [*_, gepard] = nearest(PATRIOT).found
    assumed = {c.field.key: c.assumed for c in gepard.compared}
    assert assumed["item.role"] == (False, False)
    assert assumed["item.consent_per_use"] == (True, True)  # neither says anything of it
    text = " ".join(run("precedents", PATRIOT).out.split())
    same = text.split("26 April 2022")[1].split("same:")[1].split("not:")[0]
    assert "permitted targets" in same
    assert "consent per use" not in same
    assert f"{sum(any(c.assumed) for c in gepard.same)} more as assumed" in same


def test_where_nothing_is_near_it_says_so_and_names_the_nearest():
    done = run("precedents", PATRIOT, "--format", "json")
    assert json.loads(done.out)["nearest_beyond"] is None
    far = nearest(PATRIOT, within=0.1)
    assert far.found == ()
    assert far.nearest_beyond is not None
    assert far.nearest_beyond.distance > 0.1
    text = run("precedents", "scenarios/us-atacms-2022.yaml").out
    assert "No precedent within distance 4" in text
    assert "which is no precedent" in text


def test_before_any_window_closed_there_is_nothing_to_learn_from():
    found = nearest(FOLDER / "us-javelin-2017.yaml")
    assert (found.found, found.nearest_beyond, found.considered) == ((), None, 0)


def test_a_withheld_case_is_said_to_be_one():
    text = " ".join(run("precedents", "scenarios/casebook/de-taurus-refused.yaml").out.split())
    assert "withheld; its rhetoric alone stands at MODERATE" in text


def test_precedents_do_not_move_the_rating():
    assert "precedents" not in json.loads(run(str(PATRIOT), "--format", "json").out)["rating"]
