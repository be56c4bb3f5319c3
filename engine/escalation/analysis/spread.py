"""Stated doubt as weights over bins: what the shares of uncertainty are computed from.

A fact with probabilities or a distribution is spread over the bins that the rules cut its field into; only the weight
of each bin matters. Whole numbers are spread as the nearest whole number of a continuous value, which gives each the
same weight where they are uniform. A doubt stated once and inherited by several entities is one doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, inf
from typing import NamedTuple

from escalation.assess import Assessment
from escalation.diagnostics import Mark
from escalation.facts import Distribution, Fact
from escalation.paths import CHANGE, path_to
from escalation.sets import Numbers, Set, contains
from escalation.vocabulary import Field

__all__ = ["Spread", "mass", "spreads", "weights"]

_HALF = 0.5


class Spread(NamedTuple):
    """One doubt: the facts that share it as (entity, column on the grid), their paths, and the weight of each bin."""

    field: Field
    fact: Fact
    facts: tuple[tuple[int, int], ...]
    paths: tuple[str, ...]
    weights: tuple[float, ...]


def spreads(found: Assessment) -> tuple[Spread, ...]:
    """The doubts of an assessment that state how they are spread and that some rule reads."""
    board, vocabulary = found.board, found.pack.vocabulary
    shared: dict[tuple[str, Mark, int], list[tuple[int, int, Fact]]] = {}
    for at, column, fact in board.facts():
        if fact.distribution is not None:
            apart = at if fact.mark.file == CHANGE else -1  # what a program changed has no place of its own
            shared.setdefault((fact.field.key, fact.mark, apart), []).append((at, column, fact))
    return tuple(
        Spread(
            group[0][2].field,
            group[0][2],
            tuple((at, column) for at, column, _ in group),
            tuple(path_to(found.scenario, vocabulary, at, fact.field.name) for at, _, fact in group),
            weights(fact.field, board.grid.bins[fact.field.key], fact.distribution),
        )
        for group in shared.values()
        for fact in [group[0][2]]
        if fact.distribution is not None
    )


def weights(field: Field, bins: Sequence[Set], distribution: Distribution) -> tuple[float, ...]:
    """The weight of each bin of a field, in order; they sum to 1."""
    return tuple(mass(distribution, piece, field.type == "integer") for piece in bins)


def mass(distribution: Distribution, piece: Set, whole: bool = False) -> float:
    """The weight of a set under a distribution; `whole` for a field of whole numbers.

    >>> from escalation.sets import interval
    >>> mass(Distribution("uniform", low=0, high=10), interval(4, 9))
    0.5
    >>> mass(Distribution("uniform", low=1, high=4), interval(4, 9), whole=True)
    0.25
    """
    if distribution.shape == "alternatives":
        total = fsum(a.probability or 0 for a in distribution.alternatives)
        return fsum(a.probability or 0 for a in distribution.alternatives if contains(piece, a.value)) / total
    assert isinstance(piece, Numbers)
    wider = _HALF if whole else 0
    low, high = distribution.low - wider, distribution.high + wider
    parts = []
    for i in piece.intervals:
        start = low if i.low == -inf else i.low - wider
        end = high if i.high == inf else i.high + wider
        parts.append(_below(distribution, end, low, high) - _below(distribution, start, low, high))
    return fsum(parts)


def _below(distribution: Distribution, value: float, low: float, high: float) -> float:
    """The weight below a value, of a continuous distribution from `low` to `high`."""
    if value <= low:
        return 0.0
    if value >= high:
        return 1.0
    if distribution.shape == "uniform":
        return (value - low) / (high - low)
    mode = distribution.mode
    if value <= mode:
        return (value - low) ** 2 / ((high - low) * (mode - low))
    return 1 - (high - value) ** 2 / ((high - low) * (high - mode))
