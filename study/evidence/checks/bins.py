"""Bins of test rows, and means over them with intervals that hold together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from study.evidence.intervals import level_of
from study.evidence.pairs import FloatArray, clustered

IntArray = npt.NDArray[np.int64]
MOST_BINS, LEAST_ROWS = 10, 20
"""Most bins, and the rows that each should have."""
NEAR = 0.04


def bins_for(n_rows: int) -> int:
    """How many bins so many distinct rows are worth."""
    return int(np.clip(n_rows // LEAST_ROWS, 1, MOST_BINS))


def equal_bins(values: FloatArray, bins: int) -> IntArray:
    """Number (n,) of the bin of each value, from 0: bins of about equally many, in order; equal values share one."""
    place = np.searchsorted(np.sort(values), values) * bins // max(len(values), 1)
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def apart(values: FloatArray, places: IntArray) -> IntArray:
    """Numbers (n,) of bins (n,) of which neighbours are one whose means lie within NEAR of the first of them, as a share of how
    far all bins' means lie apart: of probabilities that are sure, most bins are of nearly 0 and nearly 1."""
    means = np.bincount(places, weights=values) / np.bincount(places)
    near, number, first = NEAR * float(np.ptp(means)), np.zeros(len(means), np.int64), 0
    for place in range(1, len(means)):
        if means[place] - means[first] > near:
            first, number[place] = place, number[place - 1] + 1
        else:
            number[place] = number[place - 1]
    return number[places]


@dataclass(frozen=True)
class Mean:
    """The mean of a value over the distinct rows of a bin, with its interval; NaN where one group cannot tell."""

    mean: float
    low: float
    high: float
    n_rows: int
    n_groups: int


def mean_of(rows: pd.DataFrame, values: pd.Series, tests: int = 1, least: float = 0.0) -> Mean:
    """The mean of values (n,) over rows, of which each counts once, with its t interval.

    rows: (n, ...) frame of group, row and time: groups are independent of each other, or times a series
    (`study.evidence.pairs.clustered`); a row that is there several times has the mean of its values. tests: intervals that hold
    together in LEVEL of all cases (Bonferroni). least: variance of a single row that the mean's is no smaller for, as where a
    bin of counts has zeros alone.
    """
    found = _summed(rows, values)
    half = float(stats.t.ppf((1 + level_of(tests)) / 2, found.df) * np.sqrt(max(found.variance, least / found.n_rows)))
    return Mean(found.mean, found.mean - half, found.mean + half, found.n_rows, found.n_groups)


def share_of(rows: pd.DataFrame, hits: pd.Series, tests: int = 1) -> Mean:
    """The share of hits (n,), 0 or 1, as `mean_of`, with the exact interval for as many independent rows as these are worth.

    Those are share (1 - share) over the variance of the share between groups, and never more than the distinct rows; where all
    or none are hits, the distinct groups (Korn and Graubard 1998, *Confidence Intervals for Proportions with Small Expected
    Number of Positive Counts Estimated from Survey Data*, Surv. Methodol. 24). Clopper and Pearson's (1934) ends hold near 0
    and 1 too, where one hit is enough to refute an approximate one.
    """
    found, rest = _summed(rows, hits), (1 - level_of(tests)) / 2
    share, same = found.mean, not 0 < found.mean < 1 or not found.variance > 0
    n = found.n_groups if same else min(share * (1 - share) / found.variance, found.n_rows)
    low = float(stats.beta.ppf(rest, share * n, (1 - share) * n + 1)) if share > 0 else 0.0
    high = float(stats.beta.ppf(1 - rest, share * n + 1, (1 - share) * n)) if share < 1 else 1.0
    return Mean(share, low, high, found.n_rows, found.n_groups)


class _Summed(NamedTuple):
    mean: float
    variance: float
    df: int
    n_rows: int
    n_groups: int


def _summed(rows: pd.DataFrame, values: pd.Series) -> _Summed:
    """The mean over distinct rows, its variance and degrees of freedom, those of `clustered`; but for a series in plain NumPy,
    since there are hundreds of bins."""
    _, first, row = np.unique(rows["row"].to_numpy(), return_index=True, return_inverse=True)
    by_row = np.bincount(row, weights=values.to_numpy(float)) / np.bincount(row)
    n, mean = len(by_row), float(by_row.mean())
    group = np.unique(rows["group"].to_numpy()[first], return_inverse=True)[1]
    sums = np.bincount(group, weights=by_row - mean)
    groups = len(sums)
    if rows["time"].notna().all():
        return _Summed(mean, *clustered(rows, values), n, groups)
    variance = float(sums @ sums) * groups / (groups - 1) / n**2 if groups > 1 else np.nan
    return _Summed(mean, variance, max(groups - 1, 1), n, groups)
