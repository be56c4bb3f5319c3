"""Sets are what their members say, in one form only."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.sets import (
    Interval,
    Numbers,
    Words,
    bins,
    complement,
    contains,
    disjoint,
    intersection,
    interval,
    is_empty,
    nearest,
    only,
    subset,
    union,
    whole,
)

ORDER = ("low", "middle", "high", "top")
POINTS = [x / 4 for x in range(-24, 25)]  # every end the strategies make, and points between and beyond them
DOMAIN = interval(-4, 4)

ends = st.integers(-8, 8).map(lambda n: n // 2 if n % 2 == 0 else n / 2)
intervals = st.builds(
    interval, st.one_of(ends, st.just(-inf)), st.one_of(ends, st.just(inf)), st.booleans(), st.booleans()
)
numbers = st.lists(intervals, max_size=4).map(lambda parts: _all(parts))  # noqa: PLW0108 - defined below
words = st.frozensets(st.sampled_from([*ORDER, "beside"])).map(Words)
sets = st.one_of(st.tuples(numbers, numbers, numbers), st.tuples(words, words, words))


def _all(parts) -> Any:
    found: Any = Numbers(())
    for part in parts:
        found = union(found, part)
    return found


def members(a):
    return [p for p in (POINTS if isinstance(a, Numbers) else [*ORDER, "beside"]) if contains(a, p)]


@given(sets)
def test_operations_agree_with_membership(three):
    a, b, domain = three
    points = POINTS if isinstance(a, Numbers) else [*ORDER, "beside"]
    for p in points:
        assert contains(union(a, b), p) == (contains(a, p) or contains(b, p))
        assert contains(intersection(a, b), p) == (contains(a, p) and contains(b, p))
        assert contains(complement(a, domain), p) == (contains(domain, p) and not contains(a, p))
    assert subset(a, b) == all(contains(b, p) for p in members(a))
    assert disjoint(a, b) == (not any(contains(b, p) for p in members(a)))
    assert is_empty(a) == (not members(a))


@given(sets)
def test_equal_sets_are_equal_values(three):
    a, b, domain = three
    assert (a == b) == (members(a) == members(b))
    assert complement(complement(a, domain), domain) == intersection(a, domain)
    assert union(a, b) == union(b, a)


@given(numbers)
def test_intervals_are_in_order_and_apart(a):
    assert all(i.low < i.high or (i.low == i.high and not i.low_open and not i.high_open) for i in a.intervals)
    assert all(i.low_open for i in a.intervals if i.low == -inf)
    for i, j in pairwise(a.intervals):
        assert i.high < j.low or (i.high == j.low and i.high_open and j.low_open)


@given(numbers, numbers)
def test_whole_keeps_whole_numbers_in_one_form(a, b):
    integers = range(-12, 13)
    closed = whole(a)
    assert [contains(closed, n) for n in integers] == [contains(a, n) for n in integers]
    assert all(not i.low_open or i.low == -inf for i in closed.intervals)
    same = all(contains(a, n) == contains(b, n) for n in integers)
    assert (whole(a) == whole(b)) == same


@given(numbers, st.lists(numbers, max_size=4))
def test_bins_split_a_domain_of_numbers(domain, cuts):
    found: Any = bins(domain, cuts)
    assert _all(found) == domain
    assert all(disjoint(a, b) for a, b in combinations(found, 2))
    assert all(subset(piece, cut) or disjoint(piece, cut) for piece in found for cut in cuts)
    assert list(found) == sorted(found, key=lambda piece: piece.intervals[0][:3:2])
    for a, b in pairwise(found):  # no coarser split would do: two that touch are told apart by a cut
        if len(_all([a, b]).intervals) == 1:
            assert any(subset(a, cut) != subset(b, cut) for cut in cuts)


@given(words, st.lists(words, max_size=4), st.booleans())
def test_bins_of_words_are_runs_of_the_order(domain, cuts, ordered):
    order = ORDER if ordered else ()
    found: Any = bins(domain, cuts, order)
    assert frozenset().union(*(piece.words for piece in found)) == domain.words
    assert sum(len(piece.words) for piece in found) == len(domain.words)
    assert all(subset(piece, cut) or disjoint(piece, cut) for piece in found for cut in cuts)
    assert all(len(piece.words) == 1 or piece.words <= set(order) for piece in found)
    places = [sorted(order.index(w) for w in piece.words if w in order) for piece in found]
    assert [p for place in places for p in place] == sorted(p for place in places for p in place)
    known = [word for word in order if word in domain.words]
    for left, right in pairwise(known):  # no coarser split would do: neighbours share a bin unless a cut parts them
        together = any({left, right} <= piece.words for piece in found)
        assert together == all(contains(cut, left) == contains(cut, right) for cut in cuts)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (interval(high=3), interval(high=3)),
        (interval(3), interval(3)),
        (interval(), interval()),
        (_all([only(2), only(1), only(3), only(5), only(4)]), interval(1, 5)),
        (_all([only(1), only(2), only(4), only(5)]), _all([interval(1, 2), interval(4, 5)])),
        (_all([interval(high=0), only(1), interval(2)]), interval()),
    ],
)
def test_whole_numbers_one_by_one_are_the_run_that_they_make(written, stored):
    assert whole(written) == stored


@given(numbers, st.integers(-30, 30).map(lambda n: n / 4))
def test_nearest_is_the_nearest_member(a, value):
    if is_empty(a):
        with pytest.raises(ValueError, match="nothing"):
            nearest(a, value)
        return
    found = nearest(a, value, step=0.25)
    assert contains(a, found)
    closest = min((abs(p - value) for p in members(a) if -6 <= p <= 6), default=inf)
    assert abs(found - value) <= closest or closest == inf


@given(words, st.sampled_from(ORDER))
def test_nearest_word_is_fewest_steps_away(a, value):
    if is_empty(a):
        return
    found: Any = nearest(a, value, order=ORDER)
    on_order = [w for w in a.words if w in ORDER]
    assert found in a.words
    if on_order:
        assert abs(ORDER.index(found) - ORDER.index(value)) == min(
            abs(ORDER.index(w) - ORDER.index(value)) for w in on_order
        )


@pytest.mark.parametrize(
    ("a", "value", "step", "expected"),
    [
        (interval(high=70, high_open=True), 80, 1, 69),
        (interval(70, low_open=True), 60, 0.1, 70.1),
        (interval(1, 1.5, True, True), 9, 1, 1.25),
        (interval(10, 20), 5, 1, 10),
        (union(only(3), only(8)), 5, 1, 3),
        (Words(frozenset({False})), True, 1, False),
    ],
)
def test_nearest_beyond_an_end(a, value, step, expected):
    assert nearest(a, value, step) == expected


def test_numbers_compare_by_value_and_words_are_not_numbers():
    assert only(5) == only(5.0) == Numbers((Interval(5, 5),))
    assert only(True) == Words(frozenset({True}))
    assert only(True) != only(1)
