"""How far two sets of levels agree: the measures, and bootstrap intervals. Needs numpy and scipy (extra `stats`).

Every measure takes arrays whose last axis is the case, so that one call serves the cases as they are and all
resamples of them. A measure that is not defined (a correlation with a constant) is nan, and becomes None in an
`Estimate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

__all__ = [
    "POINT",
    "Array",
    "Estimate",
    "Measure",
    "bias",
    "coverage",
    "draws",
    "estimate",
    "exact",
    "interval_score",
    "mean_absolute_error",
    "mean_width",
    "plain",
    "tau",
    "weighted_kappa",
    "within_one",
]

Array: TypeAlias = NDArray[Any]
Measure: TypeAlias = Callable[..., NDArray[Any]]


class Estimate(NamedTuple):
    """A measure over the cases, and the ends of its bootstrap interval; None where it is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


def exact(predicted: Array, target: Array) -> Array:
    """Share of cases with the same level."""
    return np.asarray((predicted == target).mean(-1))


def within_one(predicted: Array, target: Array) -> Array:
    """Share of cases at most one level apart."""
    return np.asarray((np.abs(predicted - target) <= 1).mean(-1))


def mean_absolute_error(predicted: Array, target: Array) -> Array:
    """Mean distance in levels."""
    return np.asarray(np.abs(predicted - target).mean(-1))


def bias(predicted: Array, target: Array) -> Array:
    """Mean signed distance in levels: above 0 where the prediction is the higher one."""
    return np.asarray((predicted - target).mean(-1))


def weighted_kappa(predicted: Array, target: Array) -> Array:
    """Cohen's kappa with quadratic weights.

    The squared distance expected by chance is that of all pairs of a prediction and a target, which is the sum of both
    variances and the square of the difference of the means.
    """
    chance = predicted.var(-1) + target.var(-1) + (predicted.mean(-1) - target.mean(-1)) ** 2
    seen = ((predicted - target) ** 2).mean(-1)
    return np.asarray(1 - np.divide(seen, chance, out=np.full(np.shape(chance), np.nan), where=chance > 0))


def tau(predicted: Array, target: Array) -> Array:
    """Kendall's tau-b: how far two orders agree, ties allowed for."""
    shape = predicted.shape[:-1]
    if predicted.shape[-1] < 2:
        return np.full(shape, np.nan)
    rows = zip(predicted.reshape(-1, predicted.shape[-1]), target.reshape(-1, target.shape[-1]), strict=True)
    return np.array([kendalltau(a, b).statistic for a, b in rows]).reshape(shape)


def coverage(low: Array, high: Array, target: Array) -> Array:
    """Share of cases whose target lies within the range."""
    return np.asarray(((low <= target) & (target <= high)).mean(-1))


def mean_width(low: Array, high: Array, target: Array) -> Array:
    """Mean distance in levels between the ends of the range."""
    return np.asarray((high - low).mean(-1))


def interval_score(low: Array, high: Array, target: Array, share: float) -> Array:
    """Mean of the width of the range plus 2/share for each level by which the target falls outside; less is better."""
    outside = np.maximum(low - target, 0) + np.maximum(target - high, 0)
    return np.asarray((high - low + 2 / share * outside).mean(-1))


POINT: tuple[Measure, ...] = (exact, within_one, mean_absolute_error, bias, weighted_kappa, tau)
"""The measures that compare one level with one level."""


def draws(cases: int, resamples: int, seed: int) -> Array:
    """Which cases each resample holds, drawn with replacement: resamples by cases."""
    return np.random.default_rng(seed).integers(0, max(cases, 1), (resamples, cases))


def plain(measure: Measure, arrays: Sequence[Array]) -> Estimate:
    """A measure over the cases, without an interval."""
    value = float(measure(*arrays)) if arrays[0].size else np.nan
    return Estimate(None if np.isnan(value) else value)


def estimate(measure: Measure, arrays: Sequence[Array], drawn: Array | None, left_outside: float) -> Estimate:
    """A measure over the cases, with the percentile interval over the resamples that leaves out the share given.

    Resamples in which the measure is not defined are passed over; without resamples there is no interval.
    """
    found = plain(measure, arrays)
    if found.value is None or drawn is None:
        return found
    again = measure(*(array[drawn] for array in arrays))
    low, high = np.nanquantile(again, [left_outside / 2, 1 - left_outside / 2])
    return Estimate(found.value, float(low), float(high))
