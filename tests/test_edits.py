"""A changed scenario is the scenario that a file saying so would give."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import InputError, load_pack, load_scenario
from escalation.diagnostics import Problems
from escalation.edits import edited, find, path_to, with_entity, with_text, with_value, without
from escalation.scenario import Scenario, assumed_world, read_scenario
from escalation.sets import Numbers, contains, nearest
from escalation.vocabulary import Field, Value

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PACK = load_pack()
VOCABULARY = PACK.vocabulary


def scenario(name: str = "us-patriot-2022") -> Scenario:
    found = load_scenario(SCENARIOS / f"{name}.yaml", VOCABULARY)
    assert found is not None
    return found


def reread(name: str, *replaced: tuple[str, str]) -> Scenario:
    text = (SCENARIOS / f"{name}.yaml").read_text()
    for old, new in replaced:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = read_scenario(text.encode(), f"{name}.yaml", VOCABULARY, Problems())
    assert found is not None
    return found


def values(field: Field) -> list[Value]:
    """Some values of a field: every word, or numbers spread over its domain."""
    if isinstance(field.domain, Numbers):
        wanted = (0, 1, 40, 71, 300, 36_000)
        return [v for v in wanted if contains(field.domain, v)]
    assert field.domain is not None
    return sorted(field.domain.words, key=str)


CASES = [
    (at, field, value)
    for at, entity in enumerate(scenario().entities)
    for field in VOCABULARY.of(entity.kind).values()
    if field.readable
    for value in values(field)
]


@given(st.sampled_from(CASES))
def test_a_fact_changed_to_a_value_has_that_value(case):
    at, field, value = case
    changed = with_value(scenario(), VOCABULARY, at, field, value)
    fact = changed.entities[at].facts[field.name]
    assert fact.best == value
    assert fact.possible is not None and contains(fact.possible, value)


@given(st.lists(st.sampled_from(CASES), max_size=4))
def test_changes_leave_a_world_in_which_lists_and_derived_fields_agree(cases):
    changed = scenario()
    for at, field, value in cases:
        changed = with_value(changed, VOCABULARY, at, field, value)
    for entity in changed.entities:
        for fact in entity.facts.values():
            if fact.field.member_of:
                name, word = fact.field.member_of
                held = entity.facts[name].best
                assert isinstance(held, tuple) and fact.best == (word in held)
    warning = next(e for e in changed.entities if e.kind == "warning")
    order = warning.facts["kind"].field.order
    said = [str(warning.facts["kind"].best), *(w for w in order if warning.facts[f"also[{w}]"].best is True)]
    assert warning.facts["gravest_kind"].best == max(said, key=order.index)


CREW, RANGE = "supplier_personnel: unknown", '{value: 100 mi, quote: "up to 100 miles, according to some reporting"}'
DATE, KIND = "date: 2022-12-14\n    speaker", "kind: legitimate_target\n    threatens: system_in_theatre"
FILE_EDITS = [
    ("transfer.supplier_personnel", "none", (CREW, CREW.replace("unknown", "none"))),
    ("items.interceptor.range", "unknown", (RANGE, "unknown")),
    ("item.range", "{low: 100 mi, high: 200 km}", (RANGE, "{low: 100 mi, high: 200 km}")),
    ("warnings[0].date", "2022-12-01", (DATE, DATE.replace("14", "01"))),
    ("warnings.kremlin-14-dec.also", "nuclear, retaliation", (KIND, f"also: [nuclear, retaliation]\n    {KIND}")),
]


@pytest.mark.parametrize(("path", "text", "replaced"), FILE_EDITS, ids=[row[0] for row in FILE_EDITS])
def test_a_change_is_what_the_changed_file_says(path, text, replaced):
    changed = with_text(scenario(), VOCABULARY, path, text)
    written = reread("us-patriot-2022", replaced)
    assert assumed_world(changed) == assumed_world(written)
    possible = [{n: f.possible for n, f in e.facts.items()} for e in changed.entities]
    assert possible == [{n: f.possible for n, f in e.facts.items()} for e in written.entities]


def test_a_warning_moved_past_the_day_rated_does_not_count():
    changed = with_text(scenario(), VOCABULARY, "warnings.kremlin-14-dec.date", "2022-12-15")
    assert [e.id for e in changed.entities if e.kind == "warning"] == []
    assert ("warnings.kremlin-14-dec", "2022-12-15") in [(late.path, late.date) for late in changed.later]


def test_an_added_warning_is_dated_to_the_day_rated_and_counts_once():
    stated = {"kind": "direct_conflict", "office": "head_of_state"}
    once = with_entity(scenario(), VOCABULARY, "warning", stated)
    twice = with_entity(once, VOCABULARY, "warning", stated)
    assert [e.id for e in once.entities if e.kind == "warning"] == ["added", "kremlin-14-dec"]
    assert once.entities[find(once, VOCABULARY, "warnings.added.age_days")[0]].facts["age_days"].best == 0
    assert assumed_world(once) == assumed_world(twice)
    assert ("added", "added-2") in twice.merged or ("added-2", "added") in twice.merged


def test_a_fact_taken_back_is_assumed_again():
    changed = without(scenario(), VOCABULARY, "transfer.public_profile")
    fact = changed.entities[0].facts["public_profile"]
    assert (fact.state, fact.best) == ("assumed", fact.field.assume)


def test_taking_a_warning_away_and_changing_nothing_are_different_digests():
    changed = without(scenario(), VOCABULARY, "warnings")
    assert len({scenario().digest, changed.digest, without(changed, VOCABULARY, "transfer.public_profile").digest}) == 3
    assert changed.digest == without(scenario(), VOCABULARY, "warnings[0]").digest


def test_paths_name_what_they_lead_to():
    found = scenario("us-atacms-2022")
    for at, entity in enumerate(found.entities):
        for name in entity.facts:
            assert find(found, VOCABULARY, path_to(found, VOCABULARY, at, name)) == (
                at,
                VOCABULARY.of(entity.kind)[name],
            )


def test_places_in_a_list_are_counted_in_the_order_of_the_file():
    found = scenario("us-atacms-2022")
    ids = [found.entities[find(found, VOCABULARY, f"warnings[{i}].kind")[0]].id for i in range(3)]
    lines = [next(e.mark.line for e in found.entities if e.id == name) for name in ids]
    assert lines == sorted(lines)


PROBLEMS = [
    (["itms.x=3"], [], [], "EDIT-1", "did you mean items?"),
    (["items.foo.range=3"], [], [], "EDIT-2", "known: interceptor"),
    (["items[1].range=3"], [], [], "EDIT-2", "counted from 0"),
    (["items.interceptor.rnge=3"], [], [], "EDIT-3", "did you mean range?"),
    (["transfer.role=armour"], [], [], "EDIT-3", "role is a field of item"),
    (["warnings[0].age_days=3"], [], [], "EDIT-3", "set date instead"),
    (["item.role=tank"], [], [], "WORD-1", ""),
    (["item.range=3 parsec"], [], [], "NUM-3", "known units"),
    (["item.range"], [], [], "EDIT-5", "write PATH=VALUE"),
    ([], ["warning kind"], [], "EDIT-5", "did you mean warning?"),
    ([], ["warning:knd=nuclear"], [], "EDIT-3", "did you mean kind?"),
    ([], ["warning:id=Not An Id"], [], "EDIT-5", "lowercase"),
    ([], [], ["items"], "EDIT-4", "add another one first"),
    ([], [], ["warnings.x"], "EDIT-2", "known: kremlin-14-dec"),
]


@pytest.mark.parametrize(("assign", "add", "remove", "code", "help"), PROBLEMS)
def test_a_change_that_cannot_be_made_says_why(assign, add, remove, code, help):
    with pytest.raises(InputError) as caught:
        edited(scenario(), VOCABULARY, assign, add, remove)
    assert [p.code for p in caught.value.problems] == [code]
    assert help in caught.value.problems[0].help


def test_all_problems_of_all_changes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        edited(scenario(), VOCABULARY, ["itms.x=3", "item.role=tank"], ["warning kind"], ["items"])
    assert sorted(p.code for p in caught.value.problems) == ["EDIT-1", "EDIT-4", "EDIT-5", "WORD-1"]


def test_a_value_outside_the_domain_is_refused():
    at, field = find(scenario(), VOCABULARY, "item.range")
    with pytest.raises(ValueError, match="range"):
        with_value(scenario(), VOCABULARY, at, field, -1)
    assert field.domain is not None and nearest(field.domain, -1) == 0
