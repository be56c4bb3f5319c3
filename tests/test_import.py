"""Casebooks become scenarios: what each word comes to, what is lost, and what is never written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.analysis.casebook import coded
from escalation.facts import Entity
from escalation.pack import load_pack
from escalation.scenario import Scenario, load_scenario

CASEBOOK = ROOT / "tests/data/casebook.yaml"
VOCABULARY = load_pack().vocabulary


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    assert run("import", str(CASEBOOK), "-o", str(folder), "--report", str(folder / "lost.txt")).code == 0
    return folder


def scenario(folder: Path, name: str) -> Scenario:
    [path] = folder.rglob(f"{name}.yaml")
    return load_scenario(path, VOCABULARY)


def one(case: Scenario, kind: str) -> Entity:
    return next(entity for entity in case.entities if entity.kind == kind)


BRIDGE, TENTS, SHIELD = "aa-bridge-2023", "bb-tents-2016", "cc-shield-2015"


@pytest.mark.parametrize(
    ("case", "kind", "field", "best", "state", "status"),
    [
        (BRIDGE, "transfer", "act", "use_permission", "stated", "assumption"),
        (BRIDGE, "transfer", "suppliers", ("NOR", "DNK"), "stated", "assumption"),
        (BRIDGE, "transfer", "targeting_support", "alleged", "stated", "assumption"),
        (BRIDGE, "transfer", "supplier_personnel", "training_outside_theatre", "assumed", "assumption"),
        (BRIDGE, "transfer", "status", "approved", "stated", "assumption"),  # delivered only later
        (BRIDGE, "item", "role", "armed_uav", "stated", "judgement"),
        (BRIDGE, "item", "range", 72.5, "stated", "assumption"),
        (BRIDGE, "item", "range_kind", "ground", "stated", "assumption"),
        (BRIDGE, "item", "target_reach", "russia_border", "stated", "judgement"),
        (BRIDGE, "item", "permitted_targets", "no_published_limit", "stated", "assumption"),
        (BRIDGE, "item", "consent_per_use", True, "stated", "assumption"),
        (BRIDGE, "item", "precedent", "same_class", "stated", "judgement"),
        (BRIDGE, "item", "quantity", 1200, "stated", "assumption"),
        (BRIDGE, "item", "mtcr", "II", "stated", "assumption"),
        (BRIDGE, "item", "un_register", "VIIa", "stated", "assumption"),
        (BRIDGE, "context", "war", "full_scale_war", "stated", "assumption"),
        (TENTS, "transfer", "status", "refused", "stated", "assumption"),
        (TENTS, "transfer", "operations_from_supplier_territory", True, "stated", "assumption"),
        (TENTS, "item", "permitted_targets", "no_published_limit", "open", "assumption"),
        (TENTS, "item", "target_reach", "contact_line", "open", "assumption"),
        (TENTS, "item", "precedent", "none", "stated", "judgement"),
        (TENTS, "context", "war", "full_scale_war", "open", "assumption"),  # another theatre: no dates for it
        (TENTS, "warning", "office", "mfa_spokesperson", "open", "assumption"),
        (TENTS, "warning", "threatens", "nothing_named", "stated", "reported_fact"),
        (SHIELD, "transfer", "status", "delivered", "stated", "assumption"),
        (SHIELD, "transfer", "supplier_personnel", "none", "stated", "assumption"),
        (SHIELD, "item", "range_kind", "intercept", "stated", "assumption"),
        (SHIELD, "item", "target_reach", "operational_depth", "stated", "assumption"),
        (SHIELD, "item", "permitted_targets", "no_published_limit", "stated", "assumption"),
        (SHIELD, "context", "war", "frozen_conflict", "stated", "assumption"),
        (SHIELD, "warning", "threatens", "supplier_personnel_in_theatre", "stated", "reported_fact"),
        (SHIELD, "warning", "operational_change", "full", "stated", "reported_fact"),  # dated before the day rated
        (SHIELD, "warning", "source", None, "", ""),
    ],
)
def test_every_word_comes_to_what_the_form_says(imported, case, kind, field, best, state, status):
    fact = one(scenario(imported, case), kind).facts.get(field)
    if best is None:
        assert fact is None
    else:
        assert fact is not None
        assert (fact.best, fact.state, fact.status) == (best, state, status)


def test_a_source_is_named_only_where_the_casebook_names_one(imported):
    case = scenario(imported, BRIDGE)
    assert {fact.source for fact in one(case, "item").facts.values()} == {""}
    stated = [fact for fact in one(case, "warning").facts.values() if fact.state == "stated"]
    assert {fact.source for fact in stated} <= {"one", "memory"}
    assert case.sources["memory"].title == "from memory; from memory too"


def test_what_came_later_stays_in_the_file_and_does_not_count(imported):
    case = scenario(imported, BRIDGE)
    assert [later.path for later in case.later] == ["warnings.head-of-state-2023-03"]
    assert [entity.id for entity in case.entities if entity.kind == "warning"] == [
        "minister-2023-03-09",
        "minister-2023-03-09-2",
    ]


def test_what_followed_counts_only_with_a_date_on_or_before_the_day(imported):
    followed = one(scenario(imported, BRIDGE), "warning").facts["operational_change"]
    assert (followed.best, followed.seen_to) == ("none_seen", "2023-03-10")


def test_memory_only_cases_are_kept_apart_under_a_banner(imported):
    assert [path.name for path in (imported / "memory-only").iterdir()] == [f"{TENTS}.yaml"]
    assert "memory" in scenario(imported, TENTS).banner
    assert scenario(imported, BRIDGE).banner == ""


LOST = (
    f"{BRIDGE} role: 'strike_uav': armed drones and one-way attack drones are one word there",
    f"{BRIDGE} range_km.low: '10': an envelope, a minimum or a variant; not doubt about the range",
    f"{BRIDGE} warnings.operational_change_followed: 'yes': no date shows that it was known on the day rated",
    f"{BRIDGE} mood: 'sombre': nothing reads it",
    f"{TENTS} theatre: 'elsewhere': no dates for it: written unknown",
    f"{TENTS} quantity: 'a few': not a plain number",
    f"{TENTS} target_reach: 'whole_country': no word for it: written unknown",
    f"{TENTS} un_register.category: 'III+VIIa': no word for it: left out",
)


@pytest.mark.parametrize("line", LOST)
def test_what_is_lost_is_listed_with_its_place(imported, line):
    found = [one for one in (imported / "lost.txt").read_text().splitlines() if line in one]
    assert found
    place = found[0].split(": ")[0].split(":")
    assert line.split("'")[1] in CASEBOOK.read_text().splitlines()[int(place[1].split()[0]) - 1]


def test_the_summary_goes_to_stderr_and_counts_what_is_lost(tmp_path):
    done = run("import", str(CASEBOOK), "-o", str(tmp_path))
    assert done.out == ""
    assert "3 scenarios written" in done.err
    assert "1  mood: nothing reads it" in done.err
    assert "known_at_as_of" in done.err.partition("Left out by the form")[2]


def test_files_that_are_there_are_left_unless_forced(tmp_path):
    run("import", str(CASEBOOK), "-o", str(tmp_path))
    (tmp_path / f"{BRIDGE}.yaml").write_text("by hand")
    refused = run("import", str(CASEBOOK), "-o", str(tmp_path))
    assert refused.code == 2
    assert "FILE-5" in refused.err
    assert (tmp_path / f"{BRIDGE}.yaml").read_text() == "by hand"
    assert run("import", str(CASEBOOK), "-o", str(tmp_path), "--force").code == 0
    assert (tmp_path / f"{BRIDGE}.yaml").read_text() != "by hand"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cases: 5", "IMP-1"),
        ("other: []", "IMP-1"),
        ("cases: [word]", "IMP-2"),
        ("cases: [{id: x, title: t}]", "IMP-3"),
        ("cases: [{id: x, title: t, ex_ante: {as_of: soon}}]", "IMP-3"),
        ("cases: [{id: X Y, title: t, perceiver: RUS, ex_ante: {as_of: 2022-01-01}}]", "ID-1"),
        ("cases: [", "YAML-1"),
    ],
)
def test_a_file_that_is_no_casebook_is_told_why(tmp_path, text, code):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    done = run("import", str(path), "-o", str(tmp_path / "out"))
    assert done.code == 2
    assert code in done.err
    assert not (tmp_path / "out").exists()


def test_another_form_is_data(tmp_path):
    form = tmp_path / "form.yaml"
    form.write_text(
        "form: mine\ncases: rows\n"
        "head: {id: name, title: name, as_of: day, perceiver: who}\n"
        "item: {name: thing, role: {from: what, words: {bang: deep_strike}}}\n"
    )
    (tmp_path / "cases.yaml").write_text("rows: [{name: x, day: 2022-01-01, who: RUS, thing: T, what: bang}]")
    assert run("import", str(tmp_path / "cases.yaml"), "-o", str(tmp_path), "--form", str(form)).code == 0
    assert one(load_scenario(tmp_path / "x.yaml", VOCABULARY), "item").facts["role"].best == "deep_strike"
    form.write_text("form: mine\ncases: rows\nhead: {id: name}\nitems: {}\n")
    assert "KEY-1" in run("import", str(tmp_path / "cases.yaml"), "-o", str(tmp_path / "b"), "--form", str(form)).err


def test_the_dates_tell_which_warnings_were_known(imported):
    """`known_at_as_of` is not read: the loader works it out, and comes to the same."""
    known = sum(entity.kind == "warning" for entity in scenario(imported, BRIDGE).entities)
    assert known == CASEBOOK.read_text().partition("bb-tents")[0].count("known_at_as_of: true")


def test_what_became_of_a_warning_stands_where_no_rule_can_see_it(imported):
    words = [
        (BRIDGE, "minister-2023-03-09", "full"),
        (BRIDGE, "minister-2023-03-09-2", "none_seen"),
        (BRIDGE, "head-of-state-2023-03", "full"),  # said after the day rated, and so known only later still
        (TENTS, "supplier-side-official-2016-01-10", "unknown"),
        (SHIELD, "ambassador-2015-04-01", "full"),
    ]
    for name, warning, word in words:
        assert coded(scenario(imported, name), f"observed.followed.{warning}") == word
