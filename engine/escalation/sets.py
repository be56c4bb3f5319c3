"""Sets of values: the one idea every test in a rule comes down to.

A test asks whether a field's value lies in a set. A set is either `Numbers`, a union of intervals, or `Words`, a
subset of a field's words (yes and no are the words True and False). Truth, distance to flipping, the bins of the
exact methods and the sorts of the proofs all follow from the few functions below. Sets never hold NaN; a set of whole
numbers is kept in closed form ("over 3" is "from 4"), so that equal sets are equal values.
"""

from collections.abc import Iterable
from itertools import pairwise
from math import ceil, floor, inf
from typing import NamedTuple, TypeAlias

__all__ = [
    "Interval",
    "Numbers",
    "Scalar",
    "Set",
    "Words",
    "bins",
    "complement",
    "contains",
    "disjoint",
    "intersection",
    "interval",
    "is_empty",
    "nearest",
    "only",
    "subset",
    "union",
    "whole",
]

Number: TypeAlias = int | float
Scalar: TypeAlias = int | float | str | bool


class Interval(NamedTuple):
    """A run of numbers from `low` to `high`; an end that is `open` is itself left out. Infinite ends are open."""

    low: Number
    high: Number
    low_open: bool = False
    high_open: bool = False


class Numbers(NamedTuple):
    """A union of intervals, in order, that neither touch nor overlap."""

    intervals: tuple[Interval, ...]


class Words(NamedTuple):
    """A set of words of one field (or of True and False)."""

    words: frozenset[str | bool]


Set: TypeAlias = Numbers | Words


def interval(low: Number = -inf, high: Number = inf, low_open: bool = False, high_open: bool = False) -> Numbers:
    """The set of numbers between two ends.

    >>> contains(interval(70, high=300, high_open=True), 300)
    False
    """
    return _numbers([Interval(low, high, low_open or low == -inf, high_open or high == inf)])


def only(value: Scalar) -> Set:
    """The set that holds one value.

    >>> only("ground")
    Words(words=frozenset({'ground'}))
    """
    if isinstance(value, (str, bool)):
        return Words(frozenset((value,)))
    return Numbers((Interval(value, value),))


def whole(numbers: Numbers) -> Numbers:
    """The same whole numbers in closed form: what a set over an integer field is stored as.

    >>> whole(interval(3, low_open=True)) == whole(interval(3.5)) == interval(4)
    True
    """
    closed: list[Interval] = []
    for i in numbers.intervals:
        low = i.low if i.low == -inf else floor(i.low) + 1 if i.low_open else ceil(i.low)
        high = i.high if i.high == inf else ceil(i.high) - 1 if i.high_open else floor(i.high)
        if closed and closed[-1].high + 1 == low:
            closed[-1] = Interval(closed[-1].low, high, closed[-1].low_open, high == inf)
        else:
            closed.append(Interval(low, high, low == -inf, high == inf))
    return _numbers(closed)


def contains(a: Set, value: Scalar) -> bool:
    """Whether `value` is in the set."""
    if isinstance(a, Words):
        return value in a.words
    assert not isinstance(value, str)
    for i in a.intervals:
        if (i.low < value or (i.low == value and not i.low_open)) and (
            value < i.high or (value == i.high and not i.high_open)
        ):
            return True
    return False


def is_empty(a: Set) -> bool:
    """Whether nothing is in the set."""
    return not (a.words if isinstance(a, Words) else a.intervals)


def union(a: Set, b: Set) -> Set:
    """What is in either set. The sets are of one kind."""
    if isinstance(a, Words) and isinstance(b, Words):
        return Words(a.words | b.words)
    assert isinstance(a, Numbers) and isinstance(b, Numbers)
    return _numbers(a.intervals + b.intervals)


def intersection(a: Set, b: Set) -> Set:
    """What is in both sets. The sets are of one kind."""
    if isinstance(a, Words) and isinstance(b, Words):
        return Words(a.words & b.words)
    assert isinstance(a, Numbers) and isinstance(b, Numbers)
    return _numbers(_overlap(i, j) for i in a.intervals for j in b.intervals)


def complement(a: Set, domain: Set) -> Set:
    """What is in `domain` and not in `a`."""
    if isinstance(a, Words) and isinstance(domain, Words):
        return Words(domain.words - a.words)
    assert isinstance(a, Numbers) and isinstance(domain, Numbers)
    gaps, low, low_open = [], -inf, True
    for i in a.intervals:
        gaps.append(Interval(low, i.low, low_open, not i.low_open))
        low, low_open = i.high, not i.high_open
    gaps.append(Interval(low, inf, low_open, True))
    return intersection(_numbers(gaps), domain)


