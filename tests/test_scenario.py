"""Scenarios: what a statement comes to, what counts on the day, and what is wrong with a file."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.support.documents import BROKEN
from tests.support.loading import FILE, VOCABULARY, document, entity, item_fact, load, problems_of

from escalation.diagnostics import InputError, Problems
from escalation.facts import Fact
from escalation.scenario import Scenario, assumed_world, load_scenario, read_scenario
from escalation.sets import Numbers, Set, Words, contains, interval, only, union
from escalation.source import Mapping


def words(*of: str | bool) -> Words:
    return Words(frozenset(of))


def said(scenario: Scenario) -> Any:
    """A scenario without places."""
    return [
        (e.kind, e.id, {name: fact._replace(mark=scenario.perceiver_mark) for name, fact in e.facts.items()})
        for e in scenario.entities
    ]


# -- the three states of a fact


@pytest.mark.parametrize(
    ("statement", "field", "best", "possible", "state"),
    [
        ("role: gun", "role", "gun", words("gun"), "stated"),
        ("name: x", "role", "tool", words("tool"), "assumed"),
        ("role: unknown", "role", "tool", words("gun", "shield", "tool"), "open"),
        ('role: "unknown"', "role", "tool", words("gun", "shield", "tool"), "open"),
        ("role: {value: unknown, note: n}", "role", "tool", words("gun", "shield", "tool"), "open"),
        ("role: {one_of: [gun, shield]}", "role", "gun", words("gun", "shield"), "open"),
        ("role: {one_of: [shield, tool]}", "role", "tool", words("shield", "tool"), "open"),
        ("role: {value: shield, one_of: [gun, shield]}", "role", "shield", words("gun", "shield"), "open"),
        ("role: {one_of: [gun]}", "role", "gun", words("gun"), "stated"),
        ("range: 185 mi", "range", 297.72864, only(297.72864), "stated"),
        ("range: unknown", "range", 40, interval(0, 20000), "open"),
        ("range: {low: 70, high: 90}", "range", 70, interval(70, 90), "open"),
        ("range: {low: 10, high: 30}", "range", 30, interval(10, 30), "open"),
        ("range: {low: 10, high: 90}", "range", 40, interval(10, 90), "open"),
        ("range: {value: 80, low: 70, high: 90}", "range", 80, interval(70, 90), "open"),
        ("range: {low: 70}", "range", 70, interval(70, 20000), "open"),
        ("range: {value: 80, high: 100 mi}", "range", 80, interval(0, 160.9344), "open"),
        ("range: {low: 5, high: 5}", "range", 5, only(5), "stated"),
        ("range: {one_of: [165, 185 mi]}", "range", 165, union(only(165), only(297.72864)), "open"),
        ("count: {low: 3, high: 7}", "count", 7, interval(3, 7), "open"),
        ("reach: {low: far}", "reach", "far", words("far", "farthest"), "open"),
        ("reach: {low: near, high: middle}", "reach", "middle", words("near", "middle"), "open"),
        ("reach: {one_of: [near, not_applicable]}", "reach", "near", words("near", "not_applicable"), "open"),
        ("reach: {one_of: [far, near]}", "reach", "far", words("far", "near"), "open"),
        ("consent: unknown", "consent", False, words(True, False), "open"),
        ("consent: true", "consent", True, words(True), "stated"),
        ("tags: [red, blue]", "tags", ("red", "blue"), None, "stated"),
        ("tags: red", "tags", ("red",), None, "stated"),
        ("tags: []", "tags", (), None, "stated"),
        ("tags: unknown", "tags", ("green",), None, "open"),
        ("role: gun", "tags", ("green",), None, "assumed"),
        ("tags: [red]", "tags[red]", True, words(True), "stated"),
        ("tags: [red]", "tags[green]", False, words(False), "stated"),
        ("role: gun", "tags[green]", True, words(True), "assumed"),
        ("tags: unknown", "tags[green]", True, words(True, False), "open"),
        ("tags: unknown", "tags[red]", False, words(True, False), "open"),
        ("size: unknown", "size", "", words("small", "large"), "open"),
        ("size: {low: large}", "size", "large", words("large"), "stated"),
        ("payload: {low: 5, high: 9}", "payload", 5, interval(5, 9), "open"),
        ("name: unknown", "name", "", None, "open"),
        ('name: "unknown"', "name", "unknown", None, "stated"),
        ("name: 777", "name", "777", None, "stated"),
    ],
)
def test_what_a_statement_comes_to(statement, field, best, possible, state):
    fact = item_fact(statement, field)
    assert (fact.best, fact.possible, fact.state) == (best, possible, state)


def test_a_label_that_is_not_stated_is_no_fact():
    facts = entity(load(""), "it").facts
    assert "size" not in facts
    assert "payload" not in facts


numbers = st.integers(0, 200)


@given(numbers, numbers, st.none() | numbers)
def test_best_is_possible_and_near_to_what_is_assumed(low, high, value):
    low, high = sorted((low, high))
    written = f"{{{'' if value is None else f'value: {value}, '}low: {low}, high: {high}}}"
    if value is not None and not low <= value <= high:
        assert [p.code for p in problems_of(f"items: [{{range: {written}}}]")] == ["FACT-3"]
        return
    fact = item_fact(f"range: {written}", "range")
    assert fact.possible is not None
    assert not isinstance(fact.best, tuple)
    assert contains(fact.possible, fact.best)
    assert fact.best == (min(max(40, low), high) if value is None else value)


def test_every_readable_field_has_a_fact_and_a_place_in_the_assumed_world():
    scenario = load("warnings: [{kind: unknown}]")
    world = assumed_world(scenario)
    assert [e.kind for e in scenario.entities] == ["transfer", "item", "warning", "context"]
    for found, values in zip(scenario.entities, world, strict=True):
        readable = {name for name, field in VOCABULARY.of(found.kind).items() if field.readable}
        assert values.keys() == readable <= found.facts.keys()
        for name, value in values.items():
            possible = found.facts[name].possible
            assert possible is not None
            assert contains(possible, value)


# -- alternatives and distributions


def test_alternatives_with_probabilities():
    fact = item_fact("range: {one_of: [{value: 165, probability: 0.3}, {value: 300, probability: 0.7}]}", "range")
    assert [(a.value, a.probability) for a in fact.alternatives] == [(165, 0.3), (300, 0.7)]
    assert fact.distribution is not None
    assert (fact.distribution.shape, fact.distribution.alternatives) == ("alternatives", fact.alternatives)


def test_alternatives_without_probabilities_have_no_distribution():
    fact = item_fact("range: {one_of: [165, {value: 300, source: s, quote: about 300}]}", "range")
    assert fact.distribution is None
    assert [tuple(a) for a in fact.alternatives] == [(165, None, "", "", ""), (300, None, "s", "C4", "about 300")]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("range: {low: 10, high: 20, distribution: uniform}", ("uniform", 10, 0, 20)),
        ("range: {value: 12, low: 10, high: 20, distribution: uniform}", ("uniform", 10, 0, 20)),
        ("range: {value: 12, low: 10, high: 20, distribution: triangular}", ("triangular", 10, 12, 20)),
    ],
)
def test_distributions(statement, expected):
    found = item_fact(statement, "range").distribution
    assert found is not None
    assert (found.shape, found.low, found.mode, found.high) == expected


# -- who says so


SOURCES = "sources: {a: {title: a, grade: B2}, b: {title: b, grade: C3}, bare: {title: no grade}}"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("role: gun", ("", "", "assumption")),
        ("role: gun, source: a", ("a", "B2", "reported_fact")),
        ("role: gun, source: a, grade: A1", ("a", "A1", "reported_fact")),
        ("role: gun, source: bare", ("bare", "", "reported_fact")),
        ("role: {value: gun, source: b}, source: a, grade: A1", ("b", "C3", "reported_fact")),
        ("role: {value: gun, source: a}, source: a, grade: A1", ("a", "A1", "reported_fact")),
        ("role: {value: gun, grade: D4}, source: a, grade: A1", ("a", "D4", "reported_fact")),
        ("role: {value: gun, status: judgement}, source: a", ("a", "B2", "judgement")),
        ("role: {value: gun, status: assumption}, source: a", ("", "", "assumption")),
        ("role: {value: gun, status: assumption, source: b}, source: a", ("b", "C3", "assumption")),
        ("role: {value: gun, status: judgement}", ("", "", "judgement")),
        ("role: unknown, source: a", ("", "", "assumption")),
        ("role: {value: unknown, source: b}, source: a", ("b", "C3", "reported_fact")),
        ("role: {one_of: [gun, tool]}, source: a", ("a", "B2", "reported_fact")),
        ("role: {one_of: [{value: gun, source: a}, {value: tool, source: b}]}", ("b", "C3", "reported_fact")),
        (
            "role: {value: gun, one_of: [{value: gun, source: a, grade: F6}, tool], source: b}",
            ("b", "C3", "reported_fact"),
        ),
        ("role: {value: gun, one_of: [{value: gun, source: a, grade: F6}, tool]}", ("a", "F6", "reported_fact")),
        ("name: it, source: a", ("", "", "assumption")),
    ],
)
def test_source_grade_and_status(item, expected):
    fact = entity(load(f"items: [{{id: it, {item}}}]\n{SOURCES}"), "it").facts["role"]
    assert (fact.source, fact.grade, fact.status) == expected


def test_what_else_is_kept():
    fact = item_fact("role: {value: gun, quote: 'said to', note: n, known_at: 2022-09, seen_to: 2022-12-01}", "role")
    assert (fact.quote, fact.note, fact.known_at, fact.seen_to) == ("said to", "n", "2022-09", "2022-12-01")


def test_places():
    scenario = load("items:\n  - id: it\n    range: {value: 5, note: n}\n    role:\n      note: n\n      value: gun\n")
    facts = entity(scenario, "it").facts
    text = document(
        "items:\n  - id: it\n    range: {value: 5, note: n}\n    role:\n      note: n\n      value: gun\n"
    ).split("\n")
    for name, written in (("range", "5"), ("role", "gun")):
        mark = facts[name].mark
        assert text[mark.line - 1][mark.column - 1 : mark.column - 1 + mark.length] == written
    assert facts["count"].mark == entity(scenario, "it").mark  # an assumed fact stands where its entity does
    assert scenario.perceiver_line == "perceiver: RUS"
    assert scenario.perceiver_line[scenario.perceiver_mark.column - 1 :] == "RUS"


# -- inheritance


def test_items_inherit_what_the_transfer_states():
    scenario = load(
        "transfer: {recipient: UKR, range: {value: 300, note: n}, tags: [red], source: a}\n"
        "items: [{id: one}, {id: two, range: 70, tags: [blue]}]\n" + SOURCES
    )
    one, two = entity(scenario, "one").facts, entity(scenario, "two").facts
    assert (one["range"].best, one["range"].state, one["range"].source) == (300, "stated", "a")
    assert one["range"].mark.line == 6
    assert (one["tags[red]"].best, one["tags[blue]"].best) == (True, False)
    assert (two["range"].best, two["range"].source) == (70, "")
    assert (two["tags[red]"].best, two["tags[blue]"].best) == (False, True)
    assert "range" not in entity(scenario, "transfer").facts


def test_a_fact_not_yet_known_is_inherited_instead():
    scenario = load("transfer: {range: 300}\nitems: [{id: it, range: {value: 70, known_at: 2023}}]")
    assert entity(scenario, "it").facts["range"].best == 300


# -- the cut


@pytest.mark.parametrize(
    ("dated", "counts"),
    [
        ("date: 2022-12-14", True),
        ("date: 2022-12-15", False),
        ("date: 2022-11", True),
        ("date: 2022-12", False),
        ("date: 2022~", False),
        ("date: unknown", True),
        ("kind: war", True),
        ("date: 2022-12-01, known_at: 2022-12-20", False),
        ("date: 2022-12-01, known_at: 2022-12-14", True),
    ],
)
def test_a_dated_entity_counts_once_it_is_known(dated, counts):
    scenario = load(f"warnings: [{{id: said, {dated}, gist: what was said}}]")
    assert ("said" in [e.id for e in scenario.entities]) is counts
    assert [(later.path, later.text) for later in scenario.later] == (
        [] if counts else [("warnings.said", "what was said")]
    )


@pytest.mark.parametrize("when", ["known_at: 2022-12-15", "known_at: 2023", "seen_to: 2022-12-15"])
def test_a_fact_not_yet_known_is_as_if_not_stated(when):
    scenario = load(f"items: [{{id: it, range: {{value: 300, {when}}}}}]")
    fact = entity(scenario, "it").facts["range"]
    assert (fact.best, fact.state) == (40, "assumed")
    [later] = scenario.later
    assert (later.path, later.date, later.text) == ("items.it.range", when.split(": ")[1], "range: 300 km")


def test_what_stands_once_keeps_its_place_when_it_does_not_count():
    scenario = load("context: {war: none, known_at: 2023}")
    assert entity(scenario, "context").facts["war"].state == "assumed"
    assert [later.path for later in scenario.later] == ["context"]


def test_another_day_can_be_rated():
    text = document("warnings: [{id: early, date: 2022-12-13}, {id: late, date: 2022-12-15}]").encode()
    for day, ids in (("2022-12-12", []), ("2022-12-14", ["early"]), ("2022-12-20", ["early", "late"])):
        scenario = read_scenario(text, FILE, VOCABULARY, Problems(), as_of=date.fromisoformat(day))
        assert scenario is not None
        assert [e.id for e in scenario.entities if e.kind == "warning"] == ids
        assert scenario.as_of == date.fromisoformat(day)


def test_nothing_that_became_known_later_can_be_seen():
    """Whatever a later fact says, the facts that count are the same."""
    later = "known_at: 2022-12-15"
    scenarios = [
        load(
            f"transfer: {{personnel: {{value: {a}, {later}}}}}\n"
            f"items: [{{id: it, name: it, range: {{value: {n}, {later}}}}}]\n"
            f"warnings: [{{id: w, date: 2022-12-{d}, kind: {k}}}]"
        )
        for a, n, d, k in [("crews", 5, 15, "war"), ("none", 5000, 31, "boast")]
    ]
    assert said(scenarios[0]) == said(scenarios[1]) == said(load(""))


# -- derived facts


@pytest.mark.parametrize(
    ("warning", "best", "possible", "state"),
    [
        ("date: 2022-12-14", 0, only(0), "stated"),
        ("date: 2022-12-01", 13, only(13), "stated"),
        ("date: 2022-11", 14, interval(14, 43), "open"),
        ("date: 2021", 348, interval(348, 712), "open"),
        ("date: 1800-01-01", 36500, only(36500), "stated"),
        ("date: unknown", 0, interval(0, 36500), "open"),
        ("kind: war", 0, only(0), "assumed"),
    ],
)
def test_age(warning, best, possible, state):
    fact = entity(load(f"warnings: [{{id: w, {warning}}}]"), "w").facts["age"]
    assert (fact.best, fact.possible, fact.state) == (best, possible, state)


@pytest.mark.parametrize(
    ("warning", "best", "possible", "state"),
    [
        ("kind: threat", "threat", words("threat"), "stated"),
        ("kind: threat, also: [war, boast]", "war", words("war"), "stated"),
        ("kind: war, also: [boast]", "war", words("war"), "stated"),
        ("also: [war]", "war", words("war"), "assumed"),
        ("office: head", "protest", words("protest"), "assumed"),
        ("kind: unclear", "unclear", words("unclear"), "stated"),
        ("kind: unclear, also: [boast]", "boast", words("boast"), "stated"),
        ("kind: unknown", "protest", words("boast", "protest", "threat", "war", "unclear"), "open"),
        ("kind: {one_of: [boast, war]}", "boast", words("boast", "war"), "open"),
        ("kind: {one_of: [boast, war]}, also: [threat]", "threat", words("threat", "war"), "open"),
        ("kind: threat, also: unknown", "threat", words("threat", "war"), "open"),
        ("kind: war, also: unknown", "war", words("war"), "stated"),
        ("kind: {one_of: [unclear, threat]}", "threat", words("unclear", "threat"), "open"),
    ],
)
def test_highest(warning, best, possible, state):
    fact = entity(load(f"warnings: [{{id: w, {warning}}}]"), "w").facts["gravest"]
    assert (fact.best, fact.possible, fact.state) == (best, possible, state)


def test_a_derived_fact_has_the_source_of_what_decides_it():
    warning = "kind: {value: boast, source: a}, also: {value: [war], source: b}, date: {value: 2022-12-01, source: a}"
    facts = entity(load(f"warnings: [{{id: w, {warning}}}]\n{SOURCES}"), "w").facts
    assert (facts["gravest"].source, facts["age"].source) == ("b", "a")


KINDS = st.lists(st.sampled_from(["boast", "protest", "threat", "war"]), max_size=3, unique=True)


@given(st.lists(st.sampled_from(["boast", "protest", "threat", "war", "unclear"]), min_size=1, unique=True), KINDS)
def test_highest_is_possible_exactly_where_the_words_make_it(kinds, also):
    fact = entity(load(f"warnings: [{{id: w, kind: {{one_of: {kinds}}}, also: {also}}}]".replace("'", "")), "w").facts
    order = ["unclear", "boast", "protest", "threat", "war"]
    expected = {max([kind, *also], key=order.index) for kind in kinds}
    assert fact["gravest"].possible == Words(frozenset(expected))


# -- duplicates


W = "speaker: P, office: head, date: 2022-12-01, kind: threat"


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (W, W, True),
        (W, W.replace("speaker: P", "speaker: ' p '"), True),
        (W, W.replace("threat", "war"), False),
        (W, W.replace("12-01", "12-02"), False),
        (W, W.replace("P", "Q"), False),
        (W, "office: head, date: 2022-12-01, kind: threat", True),
        (W, "office: minister, date: 2022-12-01, kind: threat", False),
        (W, "date: 2022-12-01, kind: threat", False),
        ("office: head, date: 2022-12-01", "office: head, date: 2022-12-01, kind: protest", True),
        ("speaker: P, kind: threat", "speaker: P, kind: threat", False),
        (W, W + ", step: seen", True),
        (W.replace("threat", "unknown"), W.replace("threat", "unknown"), True),
        (W.replace("threat", "unknown"), W.replace("threat", "protest"), False),
    ],
)
def test_equal_entities_collapse(first, second, merged):
    scenario = load(f"warnings: [{{id: a, {first}}}, {{id: b, {second}}}]")
    assert len([e for e in scenario.entities if e.kind == "warning"]) == 2 - merged
    assert bool(scenario.merged) is merged


def test_the_gravest_of_equal_entities_is_kept_whole():
    parts = [f"{{id: a, {W}}}", f"{{id: b, {W}, step: seen}}", f"{{id: c, {W}, step: claimed}}"]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        scenario = load(f"warnings: [{', '.join(parts[i] for i in order)}]")
        assert scenario.merged == (("b", "a"), ("b", "c"))
        assert entity(scenario, "b").facts["step"].best == "seen"


def test_of_alike_entities_the_first_id_is_kept():
    for order in ("ab", "ba"):
        scenario = load(f"warnings: [{', '.join(f'{{id: {name}, {W}}}' for name in order)}]")
        assert scenario.merged == (("a", "b"),)


def test_one_without_a_speaker_joins_one_of_several():
    parts = [f"{{id: {i}, speaker: {i}, office: head, date: 2022-12-01, kind: threat}}" for i in "pq"]
    parts.append("{id: z, office: head, date: 2022-12-01, kind: threat, step: seen}")
    for order in ([0, 1, 2], [2, 1, 0]):
        scenario = load(f"warnings: [{', '.join(parts[i] for i in order)}]")
        assert scenario.merged == (("z", "p"),)


def test_items_are_never_merged():
    assert len(load("items: [{role: gun}, {role: gun}]").entities) == 4


# -- ids, order and digest


def test_ids_that_are_not_given_are_numbers_in_the_file():
    scenario = load("items: [{role: gun}, {id: item-1}, {role: tool}]\nwarnings: [{kind: war}]")
    assert [e.id for e in scenario.entities] == ["transfer", "item-1", "item-1x", "item-3", "warning-1", "context"]
    assert entity(scenario, "item-1x").facts["role"].best == "gun"


RICH: dict[str, Any] = {
    "schema": 1,
    "id": "rich",
    "title": "everything",
    "as_of": "2022-12-14",
    "perceiver": ["RUS", "UKR"],
    "transfer": {"suppliers": ["USA", "POL"], "recipient": "UKR", "range": {"value": 70, "source": "a"}},
    "items": [
        {"id": "one", "range": {"one_of": ["165 km", "185 mi"]}, "tags": ["red", "blue"], "source": "b"},
        {"id": "two", "role": "gun", "count": {"value": 3, "low": 1, "high": 9, "distribution": "triangular"}},
        {"id": "three", "consent": "unknown", "reach": {"value": "far", "known_at": "2023"}},
    ],
    "warnings": [
        {"id": "w1", "speaker": "P", "date": "2022-12-01", "kind": "threat", "also": ["war", "boast"], "step": "seen"},
        {"id": "w2", "speaker": "P", "date": "2022-12-01", "kind": "threat", "step": "none"},
        {"id": "w3", "speaker": "Q", "date": "2022-12-20", "kind": "war"},
    ],
    "correlated": [{"facts": ["items.one.range", "items.two.count"], "rank_correlation": 0.5}],
    "sources": {"a": {"title": "a", "grade": "B2"}, "b": {"title": "b", "grade": "C3"}},
}


def shuffled(value: Any, by: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(inner, by) for key, inner in by.sample(sorted(value.items()), len(value))}
    return [shuffled(inner, by) for inner in by.sample(value, len(value))] if isinstance(value, list) else value


def read(data: Any) -> Scenario:
    problems = Problems()
    found = read_scenario(yaml.safe_dump(data, sort_keys=False).encode(), FILE, VOCABULARY, problems)
    problems.stop()
    assert found is not None
    return found


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(by):
    one, other = read(RICH), read(shuffled(RICH, by))
    assert one.digest == other.digest
    assert assumed_world(one) == assumed_world(other)
    assert [tuple(e[:2]) for e in one.entities] == [tuple(e[:2]) for e in other.entities]
    assert (one.merged, one.correlated) == (other.merged, other.correlated)
    assert [later.path for later in one.later] == [later.path for later in other.later]
    for mine, theirs in zip(one.entities, other.entities, strict=True):
        assert list(mine.facts) == list(theirs.facts)


@pytest.mark.parametrize(
    ("part", "same"),
    [
        ("items: [{name: it, id: it}]  # a comment", True),
        ("observed: {level: 3}\nnotes: n\nbanner: b\nanalyst: {level: 2}", True),
        ("items: [{name: other, id: it}]", False),
        ("items: [{name: {value: it, note: n}, id: it}]", False),
        ("items: [{name: {value: it, known_at: 2023}, id: it}]", False),
        ("warnings: [{kind: war}]", False),
        ("context: {war: open}", False),
        ("perceiver: UKR", False),
        ("as_of: 2022-12-13", False),
        ("sources: {a: {title: a}}", False),
    ],
)
def test_digest_is_of_what_is_stated(part, same):
    digest = load("").digest
    assert len(digest) == 64
    assert (load(part).digest == digest) is same


def test_digest_does_not_depend_on_how_a_number_is_written():
    assert load("items: [{range: 16.09344}]").digest == load("items: [{range: 10 mi}]").digest


# -- the document


def test_what_no_rule_sees_is_kept():
    scenario = load(
        "observed: {level: 3}\nex_ante: {level: 2}\nanalyst: {level: moderate, reason: r, dissent: d}\n"
        "notes: [one, two]\nbanner: from memory"
    )
    assert isinstance(scenario.observed, Mapping)
    assert isinstance(scenario.ex_ante, Mapping)
    assert isinstance(scenario.analyst, Mapping)
    assert (scenario.notes, scenario.banner) == (("one", "two"), "from memory")
    assert said(scenario) == said(load(""))


def test_correlated_facts_go_by_their_paths():
    part = "items: [{id: x, range: unknown}, {id: y, count: unknown}]\n"
    scenario = load(part + "correlated: [{facts: ['items[1].count', items.x.range], rank_correlation: -0.5}]")
    assert scenario.correlated == (("items.x.range", "items.y.count", -0.5),)
    late = "warnings: [{id: w, date: 2023, kind: unknown}]\n"
    gone = load(part + late + "correlated: [{facts: [items.x.range, warnings.w.kind], rank_correlation: 1}]")
    assert gone.correlated == ()


@pytest.mark.parametrize(("part", "code", "message", "help"), BROKEN)
def test_what_is_wrong(part, code, message, help):
    found = problems_of(part) if not part.startswith("[") else _problems(part)
    assert [p.code for p in found] == [code]
    assert message in found[0].message
    assert help in found[0].help
    assert found[0].excerpt


def _problems(text: str) -> tuple:
    problems = Problems()
    assert read_scenario(text.encode(), FILE, VOCABULARY, problems) is None
    return tuple(problems.found)


def test_all_problems_are_reported_at_once():
    found = problems_of(
        "schema: 3\nitems: [{role: fortress}, {range: far}]\nwarnings: [{knid: war}]\ncontext: {war: {}}"
    )
    assert {p.code for p in found} == {"DOC-1", "WORD-1", "NUM-1", "KEY-1", "FACT-1"}
    assert [p.mark.line for p in found] == sorted(p.mark.line for p in found)


def test_what_is_missing():
    assert [(p.code, p.message) for p in _problems("items: [{role: gun}]")] == [
        ("KEY-2", f"the scenario needs {key}") for key in ("schema", "id", "title", "as_of", "perceiver")
    ]
    missing = "schema: 1\nid: a\ntitle: b\nas_of: 2022-12-14\nperceiver: RUS"
    assert [p.message for p in _problems(missing)] == ["the scenario needs items"]


def test_a_duplicate_id_shows_the_first():
    [problem] = problems_of("items:\n  - id: a\n  - id: a\n")
    assert [(phrase, mark.line) for phrase, mark in problem.related] == [("first given here", 7)]


def test_many_problems_are_quick_to_report():
    wrong = ", ".join(f"XQ{i}" for i in range(20_000))
    assert len(problems_of(f"transfer: {{suppliers: [{wrong}]}}")) == 20_000


# -- files


def test_load(tmp_path: Path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(document(""))
    bad.write_text(document("items: []"))
    assert load_scenario(good, VOCABULARY).file == str(good)
    assert load_scenario(str(good), VOCABULARY, as_of=date(2022, 1, 1)).as_of == date(2022, 1, 1)
    with pytest.raises(InputError) as caught:
        load_scenario(bad, VOCABULARY)
    assert str(caught.value).startswith(f"{bad}:6:8: DOC-2 ")
    problems = Problems()
    assert load_scenario(bad, VOCABULARY, problems) is None
    assert load_scenario(tmp_path / "absent.yaml", VOCABULARY, problems) is None
    assert [p.code for p in problems.found] == ["DOC-2", "FILE-1"]
    assert load_scenario(good, VOCABULARY, problems) is not None  # earlier problems do not spoil a good file


SCRAPS = st.sampled_from(
    "unknown|gun|5|5 mi|[]|{}|~|~~|[a, b]|{value: gun}|{one_of: [1, 2]}|{low: 1}|{value: 5, low: 1, high: 9}|2022-12-14"
    "|true|'x'|{one_of: [{value: gun, probability: 1}]}|NO".split("|")
)
KEYS = st.sampled_from("role range tags consent reach name id source known_at kind date".split())


@given(st.lists(st.dictionaries(KEYS, SCRAPS, max_size=4), max_size=3), st.dictionaries(KEYS, SCRAPS, max_size=3))
def test_any_well_formed_document_is_read_or_refused(items, transfer):
    def flow(facts: dict[str, str]) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in facts.items()) + "}"

    part = f"items: [{', '.join(map(flow, items))}]\ntransfer: {flow(transfer)}\nwarnings: [{flow(transfer)}]"
    problems = Problems()
    scenario = read_scenario(document(part).encode(), FILE, VOCABULARY, problems)
    assert (scenario is None) == bool(problems.found)
    if scenario is None:
        return
    for found in scenario.entities:
        for fact in found.facts.values():
            check_fact(fact)


def check_fact(fact: Fact) -> None:
    possible: Set | None = fact.possible
    assert (possible is None) == (fact.field.domain is None or fact.field.type == "words")
    if possible is not None and fact.best != "":
        assert not isinstance(fact.best, tuple)
        assert contains(possible, fact.best)
        single = len(possible.words) == 1 if isinstance(possible, Words) else _point(possible)
        assert single == (fact.state != "open")


def _point(possible: Numbers) -> bool:
    return len(possible.intervals) == 1 and possible.intervals[0].low == possible.intervals[0].high
