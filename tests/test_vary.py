"""Axes as they are written: every form of values for every sort of field, and every problem at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.loading import VOCABULARY, load

from escalation import InputError, load_pack, load_scenario
from escalation.analysis.vary import MOST_VALUES, parse_axes, parse_axis
from escalation.edits import path_to, with_text, with_value
from escalation.sets import contains

SCENARIO = load("items: [{id: it}, {id: shell, role: gun}]\nwarnings: [{id: w, date: 2022-12-01, kind: war}]")
KINDS = ("boast", "protest", "threat", "war", "unclear")

WRITTEN = [
    ("items.it.role=*", "items.it.role", ("gun", "shield", "tool")),
    ("items[1].role = shield, gun", "items.shell.role", ("shield", "gun")),
    ("items.it.consent=*", "items.it.consent", (False, True)),
    ("items.it.consent=true", "items.it.consent", (True,)),
    ("items.it.tags[red]=*", "items.it.tags[red]", (False, True)),
    ("warning.kind=*", "warnings.w.kind", KINDS),
    ("transfer.personnel=crews", "transfer.personnel", ("crews",)),
    ("items.it.range=50:80:10", "items.it.range", (50, 60, 70, 80)),
    ("items.it.range=50:75:10", "items.it.range", (50, 60, 70)),
    ("items.it.range=70,300", "items.it.range", (70, 300)),
    ("items.it.range=0.1:0.4:0.1", "items.it.range", (0.1, 0.2, 0.3, 0.4)),
    ("items.it.range= 1 mi : 3 mi : 1 mi", "items.it.range", (1.609344, 3.218688, 4.828032)),
    ("items.it.range=5:5:1", "items.it.range", (5,)),
    ("items.it.count=998:1000:1", "items.it.count", (998, 999, 1000)),
    ("warning.age=0:60:30", "warnings.w.age", (0, 30, 60)),
]


@pytest.mark.parametrize(("text", "path", "values"), WRITTEN)
def test_an_axis_is_a_fact_and_its_values(text, path, values):
    axis = parse_axis(SCENARIO, VOCABULARY, text)
    assert (axis.path, axis.values) == (path, values)
    assert [type(value) for value in axis.values] == [type(value) for value in values]
    assert f"{SCENARIO.entities[axis.entity].kind}.{axis.field.name}" == axis.field.key


def test_every_value_of_a_number_goes_in_the_steps_of_its_field():
    assert parse_axis(SCENARIO, VOCABULARY, "items.it.count=*").values == tuple(range(1001))


WRONG = [
    ("", [("VARY-1", 1)]),
    ("items.it.role", [("VARY-1", 1)]),
    ("items.it.role=", [("VARY-1", 1)]),
    ("itms.it.role=*", [("EDIT-1", 1)]),
    ("items.role=*", [("EDIT-2", 1)]),
    ("items.it.rolle=*", [("EDIT-3", 1)]),
    ("items.it.tags=*", [("VARY-2", 1)]),
    ("items.it.name=a,b", [("VARY-2", 1)]),
    ("items.it.payload=1:9:1", [("VARY-2", 1)]),
    ("warning.date=*", [("VARY-2", 1)]),
    ("warning.gravest=*", [("VARY-2", 1)]),
    ("items.it.role=gun,shild,shoe", [("WORD-1", 19), ("WORD-1", 25)]),
    ("items.it.role=gun, gun", [("FACT-5", 20)]),
    ("items.it.consent=yes", [("TYPE-1", 18)]),
    ("items.it.role=unknown", [("WORD-1", 15)]),
    ("items.it.range=50:80", [("VARY-1", 16)]),
    ("items.it.range=50:80:10:1", [("VARY-1", 16)]),
    ("items.it.range=fifty:80:10", [("NUM-1", 16)]),
    ("items.it.range=50:30000:x", [("NUM-4", 19), ("NUM-1", 25)]),
    ("items.it.range=50:80 lb:10", [("NUM-3", 19)]),
    ("items.it.range=80:50:10", [("VARY-3", 16)]),
    ("items.it.range=50:80:0", [("VARY-3", 16)]),
    ("items.it.range=0:20000:0.001", [("VARY-3", 16)]),
    ("items.it.count=0:10:0.5", [("NUM-1", 21)]),
    ("items.it.role=gun:shield:1", [("WORD-1", 15)]),
]


@pytest.mark.parametrize(("text", "problems"), WRONG)
def test_what_is_wrong_is_said_at_its_place(text, problems):
    with pytest.raises(InputError) as caught:
        parse_axis(SCENARIO, VOCABULARY, text)
    assert [(problem.code, problem.mark.column) for problem in caught.value.problems] == problems
    assert all(problem.help or problem.code in ("TYPE-1", "NUM-1") for problem in caught.value.problems)


def test_all_axes_are_read_before_anything_is_said():
    texts = ["items.it.role=gun,shild", "items.it.range=*", "itms.x=*", "items[0].range=1,2"]
    with pytest.raises(InputError) as caught:
        parse_axes(SCENARIO, VOCABULARY, texts)
    assert [problem.code for problem in caught.value.problems] == ["WORD-1", "EDIT-1", "VARY-2"]
    assert "items.it.range is varied twice" in caught.value.problems[2].message


_DECIMALS = st.decimals(0, 2000, places=3)


@given(_DECIMALS, _DECIMALS, st.decimals("0.01", 500, places=3))
def test_steps_are_those_of_exact_decimals(low, high, step):
    low, high = min(low, high), max(low, high)
    axis = parse_axis(SCENARIO, VOCABULARY, f"items.it.range={low}:{high}:{step}")
    exact, at = [], Decimal(low)
    while at <= high:
        exact.append(float(at))
        at += step
    assert list(axis.values) == exact
    assert len(axis.values) <= MOST_VALUES


FILE = "scenarios/us-package-dec-2022.yaml"


def test_every_fact_that_rules_read_can_be_varied_and_takes_each_of_its_values():
    vocabulary = load_pack().vocabulary
    scenario = load_scenario(FILE, vocabulary)
    seen = 0
    for at, entity in enumerate(scenario.entities):
        for field in vocabulary.of(entity.kind).values():
            if not field.readable or (field.derive and field.derive[0] == "highest_of"):
                continue
            spec = "0:40:20" if field.type in ("number", "integer") else "*"
            axis = parse_axis(scenario, vocabulary, f"{path_to(scenario, vocabulary, at, field.name)}={spec}")
            assert (axis.entity, axis.field) == (at, field)
            assert all(contains(field.domain, value) for value in axis.values)
            for value in axis.values[:3] if not field.derive and not field.member_of else ():
                written = str(value).lower() if isinstance(value, bool) else str(value)
                said = with_text(scenario, vocabulary, axis.path, written)
                assert with_value(scenario, vocabulary, at, field, value).digest == said.digest
            seen += 1
    assert seen > 25
