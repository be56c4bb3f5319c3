"""Fair shares of a difference: Shapley values, exact up to twelve players, sampled with a stated error beyond.

A player's share is what it adds to the total, averaged over every order in which the players could come in, so that no
order is preferred and the shares sum to the difference exactly. Values are tuples of integers, one for each scale, and
all arithmetic is in fractions. Sampled orders come in pairs, each with its reverse; their shares sum to the difference
too.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial, sqrt
from random import Random
from typing import NamedTuple, TypeAlias

__all__ = ["MOST_PLAYERS", "PAIRS", "Shares", "shapley"]

MOST_PLAYERS = 12
"""With more players than this, orders are sampled."""
PAIRS = 400
"""Pairs of orders that are sampled."""
Value: TypeAlias = tuple[int, ...]


class Shares(NamedTuple):
    """The share of each player on each scale.

    `orders` is how many orders the mean is over: all of them if `exact`. `error` is then 0, else the half-width of a
    95% interval around each share.
    """

    shares: tuple[tuple[Fraction, ...], ...]
    error: tuple[tuple[float, ...], ...]
    exact: bool
    orders: int


def shapley(players: int, value: Callable[[int], Value], most: int = MOST_PLAYERS, pairs: int = PAIRS) -> Shares:
    """The shares of some players in value(everyone) - value(nobody).

    `value` takes a bit mask of the players that are in. More than `most` players are sampled with a fixed seed, so that
    equal questions get equal answers.
    """
    known: dict[int, Value] = {}

    def at(mask: int) -> Value:
        if mask not in known:
            known[mask] = value(mask)
        return known[mask]

    return _exact(players, at) if players <= most else _sampled(players, at, pairs)


def _exact(players: int, at: Callable[[int], Value]) -> Shares:
    scales = len(at(0))
    sums = [[0] * scales for _ in range(players)]  # over sets without the player, weighted by the orders that pass them
    weights = [factorial(size) * factorial(players - size - 1) for size in range(players)]
    for mask in range(1 << players):
        base, size = at(mask), mask.bit_count()
        for i in range(players):
            if not mask >> i & 1:
                more = at(mask | 1 << i)
                for scale in range(scales):
                    sums[i][scale] += weights[size] * (more[scale] - base[scale])
    orders = factorial(players)
    shares = tuple(tuple(Fraction(total, orders) for total in row) for row in sums)
    return Shares(shares, tuple((0.0,) * scales for _ in range(players)), True, orders)


def _sampled(players: int, at: Callable[[int], Value], pairs: int) -> Shares:
    scales, random = len(at(0)), Random(0)  # noqa: S311 - no secret, and the same answer each time
    sums = [[0] * scales for _ in range(players)]
    squares = [[0] * scales for _ in range(players)]
    order = list(range(players))
    for _ in range(pairs):
        random.shuffle(order)
        pair = [[0] * scales for _ in range(players)]
        for one in (order, order[::-1]):
            mask = 0
            for i in one:
                for scale in range(scales):
                    pair[i][scale] += at(mask | 1 << i)[scale] - at(mask)[scale]
                mask |= 1 << i
        for i in range(players):
            for scale in range(scales):
                sums[i][scale] += pair[i][scale]
                squares[i][scale] += pair[i][scale] ** 2
    shares = tuple(tuple(Fraction(total, 2 * pairs) for total in row) for row in sums)
    error = tuple(
        tuple(_half_width(sums[i][scale], squares[i][scale], pairs) for scale in range(scales)) for i in range(players)
    )
    return Shares(shares, error, False, 2 * pairs)


def _half_width(total: int, squares: int, pairs: int) -> float:
    """Of a 95% interval around the mean over pairs, each pair counting as two orders."""
    variance = max(0.0, (squares - total * total / pairs) / (pairs - 1))
    return 1.96 * sqrt(variance / pairs) / 2
