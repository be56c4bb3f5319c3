"""The interval of a proportion that also holds near 0 and 1 and for small numbers: Wilson's score interval."""

from __future__ import annotations

from math import sqrt

__all__ = ["wilson"]


def wilson(successes: int, number: int, share: float) -> tuple[float, float]:
    """The ends between which the proportion behind `successes` of `number` lies; `share` is the confidence, below 1.

    >>> [round(end, 3) for end in wilson(2, 10, 0.95)]
    [0.057, 0.51]
    """
    from statistics import NormalDist  # slow to import, and asked for only where there is a proportion

    z = NormalDist().inv_cdf((1 + share) / 2)
    middle, spread = successes + z * z / 2, z * sqrt(successes * (number - successes) / number + z * z / 4)
    whole = number + z * z
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
