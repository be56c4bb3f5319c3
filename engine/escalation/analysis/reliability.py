"""Krippendorff's alpha: agreement of coders beyond chance, for words, ordered words and numbers.

alpha = 1 - D_o / D_e, the disagreement seen within units over that expected if the values were dealt out at random. A
metric says how bad one disagreement is: any two different words alike, steps along the order weighted by how often
the words between occur, or the squared difference of numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import TypeAlias

__all__ = ["METRICS", "alpha"]

Rank: TypeAlias = float
_Metric: TypeAlias = Callable[[Rank, Rank, Counter[Rank]], float]


def _nominal(a: Rank, b: Rank, counts: Counter[Rank]) -> float:
    return float(a != b)


def _ordinal(a: Rank, b: Rank, counts: Counter[Rank]) -> float:
    low, high = sorted((a, b))
    between = sum(number for rank, number in counts.items() if low <= rank <= high)
    return (between - (counts[a] + counts[b]) / 2) ** 2 if a != b else 0.0


def _interval(a: Rank, b: Rank, counts: Counter[Rank]) -> float:
    return (a - b) ** 2


METRICS: dict[str, _Metric] = {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval}


def alpha(units: Sequence[Sequence[Rank]], metric: str) -> float | None:
    """Krippendorff's alpha over units, each with the values that its coders gave (ranks for words).

    Units with fewer than two values say nothing and are left out. None where there is nothing to tell: no unit with two
    values, or one value throughout.

    >>> alpha([[1, 1], [2, 2], [1, 2], [2, 2]], "nominal")
    0.5333333333333333
    """
    paired = [unit for unit in units if len(unit) > 1]
    counts = Counter(value for unit in paired for value in unit)
    total = sum(counts.values())
    distance = METRICS[metric]
    seen = sum(sum(distance(a, b, counts) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    expected = sum(counts[a] * counts[b] * distance(a, b, counts) for a, b in permutations(counts, 2))
    return 1 - (total - 1) * seen / expected if expected else None
