"""Mean, variance, skewness and degrees of freedom of what units contribute to a gain, at any gain
that is asked about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial.polynomial import polyval

from study.evidence.pairs import (
    FloatArray,
    Quantity,
    by_unit,
    contributions,
    least_variance,
    linearised,
    per_of,
)
from study.evidence.series import cosines, slow_moves


@dataclass(frozen=True, eq=False)
class Moments:
    """Of the mean of (base - other) - v * per at v = estimate + w, as polynomials in w, from the
    lowest power up.

    The quantity is the v at which that mean is 0, so nothing is linearised: a bound v is tested by
    what the units contribute at that very v (Fieller 1954, *Some problems in interval estimation*,
    JRSS B 16).

    estimate: of the quantity. per: mean that it is a share of, 1 for a difference. rows: variance
    (3,) of the mean between independent units; third (4,): third cumulant of the mean, 0 for a
    series; fourth (5,): sum of the fourth powers of what each unit adds to the mean; repeats (3,):
    what the repeats add to the variance. n_units, n_repeats: how many of each; cosines: of a series
    in time, 0 where units are independent.
    """

    estimate: float
    per: float
    rows: FloatArray
    third: FloatArray
    fourth: FloatArray
    repeats: FloatArray
    n_units: int
    n_repeats: int
    cosines: int = 0

    def mean(self, w: FloatArray) -> FloatArray:
        """Of the contributions, (n,) at w (n,)."""
        return -w * self.per

    def variance(self, w: FloatArray) -> FloatArray:
        """Of that mean, (n,): between units, and between repeats."""
        return np.maximum(polyval(w, self.rows), 0.0) + np.maximum(polyval(w, self.repeats), 0.0)

    def skewness(self, w: FloatArray) -> FloatArray:
        """Of that mean, (n,): of one contribution over the root of their number."""
        variance = self.variance(w)
        return np.asarray(
            np.divide(
                polyval(w, self.third),
                variance**1.5,
                out=np.zeros_like(variance),
                where=variance > 0,
            )
        )

    def df(self, w: FloatArray) -> FloatArray:
        """Degrees of freedom (n,) of the variance: (V1 + V2)² / (V1² / df1 + V2² / df2).

        Satterthwaite 1946, *An approximate distribution of estimates of variance components*,
        Biometrics Bulletin 2, eq. 17. The variance V1 between G units has df1 = 2 / (k / G + 2 / (G
        - 1)), which gives the variance of a sample variance of excess kurtosis k, kept within 1 and
        G - 1; of a series as many as it has cosines. That between repeats has R - 1.
        """
        rows = np.maximum(polyval(w, self.rows), 0.0)
        repeats = np.maximum(polyval(w, self.repeats), 0.0)
        own = self._df_rows(w, rows)
        parts = rows**2 / own + repeats**2 / max(self.n_repeats - 1, 1)
        return np.asarray(np.divide((rows + repeats) ** 2, parts, out=own, where=parts > 0))

    def _df_rows(self, w: FloatArray, rows: FloatArray) -> FloatArray:
        most = float(self.cosines or max(self.n_units - 1, 1))
        if self.cosines or self.n_units < 3:
            return np.full_like(rows, most)
        squares = rows * (self.n_units - 1) / self.n_units  # of what the units add to the mean
        shape = np.divide(
            polyval(w, self.fourth), squares**2, out=np.zeros_like(rows), where=squares > 0
        )
        excess_share = shape - 3 / self.n_units
        return np.asarray(
            np.clip(2 / np.maximum(excess_share + 2 / (self.n_units - 1), 1e-12), 1.0, most)
        )


def moments_of(pairs: pd.DataFrame, quantity: Quantity, between_repeats: bool) -> Moments:
    """Of the pairs of `study.evidence.pairs.paired`; between_repeats: whether the repeats add to
    the variance.

    A row contributes its mean over the repeats. Units are groups of rows, or times, where there is
    a column time.
    """
    estimate = linearised(pairs, quantity)[0]
    per = per_of(pairs).to_numpy(float) if quantity == "improvement" else np.ones(len(pairs))
    own = pairs["base"].to_numpy(float) - pairs["other"].to_numpy(float) - estimate * per
    unit = "time" if "time" in pairs else "group"
    frame = pd.DataFrame({"unit": pairs[unit], "row": pairs["row"], "own": own, "per": per})
    means = frame.groupby(["unit", "row"])[["own", "per"]].mean()
    codes = np.unique(means.index.get_level_values(0), return_inverse=True)[1]
    repeats = (
        frame.groupby(pairs["repeat"])[["own", "per"]].mean().to_numpy(float)
        if between_repeats
        else np.zeros((0, 2))
    )
    mean = float(per.mean()) if len(per) else np.nan
    return moments(
        estimate,
        mean,
        means.to_numpy(float),
        codes,
        repeats,
        unit == "time",
        least_variance(pairs),
    )


def moments(
    estimate: float,
    per: float,
    rows: FloatArray,
    codes: np.ndarray,
    repeats: FloatArray,
    in_time: bool = False,
    least: float = 0.0,
) -> Moments:
    """Of rows (n, 2) of base - other - estimate * per, and of per; codes (n,) of their units 0..,
    in the order of time where they are times; repeats (R, 2): means of both columns in each repeat.

    With u_g the sum over unit g of the rows' deviations from their mean, the variance is G / (G -
    1) * sum_g u_g u_g' / n², as in `study.evidence.pairs.mean_covariance`; in time order it is that
    of a series (`study.evidence.series.slow_moves`). At the estimate it is `least` at least, as made
    by two rows more that differ by as much to either side.
    """
    n, n_units = len(rows), int(codes.max()) + 1 if len(codes) else 0
    deviations = rows - rows.mean(axis=0) if n else rows
    sums = np.column_stack([np.bincount(codes, own, n_units) for own in deviations.T]) / max(n, 1)
    number = 0
    if n_units < 2:
        second = np.full(3, np.nan)
    elif in_time:
        number = cosines(n_units)
        second = _powers(slow_moves(sums), 2)
    else:
        second = _powers(sums, 2) * n_units / (n_units - 1)
    skewed = (
        n_units > 2 and not in_time
    )  # of dependent times the third cumulant is not that of their sum
    third = (
        _powers(sums, 3) * n_units**2 / ((n_units - 1) * (n_units - 2)) if skewed else np.zeros(4)
    )
    fourth = _powers(sums, 4)
    if second[0] < least:
        fourth[0] += (least - second[0]) ** 2 / 2
        second[0] = least
    count = len(repeats)
    between = (
        _powers(repeats - repeats.mean(axis=0), 2) / (count - 1) / count
        if count > 1
        else np.zeros(3)
    )
    return Moments(estimate, per, second, third, fourth, between, n_units, count, number)


def _powers(columns: FloatArray, power: int) -> FloatArray:
    """Coefficients (power + 1,) in w of the sum over rows of (own - w * per) ** power, for columns
    (n, 2) of own and per.
    """
    own, per = columns.T
    terms = [
        math.comb(power, j) * (-1) ** j * float((own ** (power - j) * per**j).sum())
        for j in range(power + 1)
    ]
    return np.array(terms)


def half_carried_by(pairs: pd.DataFrame) -> int:
    """Fewest units (groups of rows, or times) whose squared contributions make half of the sum over
    all; 0 where none does.
    """
    _, share = contributions(pairs, "improvement")
    rows = by_unit(pairs, share)
    squares = np.square((rows - rows.mean()).groupby(level=0).sum().to_numpy(float))
    total = np.cumsum(np.sort(squares)[::-1])
    return int(np.searchsorted(total, total[-1] / 2) + 1) if len(total) and total[-1] > 0 else 0
