"""The casebook: no hindsight, nothing seen of what was coded, and every case where it belongs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation import rules
from escalation.assess import Assessment, assess, in_scope
from escalation.diagnostics import Problems
from escalation.pack import load_pack
from escalation.read import Dated
from escalation.scenario import Scenario, build_scenario, load_scenario
from escalation.source import Listing, Mapping, Node, Text, parse

FOLDER = ROOT / "scenarios/casebook"
FILES = sorted(FOLDER.rglob("*.yaml"))
PACK = load_pack()
CASES = {path.stem: load_scenario(path, PACK.vocabulary) for path in FILES}
RATED = sorted(name for name, case in CASES.items() if in_scope(case, PACK) is None)
WORST = {
    "office": "head_of_state",
    "kind": "nuclear",
    "threatens": "supplier_territory",
    "concerns": "this_item",
    "operational_change": "full",
    "gist": "other words",
}


def document(name: str) -> Mapping:
    path = Path(CASES[name].file)
    node = parse(path.read_bytes(), str(path), Problems())
    assert isinstance(node, Mapping)
    return node


def reread(name: str, node: Node, as_of: date | None = None) -> Scenario:
    problems = Problems()
    found = build_scenario(node, CASES[name].file, PACK.vocabulary, problems, as_of=as_of)
    problems.stop()
    assert found is not None
    return found


def replaced(node: Mapping, key: str, value: Node) -> Mapping:
    return Mapping(tuple((k, value if k.value == key else v) for k, v in node.entries), node.mark)


def ratings(found: Assessment) -> list[tuple[object, ...]]:
    return [(r.level, r.score, r.low, r.high) for r in found.ratings]


def worst(warning: Node) -> Node:
    """A warning made as grave as a warning can be, on its own day and with its own id."""
    assert isinstance(warning, Mapping)
    kept = [(k, v) for k, v in warning.entries if k.value not in WORST]
    said = [(Text(k, True, warning.mark), Text(v, True, warning.mark)) for k, v in WORST.items()]
    return Mapping((*kept, *said), warning.mark)


def is_later(warning: Node, case: Scenario) -> bool:
    assert isinstance(warning, Mapping)
    day = warning.get("date")
    return isinstance(day, Text) and Dated.of(day.value).last > case.as_of


def later_changed(name: str) -> tuple[int, Mapping]:
    """How many things are dated after the day rated, and the case with each of them made as grave as can be."""
    node, case = document(name), CASES[name]
    warnings = node.get("warnings")
    items = warnings.items if isinstance(warnings, Listing) else ()
    changed = tuple(worst(item) if is_later(item, case) else item for item in items)
    if changed:
        assert isinstance(warnings, Listing)
        node = replaced(node, "warnings", Listing(changed, warnings.mark))
    return sum(is_later(item, case) for item in items), node


@pytest.mark.parametrize("name", RATED)
def test_changing_every_later_fact_moves_no_rating(name):
    number, changed = later_changed(name)
    again = reread(name, changed)
    assert len(again.later) == len(CASES[name].later) >= number
    assert ratings(assess(again, PACK)) == ratings(assess(CASES[name], PACK))


def test_the_same_facts_dated_earlier_would_have_moved_ratings():
    """So that the test above cannot hold for want of anything to change."""
    moved = 0
    for name in RATED:
        number, changed = later_changed(name)
        found = reread(name, changed, date(2026, 1, 1))
        moved += number > 0 and ratings(assess(found, PACK)) != ratings(assess(CASES[name], PACK))
    assert moved >= 10


@pytest.mark.parametrize("name", RATED)
def test_no_rule_sees_what_was_coded(name):
    node = document(name)
    for part in ("observed", "ex_ante"):
        node = replaced(node, part, Mapping((), node.mark))
    again = reread(name, node)
    assert again.digest == CASES[name].digest
    assert ratings(assess(again, PACK)) == ratings(assess(CASES[name], PACK))


def test_nothing_is_seen_after_the_day_rated():
    for case in CASES.values():
        for entity in case.entities:
            for fact in entity.facts.values():
                assert all(Dated.of(day).last <= case.as_of for day in (fact.known_at, fact.seen_to) if day)


def test_only_warnings_have_sources_since_the_casebook_gives_no_others():
    for case in CASES.values():
        kinds = {entity.kind for entity in case.entities for fact in entity.facts.values() if fact.source or fact.grade}
        assert kinds <= {"warning"}


def test_every_case_is_where_it_belongs():
    assert len(CASES) == 29
    apart = {path.stem for path in FILES if path.parent.name == "memory-only"}
    assert apart == {name for name, case in CASES.items() if case.banner}
    outside = {name for name, case in CASES.items() if case.perceivers != ("RUS",)}
    assert outside == {"ir-fath360-2024", "kp-kn23-2024", "kp-shells-2022", "ru-s300-syria-2018"}
    assert outside == CASES.keys() - set(RATED)


def test_a_case_with_another_perceiver_is_refused_with_the_reason():
    done = run("scenarios/casebook/kp-shells-2022.yaml")
    assert (done.code, done.out) == (2, "")
    assert "SCOPE-1" in done.err
    assert "UKR" in done.err


def test_lines_added_by_hand_say_so():
    for path in FILES:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        number = body.count("# by hand")
        assert (f"{number} line" in head) if number else ("nothing added by hand" in head)


def fields_read() -> set[str]:
    return {node.field.key for rule in PACK.rules for node in rules.walk(rule.when) if isinstance(node, rules.Test)}


@pytest.mark.parametrize(
    "named",
    ["transfer.suppliers", "transfer.recipient", "transfer.status", "item.name", "item.platform", "warning.speaker"],
)
def test_no_rule_can_tell_a_case_a_country_or_a_system(named):
    assert named in PACK.vocabulary.fields
    assert named not in fields_read()


def test_no_parameter_names_a_case_or_a_country():
    countries = PACK.vocabulary.fields["transfer.recipient"].words
    said = {word for p in PACK.parameters.values() if isinstance(p.value, tuple) for word in p.value}
    assert not said & (countries.keys() | CASES.keys())