def subset(a: Set, b: Set) -> bool:
    """Whether everything in `a` is in `b`."""
    if isinstance(a, Words) and isinstance(b, Words):
        return a.words <= b.words
    return intersection(a, b) == a


def disjoint(a: Set, b: Set) -> bool:
    """Whether nothing is in both."""
    return is_empty(intersection(a, b))


def bins(domain: Set, cuts: Iterable[Set], order: tuple[str, ...] = ()) -> tuple[Set, ...]:
    """The coarsest split of `domain` that every set in `cuts` respects, in order of value.

    Words that no cut tells apart share a bin only when they are neighbours in `order`, so that a bin of an ordered
    field is a run of it; the bins of an unordered field are its words, one each.

    >>> [b.intervals[0][:2] for b in bins(interval(0, 100), [interval(70)])]
    [(0, 70), (70, 100)]
    """
    cuts = list(cuts)
    if isinstance(domain, Words):
        words = sorted(domain.words, key=lambda w: (order.index(w) if w in order else len(order), str(w)))
        return _runs(words, cuts, order)
    assert isinstance(domain, Numbers)
    edges: set[tuple[Number, bool]] = set()  # (x, False): a cut just before x; (x, True): just after
    for cut in [domain, *cuts]:
        assert isinstance(cut, Numbers)
        for i in cut.intervals:
            edges.add((i.low, i.low_open))
            edges.add((i.high, not i.high_open))
    ordered = sorted(edges)
    pieces = (
        intersection(_numbers([Interval(a, b, a_after, not b_after)]), domain)
        for (a, a_after), (b, b_after) in pairwise(ordered)
    )
    return tuple(piece for piece in pieces if not is_empty(piece))


def nearest(a: Set, value: Scalar, step: Number = 1, order: tuple[str, ...] = ()) -> Scalar:
    """The member of `a` nearest to `value`; beyond an open end, one `step` (or half the interval) inside it.

    Among words, fewest steps along `order`; words off the order come last, alphabetically. Raises ValueError if empty.

    >>> nearest(interval(high=70, high_open=True), 80)
    69
    """
    if is_empty(a):
        raise ValueError("nothing in the set")
    if contains(a, value):
        return value
    if isinstance(a, Words):
        at = order.index(value) if value in order else 0
        return min(a.words, key=lambda w: (abs(order.index(w) - at) if w in order else len(order), str(w).rjust(80)))
    assert not isinstance(value, str)
    candidates = [_inside(i, value, step) for i in a.intervals]
    return min(candidates, key=lambda v: abs(v - value))


def _inside(i: Interval, value: Number, step: Number) -> Number:
    half = (i.high - i.low) / 2
    inset = min(step, half) if half < inf else step
    if value <= i.low:
        return i.low + inset if i.low_open else i.low
    return i.high - inset if i.high_open else i.high


def _overlap(a: Interval, b: Interval) -> Interval:
    low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
    high, high_closed = min((a.high, not a.high_open), (b.high, not b.high_open))
    return Interval(low, high, low_open, not high_closed)


def _numbers(intervals: Iterable[Interval]) -> Numbers:
    """Put intervals in order, drop empty ones, join those that touch."""
    joined: list[Interval] = []
    filled = (i for i in intervals if i.low < i.high or (i.low == i.high and not (i.low_open or i.high_open)))
    for i in sorted(filled, key=lambda i: (i.low, i.low_open)):
        last = joined[-1] if joined else None
        if last and (i.low < last.high or (i.low == last.high and not (i.low_open and last.high_open))):
            high, high_closed = max((last.high, not last.high_open), (i.high, not i.high_open))
            joined[-1] = Interval(last.low, high, last.low_open, not high_closed)
        else:
            joined.append(i)
    return Numbers(tuple(joined))


def _runs(words: list[str | bool], cuts: list[Set], order: tuple[str, ...]) -> tuple[Set, ...]:
    runs: list[list[str | bool]] = []
    signature: tuple[bool, ...] | None = None
    for word in words:
        held = tuple(contains(cut, word) for cut in cuts)
        if runs and held == signature and word in order and runs[-1][-1] in order:
            runs[-1].append(word)
        else:
            runs.append([word])
        signature = held
    return tuple(Words(frozenset(run)) for run in runs)
