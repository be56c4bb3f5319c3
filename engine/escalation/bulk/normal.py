"""The share of a normal distribution that lies below some numbers, which NumPy does not offer."""

from math import erfc, sqrt

import numpy as np
from numba import njit

from escalation.bulk.rows import Ints

__all__ = ["below"]

_SCALE = -1 / sqrt(2)


@njit(nogil=True, cache=True)
def below(deviates: Ints) -> Ints:
    """The share below each number of a two-dimensional array, of a normal distribution of mean 0 and variance 1."""
    found = np.empty_like(deviates)
    for i in range(deviates.shape[0]):
        for j in range(deviates.shape[1]):
            found[i, j] = erfc(_SCALE * deviates[i, j]) / 2
    return found
