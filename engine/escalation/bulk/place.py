"""Where the rows of a grid stand: from row numbers to the digits of its axes, and to places in tables."""

import numpy as np
from numba import njit

from escalation.bulk.rows import Ints

__all__ = ["placed"]


def placed(first: int, n: int, sizes: Ints, owners: Ints, moves: list[Ints], tables: int) -> Ints:
    """The places (tables, n) of rows `first` and on of a grid, the last axis running fastest.

    An axis of `sizes[d]` values belongs to table `owners[d]`, in which its value v moves by `moves[d][v]`.
    """
    out = np.zeros((tables, n), dtype=np.int64)
    if len(sizes):
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        _fill(first, sizes, owners, offsets, np.concatenate(moves), out)
    return out


@njit(nogil=True, cache=True)
def _fill(first: int, sizes: Ints, owners: Ints, offsets: Ints, moves: Ints, out: Ints) -> None:
    axes = len(sizes)
    digits = np.empty(axes, np.int64)
    rest = first
    for d in range(axes - 1, -1, -1):
        digits[d] = rest % sizes[d]
        rest //= sizes[d]
    for i in range(out.shape[1]):
        for d in range(axes):
            out[owners[d], i] += moves[offsets[d] + digits[d]]
        d = axes - 1
        while d >= 0:
            digits[d] += 1
            if digits[d] < sizes[d]:
                break
            digits[d] = 0
            d -= 1
