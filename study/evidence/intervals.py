"""Intervals of how much less loss one procedure has than another, from the losses of both on the
same test rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.moments import Moments, moments_of
from study.evidence.pairs import (
    FloatArray,
    Quantity,
    Size,
    contributions,
    least_variance,
    linearised,
    mean_train,
)
from study.evidence.ratio import ConfidenceDistribution, Ratio, Student
from study.evidence.series import cosines

LEVEL = 0.95
"""Of every interval that stands alone; where a rule tests several at once, each is at a higher one
(`level_of`)."""


@dataclass(frozen=True)
class Interval:
    """An estimate and how sure it is; NaN where the rows are too few to tell.

    low, high: NaN for an end that does not exist, where the rows exclude no value on that side.
    std_error, df: its t distribution at the estimate. sure: the distribution that ends,
    probabilities and p-values are all read from.
    """

    estimate: float
    low: float
    high: float
    std_error: float
    df: float
    method: str
    sure: ConfidenceDistribution = field(compare=False, repr=False)

    def above(self, bound: float) -> float:
        """P(quantity > bound): below (1 - level) / 2 or above (1 + level) / 2 where the interval
        leaves out the bound.

        With `CorrectedT` this is the posterior of the Bayesian correlated t-test (Corani and
        Benavoli 2015, *A Bayesian approach for comparing cross-validated algorithms on multiple
        data sets*, Machine Learning 100, eq. 8): t with k - 1 degrees of freedom, location mean and
        scale² (1 / k + rho / (1 - rho)) s² with rho = n_test / (n_test + n_train).
        """
        return self.sure.above(bound)

    def p_value(self, bound: float) -> float:
        """Two-sided, that the quantity is `bound`: below 1 - level where the interval leaves that
        out.
        """
        above = self.above(bound)
        return 1.0 if self.estimate == bound else 2 * min(above, 1 - above)


def _variance(values: FloatArray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else np.nan


def symmetric(estimate: float, variance: float, df: float, level: float, method: str) -> Interval:
    """The interval of a t distribution about an estimate of this variance."""
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    return Interval(
        estimate, estimate - half, estimate + half, error, df, method, Student(estimate, error, df)
    )


def _crossed(size: Size) -> str:
    repeats = f" x {size.n_repeats:,} repeats" if size.n_repeats > 1 else ""
    return f"{size.n_folds // max(size.n_repeats, 1)} outer folds{repeats}"


@dataclass(frozen=True)
class CorrectedT:
    """Corrected resampled t over the k outer folds of all repeats: widest, and safe where folds
    share training rows.

    se² = (1 / k + n_test / n_train) s², with s² the sample variance of the folds' mean
    contributions and t with k - 1 degrees of freedom (Nadeau and Bengio 2003, *Inference for the
    Generalization Error*, Machine Learning 52, eq. 10). n_train: rows that an outer fold leaves
    (`study.evidence.pairs.mean_train`). Folds hold whole groups, so groups change nothing.
    """

    level: float = LEVEL
    name: str = "corrected t"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        folds = share.groupby([pairs["repeat"], pairs["fold"]]).mean().to_numpy(float)
        k = len(folds)
        n_test = len(pairs) / max(k, 1)
        n_train = mean_train(pairs)
        factor = 1 / max(k, 1) + n_test / n_train if n_train > 0 else np.nan
        least = least_variance(pairs) / linearised(pairs, quantity)[2] ** 2
        return symmetric(
            estimate, max(factor * _variance(folds), least), max(k - 1, 1), self.level, self.name
        )

    def words(self, size: Size) -> str:
        return f"corrected resampled t over {_crossed(size)} (Nadeau and Bengio 2003)"


@dataclass(frozen=True)
class Rows:
    """Row-level interval of cross-validation: the variance of the mean contribution is s² / n, with
    s² the sample variance of the n rows' contributions; of groups cluster-robust, and of rows in
    time order that of a correlated series (`study.evidence.moments`). Ends, probabilities and
    p-values are those of `study.evidence.ratio.Ratio`.

    Bayle et al. 2020, *Cross-validation Confidence Intervals for Test Error*, NeurIPS 33, section
    4, the all-pairs variance estimator; with a t for the normal. A row's contribution is its mean
    over the repeats. It is about the procedures as trained on these rows: what another table would
    have trained is left out, so for unstable procedures and few rows it is too narrow.
    """

    level: float = LEVEL
    name: str = "rows"
    between_repeats: ClassVar[bool] = False
    """Whether the spread between repeats is added."""

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        moments = self.moments(pairs, quantity)
        sure = Ratio(moments)
        return Interval(
            moments.estimate, *sure.ends(self.level), sure.std_error, sure.df, self.name, sure
        )

    def moments(self, pairs: pd.DataFrame, quantity: Quantity) -> Moments:
        """Of what the pairs contribute."""
        return moments_of(pairs, quantity, self.between_repeats)

    def words(self, size: Size) -> str:
        rows = f"{size.n_rows:,} test rows"
        if size.n_times:
            rows += f" in time order, by {cosines(size.n_times)} cosines (Lazarus et al. 2018)"
        elif size.n_groups < size.n_rows:
            rows += f" in {size.n_groups:,} groups"
        said = (
            f"t over {rows} of {_crossed(size)} (Bayle et al. 2020)"
            if size.n_folds > 1
            else f"paired t over {rows}"
        )
        return f"{said}, solved for the gain (Fieller 1954)"


@dataclass(frozen=True)
class RowsAndRepeats(Rows):
    """`Rows`, plus the variance of the repeats' mean, as a measure of how much training on other
    rows changes the result.

    The variance is s²_rows / n + s²_repeats / R, with s²_repeats the sample variance of the R
    repeats' mean contributions and degrees of freedom by Satterthwaite
    (`study.evidence.moments.Moments.df`), since R repeats tell little of it; docs/calibration.md
    has its coverage and width. With one repeat it equals `Rows`.
    """

    name: str = "rows and repeats"
    between_repeats: ClassVar[bool] = True

    def words(self, size: Size) -> str:
        return super().words(size) + (
            " with the spread between repeats added" if size.n_repeats > 1 else ""
        )


Method = CorrectedT | Rows
"""A way from pairs to an interval. Rows of one group count as one draw: only groups are independent
of each other. level: how often the interval would hold the quantity. words: what it is, for a
sentence, with the folds, repeats, test rows and groups in it."""
METHODS: dict[str, Method] = {m.name: m for m in (CorrectedT(), Rows(), RowsAndRepeats())}
DEFAULT_NESTED = "rows and repeats"
DEFAULT_ONE_PASS = "corrected t"
DEFAULT_HOLDOUT = "rows"


def level_of(tests: int) -> float:
    """Level of each of several intervals that hold together in LEVEL of all cases at least
    (Bonferroni).
    """
    return 1 - (1 - LEVEL) / max(tests, 1)


def method_at(name: str, level: float) -> Method:
    """A method of METHODS at a level."""
    return replace(METHODS[name], level=level)


def default_method(outer_folds: pd.Series, folds: int) -> str:
    """Name of the method for rows of these outer folds, so many a repeat: one outer fold is a
    holdout, several are nested.

    One pass of nested folds tells nothing of the spread between repeats, without which row-level
    intervals are too narrow.
    """
    n = len(outer_folds.unique())
    return DEFAULT_HOLDOUT if n <= 1 else DEFAULT_NESTED if n > folds else DEFAULT_ONE_PASS
