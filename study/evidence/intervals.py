"""Intervals of how much less loss one procedure has than another, from the losses of both on the same test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.pairs import FloatArray, Quantity, clustered, contributions


@dataclass(frozen=True)
class Interval:
    """An estimate and how sure it is; NaN where the rows are too few to tell.

    p_value tests that the quantity is 0, with what made the interval: it is below 1 - level where the interval leaves out 0.
    df: degrees of freedom of its t distribution.
    """

    estimate: float
    low: float
    high: float
    std_error: float
    df: float
    p_value: float
    method: str

    def above(self, bound: float) -> float:
        """Share above `bound` of the t distribution about the estimate; all or nothing where it has no width.

        With `CorrectedT` this is the posterior of the Bayesian correlated t-test (Corani and Benavoli 2015, *A Bayesian
        approach for comparing cross-validated algorithms on multiple data sets*, Machine Learning 100, eq. 8): t with k - 1
        degrees of freedom, location mean and scale² (1 / k + rho / (1 - rho)) s² with rho = n_test / (n_test + n_train).
        """
        return _above(self.estimate, self.std_error, self.df, bound)


class Method(Protocol):
    """A way from pairs to an interval. Rows of one group count as one draw: only groups are independent of each other."""

    @property
    def name(self) -> str: ...
    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = ...) -> Interval: ...


def _variance(values: FloatArray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else np.nan


def _above(centre: float, scale: float, df: float, bound: float) -> float:
    return float(centre > bound) if scale == 0 else float(stats.t.sf((bound - centre) / scale, df))


def symmetric(estimate: float, variance: float, df: float, level: float, method: str) -> Interval:
    """The interval of a t distribution about an estimate of this variance."""
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    p_value = 2 * _above(-abs(estimate), error, df, 0.0) if estimate != 0 else 1.0
    return Interval(estimate, estimate - half, estimate + half, error, df, p_value, method)


@dataclass(frozen=True)
class CorrectedT:
    """Corrected resampled t over the k outer folds of all repeats: widest, and safe where folds share training rows.

    se² = (1 / k + n_test / n_train) s², with s² the sample variance of the folds' mean contributions and t with k - 1
    degrees of freedom (Nadeau and Bengio 2003, *Inference for the Generalization Error*, Machine Learning 52, eq. 10).
    n_train: the distinct rows less the mean fold's, which is what an outer fold leaves; in time order folds leave fewer.
    Folds hold whole groups, so groups change nothing.
    """

    level: float = 0.95
    name: str = "corrected t"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        folds = share.groupby([pairs["repeat"], pairs["fold"]]).mean().to_numpy(float)
        k = len(folds)
        n_test = len(pairs) / max(k, 1)
        n_train = pairs["row"].nunique() - n_test
        factor = 1 / max(k, 1) + n_test / n_train if n_train > 0 else np.nan
        return symmetric(estimate, factor * _variance(folds), max(k - 1, 1), self.level, self.name)


@dataclass(frozen=True)
class Rows:
    """Row-level interval of cross-validation: se² = s² / n, with s² the sample variance of the n rows' contributions; where
    rows come in groups, the cluster-robust variance of their mean (`study.evidence.pairs.mean_covariance`), t of groups
    less one.

    Bayle et al. 2020, *Cross-validation Confidence Intervals for Test Error*, NeurIPS 33, section 4, the all-pairs variance
    estimator; with t of n - 1 degrees of freedom for the normal. A row's contribution is its mean over the repeats. It is
    about the procedures as trained on these rows: what another table would have trained is left out, so for unstable
    procedures and few rows it is too narrow. For one split it is the paired t-test over test rows.
    """

    level: float = 0.95
    name: str = "rows"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        return symmetric(estimate, *clustered(pairs, share), self.level, self.name)


@dataclass(frozen=True)
class RowsAndRepeats:
    """`Rows`, plus the variance of the repeats' mean, as a measure of how much training on other rows changes the result.

    se² = s²_rows / n + s²_repeats / R, with s²_repeats the sample variance of the R repeats' mean contributions. Not
    `divided`, it is the whole s²_repeats, as if no repeat told more of the training than the first; docs/calibration.md has
    the coverage and width of both. With one repeat both equal `Rows`.
    """

    level: float = 0.95
    divided: bool = True
    name: str = "rows and repeats"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        variance, df = clustered(pairs, share)
        repeats = share.groupby(pairs["repeat"]).mean().to_numpy(float)
        if len(repeats) > 1:
            variance += _variance(repeats) / (len(repeats) if self.divided else 1)
        return symmetric(estimate, variance, df, self.level, self.name)


METHODS: dict[str, Method] = {m.name: m for m in (CorrectedT(), Rows(), RowsAndRepeats())}
DEFAULT_NESTED = "rows and repeats"
DEFAULT_ONE_PASS = "corrected t"
DEFAULT_HOLDOUT = "rows"
