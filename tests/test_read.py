"""Typed values: YAML 1.2 meanings, exact units, dates as precise as written, suggestions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.loading import node, plain

from escalation.diagnostics import InputError, Mark, Problems, suggest
from escalation.read import Dated, Reader
from escalation.source import Text
from escalation.vocabulary import Word

UNITS = {"km": "1", "m": "0.001", "mi": "1.609344"}
COUNTRIES = {
    "GBR": Word("United Kingdom"),
    "NOR": Word("Norway"),
    "POL": Word("Poland"),
    "PLW": Word("Palau"),
    "UGA": Word("Uganda"),
    "UKR": Word("Ukraine"),
    "USA": Word("United States"),
}


def reading(method: str, value: str, *rest, quoted: bool = False):
    """What a reader makes of a scalar, and the codes of what was wrong."""
    problems = Problems()
    found = getattr(Reader(problems), method)(Text(value, not quoted, Mark("x", 1, 1)), "here", *rest)
    return found, [p.code for p in problems.found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("+5", 5),
        ("-0.0", 0),
        ("010", 10),
        ("1e3", 1000),
        (".5", 0.5),
        ("5.", 5),
        ("185 mi", 297.72864),
        ("185mi", 297.72864),
        ("1e5 m", 100),
        ("9007199254740992", 2**53),
        ("1e-05", 1e-05),
        ("0.1", 0.1),
        ("123456789.012345", 123456789.012345),
    ],
)
def test_numbers(text, expected):
    found, codes = reading("number", text, UNITS)
    assert (found, codes) == (expected, [])
    assert isinstance(found, int) == float(expected).is_integer()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "NUM-1"),
        ("true", "NUM-1"),
        ("five", "NUM-1"),
        ("1:30", "NUM-1"),
        ("1,000", "NUM-1"),
        ("1_000", "NUM-1"),
        (".inf", "NUM-1"),
        (".nan", "NUM-1"),
        ("NaN", "NUM-1"),
        ("\u0663", "NUM-1"),  # a digit, but not one that YAML knows
        ("1e5e5", "NUM-1"),
        ("9007199254740993", "NUM-2"),
        ("1e16", "NUM-2"),
        ("1e400", "NUM-2"),
        ("1e9999999", "NUM-2"),
        ("1e99999999999999999999", "NUM-2"),
        ("1e-400", "NUM-2"),
        ("1e-9999999", "NUM-2"),
        ("1.000000000000000000000000000001", "NUM-2"),
        ("1" * 50_000, "NUM-2"),
        ("5 parsec", "NUM-3"),
        ("0x1F", "NUM-3"),
    ],
)
def test_numbers_that_are_refused(text, code):
    assert reading("number", text, UNITS) == (None, [code])


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12), st.sampled_from(sorted(UNITS)))
def test_conversion_is_exact(digits, places, unit):
    written = Decimal(digits).scaleb(-places)
    found, codes = reading("number", f"{written:f} {unit}", UNITS)
    exact = written * Decimal(UNITS[unit])
    if abs(exact) > 2**53:
        assert codes == ["NUM-2"]
    else:
        assert (float(found), codes) == (float(exact), [])


@pytest.mark.parametrize(
    ("method", "text", "expected", "codes"),
    [
        ("flag", "true", True, []),
        ("flag", "False", False, []),
        ("flag", "yes", None, ["TYPE-1"]),
        ("flag", "1", None, ["TYPE-1"]),
        ("whole", "5.0", 5, []),
        ("whole", "5.5", None, ["NUM-1"]),
        ("whole", "5 km", None, ["NUM-3"]),
        ("text", "777", "777", []),
        ("text", "no", "no", []),
        ("text", "", None, ["TYPE-1"]),
        ("text", "null", None, ["TYPE-1"]),
        ("text", "~", None, ["TYPE-1"]),
        ("dated", "2022-13", None, ["DATE-1"]),
    ],
)
def test_kinds_of_value(method, text, expected, codes):
    assert reading(method, text) == (expected, codes)


def test_quoted_text_is_text():
    assert reading("text", "null", quoted=True) == ("null", [])
    assert reading("text", "", quoted=True) == ("", [])
    assert reading("flag", "true", quoted=True) == (None, ["TYPE-1"])
    assert reading("number", "5", quoted=True) == (5, [])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022-12", date(2022, 12, 1), date(2022, 12, 31)),
        ("2024-02~", date(2024, 2, 1), date(2024, 2, 29)),
        ("2022-09-14", date(2022, 9, 14), date(2022, 9, 14)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_dates_are_spans(text, first, last):
    assert Dated.of(text) == (first, last, text)


@pytest.mark.parametrize("text", ["2022-02-29", "2022-9-1", "0000", "22", "2022-12-14T00:00", "2022/12/14", "~", ""])
def test_dates_that_are_not(text):
    with pytest.raises(ValueError, match=r"."):
        Dated.of(text)


@given(st.dates())
def test_a_day_lies_in_its_month_and_year(day):
    for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        span = Dated.of(text)
        assert span.first <= day <= span.last


def test_keys_reports_all_that_is_wrong():
    problems = Problems()
    found = Reader(problems).keys(node("{titel: a, odd: b, id: c}"), "it", ["id", "title", "kind"], ["note"])
    assert list(found) == ["id"]
    assert [(p.code, p.help) for p in problems.found] == [
        ("KEY-1", "did you mean title?"),
        ("KEY-1", "known here: id, title, kind, note"),
        ("KEY-2", "add kind: ..."),
    ]


@pytest.mark.parametrize(
    ("method", "text", "message"),
    [
        ("mapping", "[a]", "here must be a mapping (KEY: VALUE), not a list"),
        ("listing", "{a: b}", "here must be a list, not a mapping"),
        ("listing", "~", "here must be a list, not nothing"),
        ("text", "[a]", "here must be text, not a list"),
        ("number", "[a]", "here must be a number, not a list"),
    ],
)
def test_wrong_kinds_of_node(method, text, message):
    problems = Problems()
    getattr(Reader(problems), method)(node(text), "here")
    assert [p.message for p in problems.found] == [message]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("NO", "did you mean NOR (Norway)?"),
        ("nor", "did you mean NOR (Norway)?"),
        ("Norge", "did you mean NOR (Norway)?"),
        ("united states", "did you mean USA (United States)?"),
        ("UK", "did you mean GBR (United Kingdom) or UKR (Ukraine)?"),
        ("PL", "did you mean PLW (Palau) or POL (Poland)?"),
        ("UA", "did you mean UGA (Uganda), USA (United States) or UKR (Ukraine)?"),
        ("zzzz", ""),
    ],
)
def test_suggestions_for_countries(word, expected):
    assert suggest(word, COUNTRIES, {code: entry.label for code, entry in COUNTRIES.items()}) == expected


def test_word_quotes_what_was_written_and_suggests_by_label():
    problems = Problems()
    assert Reader(problems).word(plain("NO"), "recipient", COUNTRIES) is None
    [problem] = problems.found
    assert (problem.code, problem.message) == ("WORD-1", "'NO' is not a word of recipient")
    assert problem.help == "did you mean NOR (Norway)?"


def test_problems_are_raised_once_in_the_order_of_places():
    problems = Problems()
    problems.stop()
    problems.add("B", "second", Mark("a.yaml", 2, 1))
    problems.add("C", "third", Mark("b.yaml", 1, 1))
    problems.add("A", "first", Mark("a.yaml", 1, 9))
    with pytest.raises(InputError) as caught:
        problems.stop()
    assert [p.code for p in caught.value.problems] == ["A", "B", "C"]
    assert str(caught.value).splitlines()[0] == "a.yaml:1:9: A first"
