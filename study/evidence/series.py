"""The variance of the mean of a series in time, whose neighbours are alike."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import fft

COSINES = 0.5
"""Cosines of a series of T times: this many times the root of T, and LEAST_COSINES at least. Of
0.5, 0.75 and 1 the one that covers best where neighbours correlate by 0.8, and as well as the
others at 0 and 0.5."""
LEAST_COSINES = 4


def cosines(times: int) -> int:
    """How many describe the slow moves of a series; the t of its mean has as many degrees of
    freedom.
    """
    return min(max(LEAST_COSINES, round(COSINES * math.sqrt(times))), times - 1)


def slow_moves(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(B, k) columns L whose L'L is the covariance (k, k) of the sums over time of k series (T, k)
    about their means.

    With u_t the series, B cosines and L_j = sqrt(2 / T) * sum_t u_t cos(pi j (t - 1/2) / T) the
    long-run covariance is the mean over j = 1..B of L_j L_j', and T of it that of the sum:
    equal-weighted cosines (Lazarus, Lewis, Stock and Watson 2018, *HAR Inference: Recommendations
    for Practice*, J. Bus. Econ. Stat. 36, section 2). The sums over t are the first of a discrete
    cosine transform of type 2, which has twice them, so that no cosine is kept.
    """
    number = cosines(len(sums))
    twice = fft.dct(sums, type=2, axis=0)[1 : number + 1]
    return np.asarray(twice * np.sqrt(0.5 / number))
