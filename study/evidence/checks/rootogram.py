"""How often each count came up, and how often the rates say it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.checks.bins import IntArray, mean_of
from study.evidence.winners import MODEL
from study.schema import Kind

MOST_COUNTS = 24
"""Bars of a rootogram; more different counts are taken together."""
COLUMNS = [*MODEL, "start", "end", "observed", "expected", "low", "high"]


def frequencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Observed frequencies of counts beside those that a Poisson distribution of each row's predicted rate gives.

    They are the numbers of a rootogram (Kleiber and Zeileis 2016, *Visualizing Count Data Regressions Using Rootograms*, Am.
    Stat. 70, section 2): with mu_i the rate of row i, n_k = sum_i P(Y = k | mu_i) rows are expected to count k.

    Parameters
    ----------
    rows : `checked_rows` of any targets.

    Returns
    -------
    (n_bars, 10) frame of COLUMNS: counts from start to end (NaN: and all above), distinct rows observed, expected, and the
    interval (low, high) of what is observed if the rates are right, together for all bars of all models of the target. Its
    variance is the larger of the rows' own, sum_i p_ik (1 - p_ik), and that between groups (`mean_of`).
    """
    found: list[dict[str, Any]] = []
    for _, of_target in rows[rows["kind"] == Kind.COUNT].groupby("target", sort=False):
        starts = starts_of(of_target["observed"].to_numpy(float))
        models = list(of_target.groupby(MODEL, sort=False))
        for key, own in models:
            rates, observed = own["predicted"].to_numpy(float), own["observed"].to_numpy(float)
            n, about = own["row"].nunique(), dict(zip(MODEL, key, strict=True))
            for start, following in zip(starts, [*starts[1:], None], strict=True):
                inside = (observed >= start) & (observed < (np.inf if following is None else following))
                above = 0.0 if following is None else stats.poisson.sf(following - 1, rates)
                p = stats.poisson.sf(start - 1, rates) - above
                off = mean_of(own, pd.Series(inside - p, own.index), len(starts) * len(models), float((p * (1 - p)).mean()))
                expected, half = float((p * own["share"]).sum()), n * (off.high - off.mean)
                ends = {"start": start, "end": np.nan if following is None else following - 1.0}
                seen = float((inside * own["share"]).sum())
                limits = {"low": max(expected - half, 0.0), "high": expected + half}
                found.append(about | ends | {"observed": seen, "expected": expected} | limits)
    return pd.DataFrame(found, columns=COLUMNS)


def starts_of(observed: np.typing.NDArray[np.float64]) -> IntArray:
    """First count (n_bars,) of every bar: single counts where these are few, else as wide as MOST_COUNTS bars up to the 99th
    percentile must be; the last bar has all above."""
    most = int(observed.max())
    if most < MOST_COUNTS:
        return np.arange(most + 1)
    most = max(int(np.quantile(observed, 0.99)), MOST_COUNTS)
    width = -(-(most + 1) // MOST_COUNTS)
    return np.arange(0, most + 1, width)
