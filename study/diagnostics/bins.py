"""Bins of test rows, and means over them with intervals that hold together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from study.data.rows import IntArray
from study.evidence.intervals import level_of
from study.evidence.pairs import FloatArray, mean_covariance
from study.evidence.series import cosines

MOST_BINS, LEAST_ROWS = 10, 20
"""Most bins, and the rows that each should have."""


def binned(
    rows: pd.DataFrame, keys: list[str], column: str
) -> Iterator[tuple[dict[str, Any], pd.DataFrame, int]]:
    """Rows of one target by what keys say of them and, within that, in bins of about equally many
    values of a column.

    Yields for each bin the keys and `bin`, its number from 0, then its rows, and how many bins
    there are in all.
    """
    bins = int(np.clip(rows["row"].nunique() // LEAST_ROWS, 1, MOST_BINS))
    found: list[tuple[dict[str, Any], pd.DataFrame]] = []
    for key, own in rows.groupby(keys, sort=False):
        places = equal_bins(own[column].to_numpy(float), bins)
        found += [
            (dict(zip(keys, key, strict=True)) | {"bin": place}, inside)
            for place, inside in own.groupby(places)
        ]
    yield from ((about, inside, len(found)) for about, inside in found)


def equal_bins(values: FloatArray, bins: int) -> IntArray:
    """Number (n,) of the bin of each value, from 0: bins of about equally many, in order; equal
    values share one.
    """
    place = np.searchsorted(np.sort(values), values) * bins // max(len(values), 1)
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


class Mean(NamedTuple):
    """The mean of a value over the distinct rows of a bin, with its interval; NaN where one group
    cannot tell.
    """

    mean: float
    low: float
    high: float
    n_rows: int


def mean_of(rows: pd.DataFrame, values: pd.Series, tests: int = 1, least: float = 0.0) -> Mean:
    """The mean of values (n,) over rows, of which each counts once, with its t interval.

    rows: (n, ...) frame of group, row and time: groups are independent of each other, or times a
    series (`study.evidence.series`); a row that is there several times has the mean of its
    values. tests: intervals that hold together in LEVEL of all cases (Bonferroni). least: variance
    of a single row that the mean's is no smaller for, as where a bin of counts has zeros alone.
    """
    mean, variance, n, _, df = _summed(rows, values)
    half = float(stats.t.ppf((1 + level_of(tests)) / 2, df) * np.sqrt(max(variance, least / n)))
    return Mean(mean, mean - half, mean + half, n)


def share_of(rows: pd.DataFrame, hits: pd.Series, tests: int = 1) -> Mean:
    """The share of hits (n,), 0 or 1, as `mean_of`, with the exact interval for as many independent
    rows as these are worth.

    Those are share (1 - share) over the variance of the share between groups, and never more than
    the distinct rows; where all or none are hits, the distinct groups (Korn and Graubard 1998,
    *Confidence Intervals for Proportions with Small Expected Number of Positive Counts Estimated
    from Survey Data*, Surv. Methodol. 24). Clopper and Pearson's (1934) ends hold near 0 and 1 too,
    where one hit is enough to refute an approximate one.
    """
    share, variance, rows_in, groups, _ = _summed(rows, hits)
    rest = (1 - level_of(tests)) / 2
    n = min(share * (1 - share) / variance, rows_in) if 0 < share < 1 and variance > 0 else groups
    low = float(stats.beta.ppf(rest, share * n, (1 - share) * n + 1)) if share > 0 else 0.0
    high = float(stats.beta.ppf(1 - rest, share * n + 1, (1 - share) * n)) if share < 1 else 1.0
    return Mean(share, low, high, rows_in)


def _summed(rows: pd.DataFrame, values: pd.Series) -> tuple[float, float, int, int, int]:
    """The mean over distinct rows, its variance, how many rows and groups they are, and degrees of
    freedom.
    """
    timed, groups = bool(rows["time"].notna().all()), rows["group"].nunique()
    unit = rows["time" if timed else "group"]
    each = values.groupby([unit, rows["row"]]).mean().to_frame()
    covariance = mean_covariance(each, in_time=timed)
    n = unit.nunique()
    df = cosines(n) if timed and n > 1 else max(n - 1, 1)
    return float(each.to_numpy().mean()), float(covariance[0, 0]), len(each), groups, df
