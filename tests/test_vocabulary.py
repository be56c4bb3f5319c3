"""The vocabulary: what a field is, and what is wrong with one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.loading import VOCABULARY, plain, vocabulary

from escalation.diagnostics import InputError, Problems
from escalation.read import Reader
from escalation.sets import Words, contains, interval, whole
from escalation.vocabulary import Field, field_bins, read_scalar

SHELL = """
vocabulary: 1
units: {length: {km: 1, m: 0.001}}
entities:
  thing: {label: thing}
fields:
"""


def field_of(body: str, key: str = "thing.x") -> Field:
    return vocabulary(f"{SHELL}  {key}: {{label: x, meaning: x, {body}}}").fields[key]


def test_kinds():
    item, warning = VOCABULARY.kinds["item"], VOCABULARY.kinds["warning"]
    assert (item.many, item.plural, item.at_least, item.inherits) == (True, "items", 1, "transfer")
    assert warning.same_when == (("speaker", "office"), ("date",), ("kind",))
    assert not VOCABULARY.kinds["context"].many


def test_fields():
    fields = VOCABULARY.of("item")
    assert fields["range"].domain == interval(0, 20000)
    assert fields["range"].units == {"km": "1", "m": "0.001", "mi": "1.609344"}
    assert fields["reach"].order == ("near", "middle", "far", "farthest")
    assert fields["reach"].domain == Words(frozenset({"near", "middle", "far", "farthest", "not_applicable"}))
    assert fields["role"].order == ()
    assert fields["consent"].domain == Words(frozenset({True, False}))
    assert fields["name"].domain is None


def test_a_list_is_read_through_its_members():
    fields = VOCABULARY.of("item")
    assert [name for name in fields if name.startswith("tags[")] == ["tags[red]", "tags[green]", "tags[blue]"]
    green = fields["tags[green]"]
    assert (green.key, green.type, green.assume, green.member_of) == (
        "item.tags[green]",
        "flag",
        True,
        ("tags", "green"),
    )
    assert fields["tags[red]"].assume is False
    readable = {name for name, field in fields.items() if field.readable}
    assert {"tags[green]", "range", "reach"} <= readable
    assert not {"tags", "name", "size", "payload"} & readable


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("item.range", 297.72864, "298 km"),
        ("item.range", 1.5, "1.5 km"),
        ("item.range", 20000, "20,000 km"),
        ("item.consent", True, "yes"),
        ("item.consent", False, "no"),
        ("transfer.recipient", "NOR", "Norway"),
        ("transfer.suppliers", ("NOR", "POL"), "Norway, Poland"),
        ("transfer.suppliers", (), "none"),
        ("item.name", "ATACMS", "ATACMS"),
    ],
)
def test_show(key, value, shown):
    assert VOCABULARY.fields[key].show(value) == shown


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("item.range", "10 mi", 16.09344),
        ("item.count", "7", 7),
        ("item.consent", "true", True),
        ("item.role", "gun", "gun"),
        ("item.name", "no", "no"),
    ],
)
def test_read_scalar(key, text, expected):
    assert read_scalar(Reader(Problems()), VOCABULARY.fields[key], plain(text), key) == expected


@given(st.lists(st.tuples(st.integers(-5, 1005), st.booleans()), max_size=4))
def test_bins_of_whole_numbers_hold_whole_numbers(ends):
    field = VOCABULARY.fields["item.count"]
    pieces: Any = field_bins(field, [interval(low, low_open=open_) for low, open_ in ends])
    assert all(piece == whole(piece) for piece in pieces)
    assert all(sum(contains(piece, n) for piece in pieces) == 1 for n in range(1001))
    assert not any(contains(piece, n) for piece in pieces for n in (-1, 1001))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("type: word", "VOC-2"),
        ("type: word, words: nowhere", "VOC-2"),
        ("type: number", "VOC-3"),
        ("type: number, min: 5, max: 1", "VOC-3"),
        ("type: number, min: 0, max: 1, assume: 2, assume_because: x", "VOC-4"),
        ("type: words, words: [a], assume: [b], assume_because: x", "VOC-4"),
        ("type: flag, assume: true", "VOC-5"),
        ("type: word, words: [a], assume: b, assume_because: x", "WORD-1"),
        ("type: wrod, words: [a]", "WORD-1"),
        ("type: word, words: [a], direction: up", "WORD-1"),
        ("type: text, colour: red", "KEY-1"),
        ("type: number, min: x, max: 1", "NUM-1"),
        ("type: integer, min: 0, max: 9, derive: {days_before_as_of: [y]}", "VOC-8"),
        ("type: word, words: [a], derive: {highest_of: [x]}", "VOC-8"),
        ("type: word, words: [a], derive: {lowest_of: [x]}", "WORD-1"),
    ],
)
def test_what_is_wrong_with_a_field(body, code):
    with pytest.raises(InputError) as caught:
        field_of(body)
    assert code in [p.code for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SHELL + "  other.x: {label: x, meaning: x, type: text}", "VOC-1"),
        (SHELL + "  thing: {label: x, meaning: x, type: text}", "VOC-1"),
        (SHELL + "  thing.source: {label: x, meaning: x, type: text}", "VOC-6"),
        (
            SHELL.replace("label: thing", "label: thing, dated_by: day")
            + "  thing.x: {label: x, meaning: x, type: text}",
            "VOC-7",
        ),
        (
            SHELL.replace("label: thing", "label: thing, dated_by: x")
            + "  thing.x: {label: x, meaning: x, type: text}",
            "VOC-7",
        ),
        (
            SHELL.replace("label: thing", "label: thing, inherits: all")
            + "  thing.x: {label: x, meaning: x, type: text}",
            "VOC-7",
        ),
        (
            SHELL.replace("label: thing", "label: thing, same_when: [[y]]")
            + "  thing.x: {label: x, meaning: x, type: text}",
            "VOC-7",
        ),
        (SHELL.replace("0.001", "a few") + "  thing.x: {label: x, meaning: x, type: text}", "NUM-1"),
        (SHELL.replace("0.001", "-1") + "  thing.x: {label: x, meaning: x, type: text}", "VOC-9"),
        ("[a]", "TYPE-1"),
        ("vocabulary: 1", "KEY-2"),
    ],
)
def test_what_is_wrong_with_a_vocabulary(text, code):
    with pytest.raises(InputError) as caught:
        vocabulary(text)
    assert code in [p.code for p in caught.value.problems]


def test_what_is_assumed_can_occur():
    values: list[Any] = [(field.domain, field.assume) for field in VOCABULARY.fields.values() if field.readable]
    assert len(values) > 20
    assert all(contains(domain, value) for domain, value in values)
