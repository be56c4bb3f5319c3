"""What-if, terms and path: changed scenarios beside each other, each rated like any file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exact.cases import case, read
from tests.support.command import run

from escalation import Assessment, InputError, assess, load_pack, load_scenario
from escalation.analysis.rated import rated
from escalation.edits import edited, with_value, with_values, without
from escalation.pack import Questions
from escalation.questions import path, terms, what_if
from escalation.sets import Words

ROOT = Path(__file__).parent.parent
PACK = load_pack()
VOCABULARY = PACK.vocabulary
PATRIOT, ATACMS = "scenarios/us-patriot-2022.yaml", "scenarios/us-atacms-2022.yaml"
PACKAGE = "scenarios/us-package-dec-2022.yaml"
STEPS = ("us-atacms-2022-refused", "us-atacms-2023", "us-atacms-inrussia-2024")


@cache
def rating(file: str) -> Assessment:
    return assess(load_scenario(ROOT / file, VOCABULARY), PACK)


def steps() -> list[Assessment]:
    return [rating(f"scenarios/casebook/{name}.yaml") for name in STEPS]


# -- what if


CHANGES = [
    (["transfer.supplier_personnel=supplier_crews_in_recipient"], [], []),
    (["item.permitted_targets=russia_proper_limited", "item.role=deep_strike"], [], []),
    ([], ["warning:kind=nuclear,office=head_of_state"], []),
    ([], [], ["warnings"]),
    (["context.war=frozen_conflict"], ["item:role=combat_aircraft,name=F-16"], ["warnings.kremlin-14-dec"]),
]


@pytest.mark.parametrize(("assign", "add", "remove"), CHANGES)
def test_after_is_the_changed_scenario_and_every_switch_is_explained(assign, add, remove):
    before = rating(PATRIOT)
    answer = what_if(before, assign, add, remove)
    plain = assess(edited(before.scenario, VOCABULARY, assign, add, remove), PACK)
    assert [(r.level, r.score, r.low, r.high) for r in answer.after.ratings] == [
        (r.level, r.score, r.low, r.high) for r in plain.ratings
    ]
    on, off = ({s.line.rule.id for s in answer.switches if s.on == wanted} for wanted in (True, False))
    assert (on, off) == (set(plain.fired) - set(before.fired), set(before.fired) - set(plain.fired))
    assert all(switch.flips for switch in answer.switches)
    assert answer.differences


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 100_000), st.data())
def test_every_switch_of_any_single_change_is_explained(seed, data):
    found = case(seed).assessed()
    if not found.changes:
        return
    change = data.draw(st.sampled_from(found.changes))
    text = str(change.value).lower() if isinstance(change.value, bool) else str(change.value)
    if change.field.member_of:
        return
    kind = found.pack.vocabulary.kinds[change.field.entity]
    owner = f"{kind.plural}.{found.scenario.entities[change.entity].id}" if kind.many else kind.name
    answer = what_if(found, [f"{owner}.{change.field.name}={text}"])
    assert all(switch.flips for switch in answer.switches)
    if len(answer.after.scenario.entities) == len(found.scenario.entities):
        assert tuple(r.score for r in answer.after.ratings) == change.result.totals
        assert tuple(r.level for r in answer.after.ratings) == change.result.levels


def test_crews_in_the_theatre_switch_three_rules_on_one_fact():
    answer = what_if(rating(PATRIOT), ["transfer.supplier_personnel=supplier_crews_in_recipient"])
    assert [(s.line.rule.id, s.on) for s in answer.switches] == [("INV-10", True), ("INV-30", True), ("LIM-20", False)]
    assert {flip.path for s in answer.switches for flip in s.flips} == {"transfer.supplier_personnel"}
    assert [d.path for d in answer.differences] == ["transfer.supplier_personnel"]


def test_what_says_the_same_twice_is_told():
    found = run("what-if", PATRIOT, "--add", "warning:office=kremlin_spokesperson,speaker=Dmitry Peskov,"
                "kind=legitimate_target,threatens=system_in_theatre,concerns=this_item")  # fmt: skip
    assert found.code == 0 and "says the same as" in found.out


def test_nothing_to_change_is_a_usage_error():
    found = run("what-if", PATRIOT)
    assert found.code == 2 and "say what changes" in found.err


def test_wrong_changes_are_all_told_and_nothing_is_rated():
    found = run("what-if", PATRIOT, "--set", "item.rnge=1", "--add", "warning kind", "--remove", "items")
    assert found.code == 2 and not found.out
    assert [code for code in ("EDIT-4", "EDIT-5", "did you mean range?") if code in found.err] == [
        "EDIT-4",
        "EDIT-5",
        "did you mean range?",
    ]


# -- terms


@pytest.mark.parametrize("file", [PATRIOT, ATACMS, PACKAGE])
def test_every_cell_is_the_scenario_with_those_terms(file):
    found = rating(file)
    answer = terms(found)
    assert sum(cell.stated for cell in answer.cells) == 1
    for cell in answer.cells:
        changes = [(a.at, a.field, a.values[run]) for a, run in zip(answer.axes, cell.runs, strict=True)]
        after = rated(PACK, with_values(found.scenario, VOCABULARY, changes))
        assert [(r.level, r.score) for r in cell.ratings] == [(s.level, s.total) for s in after.scales]
        if cell.stated:
            assert [r.score for r in cell.ratings] == [r.score for r in found.ratings]


def test_the_words_of_a_run_rate_alike():
    found = rating(ATACMS)
    answer = terms(found)
    for axis in answer.axes:
        for run_ in axis.runs:
            assert isinstance(run_, Words)
            scenarios = (with_value(found.scenario, VOCABULARY, axis.at, axis.field, word) for word in run_.words)
            assert len({tuple(s.total for s in rated(PACK, one).scales) for one in scenarios}) == 1
        words = [word for run_ in axis.runs if isinstance(run_, Words) for word in run_.words]
        assert sorted(words, key=str) == sorted(axis.field.order or (False, True), key=str)


def test_a_package_says_what_each_item_adds_and_what_dropping_it_gives():
    found = rating(PACKAGE)
    answer = terms(found)
    for part in answer.parts:
        rest = rated(PACK, without(found.scenario, VOCABULARY, part.path))
        assert part.without is not None and part.without.score == rest.score
    assert found.scenario.entities[answer.item].id == "kit" and not answer.chosen
    assert found.scenario.entities[terms(found, "interceptor").item].id == "interceptor"


def test_an_unknown_item_and_a_pack_without_terms_are_errors():
    for found, item in ((rating(PACKAGE), "kitt"), (case(1).assessed(), "")):
        with pytest.raises(InputError) as caught:
            terms(found, item)
        assert caught.value.problems[0].code == "ASK-3"


# -- path


def test_what_the_steps_add_sums_to_the_whole_way():
    founds = steps()
    answer = path(founds)
    assert sum(step.added or 0 for step in answer.steps) == answer.difference
    assert answer.difference == founds[-1].rating.score - founds[0].rating.score
    assert sum(share.points[0] for share in answer.whole) == answer.difference
    for step in answer.steps[1:]:
        assert sum(share.points[0] for share in step.shares) == step.added
    assert answer.in_order and not path(founds[::-1]).in_order


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(st.integers(0, 100_000), min_size=2, max_size=4))
def test_paths_sum_on_random_packs(seeds):
    pack = case(seeds[0]).pack
    founds = [assess(read(case(seed).document, pack), pack, engine="ledger") for seed in seeds]
    answer = path(founds)
    assert sum(step.added or 0 for step in answer.steps) == answer.difference
    assert answer.counted == (None,) * len(founds)
    assert path([founds[0], founds[0]]).at_once.score == founds[0].rating.score


def test_earlier_steps_of_the_path_are_counted_where_the_pack_names_a_field():
    asked = PACK._replace(questions=Questions(steps="context.steps_past_180_days", steps_days=1000))
    founds = [assess(found.scenario, asked) for found in steps()]
    answer = path(founds)
    assert [(c.stated, c.on_path) for c in answer.counted if c] == [(0, 0), (0, 1), (0, 2)]
    at = next(i for i, entity in enumerate(founds[2].scenario.entities) if entity.kind == "context")
    field = VOCABULARY.fields["context.steps_past_180_days"]
    again = with_value(founds[2].scenario, VOCABULARY, at, field, 2)
    assert answer.counted[2] is not None and answer.counted[2].after.score == rated(asked, again).score


def test_the_last_terms_at_once_keep_the_day_of_the_first():
    founds = steps()
    answer = path(founds)
    first, last = founds[0], founds[-1]
    changes = []
    for at, entity in enumerate(first.scenario.entities):
        if entity.kind in ("transfer", "item"):
            other = next(i for i, e in enumerate(last.scenario.entities) if e.kind == entity.kind)
            fields = VOCABULARY.of(entity.kind).values()
            moved = [f for f in fields if f.readable and f.changed_by in ("decision", "physics")]
            changes += [(at, field, last.world[other][field.name]) for field in moved]
    expected = rated(PACK, with_values(first.scenario, VOCABULARY, changes))
    assert answer.at_once.score == expected.score


def test_one_step_is_no_path():
    with pytest.raises(InputError) as caught:
        path([rating(PATRIOT)])
    assert caught.value.problems[0].code == "ASK-2"
