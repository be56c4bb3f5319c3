"""Measuring side by side: several things in turns, so that whatever else the machine does falls on all of them."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: a median in milliseconds, its ratio to the line compared with, and the ratio wanted.

    The ratio wanted is the most there may be, or with `more` the least. Lines of bulk runs are nanoseconds for a row.
    """

    what: str
    milliseconds: float
    ratio: float | None = None
    target: float | None = None
    more: bool = False


def medians(times: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median in milliseconds of each thing, where calling it measures it once, in seconds."""
    for measure in times.values():
        measure()  # the first of each warms caches
    found: dict[str, list[float]] = {name: [] for name in times}
    for _ in range(rounds):
        for name, measure in times.items():
            found[name].append(measure())
    return {name: median(values) * 1e3 for name, values in found.items()}
