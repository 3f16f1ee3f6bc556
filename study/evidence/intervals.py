"""Intervals of how much less loss one procedure has than another, from the losses of both on the same test rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.pairs import FloatArray, Quantity, Size, clustered, contributions

LEVEL = 0.95
"""Of every interval that stands alone; where a rule tests several at once, each is at a higher one (`level_of`)."""


@dataclass(frozen=True)
class Interval:
    """An estimate and how sure it is; NaN where the rows are too few to tell.

    p_value tests that the quantity is 0, with what made the interval: it is below 1 - level where that leaves out 0.
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
    @property
    def level(self) -> float:
        """How often the interval would hold the quantity."""

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = ...) -> Interval: ...
    def words(self, size: Size) -> str:
        """What the interval is, for a sentence, with the folds, repeats, test rows and groups in it."""

    def halves(self, pairs: pd.DataFrame, repeats: FloatArray) -> FloatArray:
        """Half the width (n,) that the improvement's interval would have at `repeats` (n,) of the outer split, if the losses
        go on as they are; NaN where these pairs cannot tell."""


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


def _crossed(size: Size) -> str:
    repeats = f" x {size.n_repeats:,} repeats" if size.n_repeats > 1 else ""
    return f"{size.n_folds // max(size.n_repeats, 1)} outer folds{repeats}"


@dataclass(frozen=True)
class CorrectedT:
    """Corrected resampled t over the k outer folds of all repeats: widest, and safe where folds share training rows.

    se² = (1 / k + n_test / n_train) s², with s² the sample variance of the folds' mean contributions and t with k - 1
    degrees of freedom (Nadeau and Bengio 2003, *Inference for the Generalization Error*, Machine Learning 52, eq. 10).
    n_train: the distinct rows less the mean fold's, which is what an outer fold leaves; in time order folds leave fewer.
    Folds hold whole groups, so groups change nothing.
    """

    level: float = LEVEL
    name: str = "corrected t"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        folds = share.groupby([pairs["repeat"], pairs["fold"]]).mean().to_numpy(float)
        k = len(folds)
        n_test = len(pairs) / max(k, 1)
        n_train = pairs["row"].nunique() - n_test
        factor = 1 / max(k, 1) + n_test / n_train if n_train > 0 else np.nan
        return symmetric(estimate, factor * _variance(folds), max(k - 1, 1), self.level, self.name)

    def words(self, size: Size) -> str:
        return f"corrected resampled t over {_crossed(size)} (Nadeau and Bengio 2003)"

    def halves(self, pairs: pd.DataFrame, repeats: FloatArray) -> FloatArray:
        _, share = contributions(pairs, "improvement")
        means = share.groupby([pairs["repeat"], pairs["fold"]]).mean()
        k = repeats * len(means) / pairs["repeat"].nunique()
        n_test = len(pairs) / len(means)
        factor = 1 / k + n_test / (pairs["row"].nunique() - n_test)
        return np.asarray(stats.t.ppf((1 + self.level) / 2, k - 1) * np.sqrt(factor * means.var()))


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

    level: float = LEVEL
    name: str = "rows"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        variance, df = clustered(pairs, share)
        variance += self.repeat_variance(pairs, share) / max(pairs["repeat"].nunique(), 1)
        return symmetric(estimate, variance, df, self.level, self.name)

    def words(self, size: Size) -> str:
        rows = f"{size.n_rows:,} test rows" + (f" in {size.n_groups:,} groups" if size.n_groups < size.n_rows else "")
        return f"t over {rows} of {_crossed(size)} (Bayle et al. 2020)" if size.n_folds > 1 else f"paired t over {rows}"

    def halves(self, pairs: pd.DataFrame, repeats: FloatArray) -> FloatArray:
        """With c (n_rows, R) the contributions of rows in repeats, the variance of the rows' means is that between rows, v,
        plus w / R, with w the mean variance of a row between repeats; R repeats would leave (v + w / R) / n. It needs two
        repeats now."""
        _, share = contributions(pairs, "improvement")
        now = pairs["repeat"].nunique()
        if now < 2:
            return np.full(len(repeats), np.nan)
        variance, df = clustered(pairs, share)
        within = float(share.groupby(pairs["row"]).var().mean()) / pairs["row"].nunique()
        between = max(variance - within / now, 0.0)
        variances = between + within / repeats + self.repeat_variance(pairs, share) / repeats
        return np.asarray(stats.t.ppf((1 + self.level) / 2, df) * np.sqrt(variances))

    def repeat_variance(self, pairs: pd.DataFrame, share: pd.Series) -> float:
        """What the variance between rows leaves out of one repeat's mean; R repeats have an R-th of it."""
        return 0.0


@dataclass(frozen=True)
class RowsAndRepeats(Rows):
    """`Rows`, plus the variance of the repeats' mean, as a measure of how much training on other rows changes the result.

    se² = s²_rows / n + s²_repeats / R, with s²_repeats the sample variance of the R repeats' mean contributions;
    docs/calibration.md has its coverage and width. With one repeat it equals `Rows`.
    """

    name: str = "rows and repeats"

    def words(self, size: Size) -> str:
        return super().words(size) + (" with the spread between repeats added" if size.n_repeats > 1 else "")

    def repeat_variance(self, pairs: pd.DataFrame, share: pd.Series) -> float:
        means = share.groupby(pairs["repeat"]).mean().to_numpy(float)
        return _variance(means) if len(means) > 1 else 0.0


METHODS: dict[str, CorrectedT | Rows] = {m.name: m for m in (CorrectedT(), Rows(), RowsAndRepeats())}
DEFAULT_NESTED = "rows and repeats"
DEFAULT_ONE_PASS = "corrected t"
DEFAULT_HOLDOUT = "rows"


def level_of(tests: int) -> float:
    """Level of each of several intervals that hold together in LEVEL of all cases at least (Bonferroni)."""
    return 1 - (1 - LEVEL) / max(tests, 1)


def method_at(name: str, level: float) -> Method:
    """A method of METHODS at a level."""
    return replace(METHODS[name], level=level)


def default_method(outer_folds: pd.Series, folds: int) -> str:
    """Name of the method for rows of these outer folds, so many a repeat: one outer fold is a holdout, several are nested.

    One pass of nested folds tells nothing of the spread between repeats, without which row-level intervals are too narrow.
    """
    n = len(outer_folds.unique())
    return DEFAULT_HOLDOUT if n <= 1 else DEFAULT_NESTED if n > folds else DEFAULT_ONE_PASS
