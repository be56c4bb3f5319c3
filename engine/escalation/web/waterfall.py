"""The picture of a rating: from the base over every contribution to the score, with the levels' thresholds drawn.

Every number comes from the trace: the points of each rule that fired, what a factor's bounds hold back, the score and
its range, the thresholds. This module only says where they stand on the page, at two widths; the template draws them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from escalation.render.layout import signed, wrap

__all__ = ["NARROW", "WIDE", "Bar", "Cut", "Frame", "Picture", "picture"]

Json = dict[str, Any]
_LETTER = 6.6  # width of a letter of the labels, in units of the picture


class Frame(NamedTuple):
    """The measures of a picture: its width, the column of labels (0: labels stand above their bars), a row's height."""

    width: int
    labels: int
    row: int


WIDE = Frame(880, 300, 26)
NARROW = Frame(340, 0, 38)


class Bar(NamedTuple):
    """One row: its label in lines, the bar from `x` over `width`, its kind (raises, lowers, score, range), the points.

    `top` is where the row starts, `bar` where its bar does; `at` is where the points are written.
    """

    label: tuple[str, ...]
    kind: str
    points: str
    top: int
    bar: int
    x: float
    width: float
    at: float


class Cut(NamedTuple):
    """A level as drawn: where it starts (None: before the left edge), the middle of its span, its name and row."""

    start: float | None
    middle: float
    name: str
    row: int
    least: int


class Picture(NamedTuple):
    """A picture laid out, with `zero` the place of the base and `says` the whole of it in words."""

    frame: Frame
    height: int
    head: int
    zero: float
    bars: tuple[Bar, ...]
    cuts: tuple[Cut, ...]
    says: str


class _Step(NamedTuple):
    label: str
    kind: str
    start: int
    end: int
    points: str


def picture(trace: Json, names: Sequence[str], frame: Frame) -> Picture:
    """Lay out the headline rating of a trace; `names` are those of the levels, from the lowest."""
    steps, rating = list(_steps(trace)), trace["rating"]
    ends = [0, *(end for step in steps for end in (step.start, step.end))]
    left, right = min(ends) - 1, max(ends)
    cuts = list(rating["thresholds"].values())
    right = max(right + 1, cuts[0] + 2, *(cut + 2 for cut in cuts if cut <= right))  # room for the last level's name
    space = frame.width - frame.labels - 40
    unit: float = space / (right - left)

    def place(points: float) -> float:
        return round(frame.labels + 6 + (points - left) * unit, 1)

    drawn = tuple(_cuts(trace, names[0], left, right, unit, place))
    head = 22 + 14 * max(cut.row for cut in drawn)
    bars, top = [], head
    for step in steps:
        room = frame.labels or frame.width
        lines = tuple(line.strip() for line in wrap(step.label, int(room / _LETTER)))
        low, high = sorted((step.start, step.end))
        bar = top + (0 if frame.labels else 15 * len(lines)) + 4
        height = max(frame.row, 15 * len(lines) + (8 if frame.labels else 23))
        x, width = place(low), max(2.0, round((high - low) * unit, 1))
        bars.append(Bar(lines, step.kind, step.points, top, bar, x, width, x + width + 5))
        top += height
    return Picture(frame, top + 6, head, place(0), tuple(bars), drawn, _says(steps, trace))


def _steps(trace: Json) -> Iterator[_Step]:
    """Every contribution to the headline score in a row: what raises, what lowers, what bounds hold back, the score."""
    rating, at = trace["rating"], 0
    scale = rating["scale"]
    given = [(rule["contributed"].get(scale, 0), rule) for rule in trace["ledger"]]
    raising = sorted(((p, r) for p, r in given if p > 0), key=lambda pair: -pair[0])
    lowering = sorted(((p, r) for p, r in given if p < 0), key=lambda pair: pair[0])
    for points, rule in [*raising, *lowering]:
        kind = "raises" if points > 0 else "lowers"
        yield _Step(f"{rule['id']} {rule['title']}", kind, at, at + points, signed(points))
        at += points
    for factor in trace["factors"][scale]:
        back = factor["held"] - factor["raised"] - factor["lowered"]
        if back:
            bound = factor["max"] if back < 0 else factor["min"]
            label = f"{factor['label']} held at its bound {signed(bound)}"
            yield _Step(label, "raises" if back > 0 else "lowers", at, at + back, signed(back))
            at += back
    yield _Step(f"score, {rating['name'].upper()}", "score", 0, rating["score"], str(rating["score"]))
    if rating["score_low"] < rating["score_high"]:
        low, high = rating["score_low"], rating["score_high"]
        yield _Step("over the open facts", "range", low, high, f"{low} to {high}")


def _cuts(
    trace: Json, lowest: str, left: int, right: int, unit: float, place: Callable[[float], float]
) -> Iterator[Cut]:
    """The levels that lie within the picture, their names in two rows where one would be too tight."""
    thresholds = trace["rating"]["thresholds"]
    starts = [(lowest, left), *thresholds.items()]
    spans = [(name, low, high) for (name, low), (_, high) in pairwise([*starts, ("", right)]) if low < right]
    spans = [(name, low, min(high, right)) for name, low, high in spans if high > left]
    tight = any((high - low) * unit < len(name) * 7.6 + 6 for name, low, high in spans)
    for i, (name, low, high) in enumerate(spans):
        start = place(low) if name in thresholds and low > left else None
        yield Cut(start, place((low + high) / 2), name.upper(), i % 2 if tight else 0, low)


def _says(steps: Iterable[_Step], trace: Json) -> str:
    told = "; ".join(f"{step.label} {step.points}" for step in steps)
    starts = "; ".join(f"{name.upper()} from {cut}" for name, cut in trace["rating"]["thresholds"].items())
    return f"From a base of 0: {told}. Levels: {starts}."
