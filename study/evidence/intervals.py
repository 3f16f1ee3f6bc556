"""Intervals of how much less loss one procedure has than another, from the losses of both on the same test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.pairs import FloatArray, Quantity, clustered, contributions, linearised


@dataclass(frozen=True)
class Interval:
    """An estimate and how sure it is; NaN where the rows are too few to tell.

    p_value tests that the quantity is 0, with what made the interval: it is below 1 - level where the interval leaves out 0
    (for a bootstrap up to one resample). df: degrees of freedom of its t distribution, infinite for a normal or a bootstrap.
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
    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = ..., inner: pd.DataFrame | None = ...) -> Interval: ...


def _variance(values: FloatArray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else np.nan


def _above(centre: float, scale: float, df: float, bound: float) -> float:
    return float(centre > bound) if scale == 0 else float(stats.t.sf((bound - centre) / scale, df))


def _symmetric(estimate: float, variance: float, df: float, level: float, method: str) -> Interval:
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

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement", inner: pd.DataFrame | None = None) -> Interval:
        estimate, share = contributions(pairs, quantity)
        folds = share.groupby([pairs["repeat"], pairs["fold"]]).mean().to_numpy(float)
        k = len(folds)
        n_test = len(pairs) / max(k, 1)
        n_train = pairs["row"].nunique() - n_test
        factor = 1 / max(k, 1) + n_test / n_train if n_train > 0 else np.nan
        return _symmetric(estimate, factor * _variance(folds), max(k - 1, 1), self.level, self.name)


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

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement", inner: pd.DataFrame | None = None) -> Interval:
        estimate, share = contributions(pairs, quantity)
        return _symmetric(estimate, *clustered(pairs, share), self.level, self.name)


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

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement", inner: pd.DataFrame | None = None) -> Interval:
        estimate, share = contributions(pairs, quantity)
        variance, df = clustered(pairs, share)
        repeats = share.groupby(pairs["repeat"]).mean().to_numpy(float)
        if len(repeats) > 1:
            variance += _variance(repeats) / (len(repeats) if self.divided else 1)
        return _symmetric(estimate, variance, df, self.level, self.name)


@dataclass(frozen=True)
class NestedCV:
    """Nested cross-validation's estimate of the mean squared error of cross-validation, with K outer folds a repeat.

    For outer fold k, in_k is the mean contribution of the inner validation losses and out_k that of its test rows, with
    variance w_k (v_k / n_k, or by groups). MSE = mean_k (in_k - out_k)² - mean_k w_k, and se = sqrt((K - 1) / K * MSE), kept
    between the row-level error of cross-validation and sqrt(K) times that. The centre is
    CV - (1 + (K - 2) / K)(NCV - CV) + (NCV - CV), with NCV the mean of in_k (Bates, Hastie and Tibshirani 2024,
    *Cross-validation: what does it estimate and how well does it do it?*, JASA 119, Algorithm 1 and section 4); without
    `corrected` it is CV. The quantile is normal.

    Inner losses are those of selected incumbents, single networks where the test losses are of their mean: in_k flatters the
    search and misses the gain of averaging, which widens the interval and moves a corrected centre.
    """

    level: float = 0.95
    corrected: bool = True
    name: str = "nested cross-validation"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement", inner: pd.DataFrame | None = None) -> Interval:
        """inner: (n, 4) frame of outer_fold, inner_fold, base, other: validation losses of both incumbents.

        Raises
        ------
        ValueError
            There is no inner frame.
        """
        if inner is None:
            raise ValueError(f"The method '{self.name}' needs inner validation losses: pass `inner`.")
        estimate, share = contributions(pairs, quantity)
        _, v, scale = linearised(pairs, quantity)
        centre = estimate if quantity == "difference" else 0.0
        k = int(pairs["fold"].max()) + 1 if len(pairs) else 1
        folds = share.groupby(pairs["repeat"] * k + pairs["fold"])
        noise = folds.apply(lambda part: clustered(pairs.loc[part.index], part)[0])
        outer = pd.DataFrame({"mean": folds.mean(), "noise": noise})
        inside = ((v * inner["base"] - inner["other"]) / scale - centre).groupby(inner["outer_fold"]).mean()
        both = outer.join(inside.rename("inside"), how="inner")
        mse = ((both["inside"] - both["mean"]) ** 2).mean() - both["noise"].mean()
        naive = float(np.sqrt(clustered(pairs, share)[0]))
        error = float(np.clip(np.sqrt(max((k - 1) / k * mse, 0.0)), naive, np.sqrt(k) * naive)) if np.isfinite(mse) else np.nan
        gap = float(both["inside"].mean() - both["mean"].mean())
        shift = -(k - 2) / k * gap if self.corrected else 0.0
        return _symmetric(estimate + shift, error**2, np.inf, self.level, self.name)


@dataclass(frozen=True)
class Bootstrap:
    """Paired bootstrap over test rows with bias-corrected and accelerated ends (BCa), for one split.

    With G the distribution of the quantity over resamples, z0 = Phi^-1(G(q)) and a = sum d³ / (6 (sum d²)^1.5) from the
    jackknife deviations d, the ends are the quantiles of G at Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z = Phi^-1(0.025) and
    Phi^-1(0.975) (Efron 1987, *Better Bootstrap Confidence Intervals*, JASA 82, eq. 2.3). The p-value inverts that. The
    jackknife of a ratio of means needs one pass over the rows; `scipy.stats.bootstrap` gives the same ends and needs n².
    Where rows come in groups, groups are drawn (the pairs cluster bootstrap of Cameron, Gelbach and Miller 2008, section
    II) and left out. Above `most_rows` of them it agrees with `Rows` to the digits shown, and that is used.
    """

    level: float = 0.95
    resamples: int = 2_000
    seed: int = 0
    most_rows: int = 20_000
    name: str = "bca"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement", inner: pd.DataFrame | None = None) -> Interval:
        rows = pairs.groupby(["group", "row"])[["base", "other"]].mean().assign(size=1.0)
        sums = rows.groupby(level=0).sum().to_numpy(float)
        n = len(sums)
        plain = Rows(self.level, self.name)(pairs, quantity)
        if n < 2 or n > self.most_rows or not plain.std_error > 0:
            return plain
        rng = np.random.default_rng(self.seed)
        total = sums.sum(axis=0)
        step = max(1, 4_000_000 // n)
        drawn = [
            sums[rng.integers(0, n, (min(step, self.resamples - first), n))].sum(axis=1)
            for first in range(0, self.resamples, step)
        ]
        values = _quantity(np.concatenate(drawn), quantity)
        if not np.isfinite(values).all():  # nearly all rows without any loss
            return plain
        left_out = _quantity(total - sums, quantity)
        deviation = left_out.mean() - left_out
        acceleration = (deviation**3).sum() / (6 * (deviation**2).sum() ** 1.5)
        bias = stats.norm.ppf(_rank(values, plain.estimate))
        if not np.isfinite(bias):
            return plain
        z = bias + stats.norm.ppf([(1 - self.level) / 2, (1 + self.level) / 2])
        low, high = np.quantile(values, stats.norm.cdf(bias + z / (1 - acceleration * z)))
        at_zero = stats.norm.ppf(_rank(values, 0.0)) - bias
        tail = stats.norm.cdf(at_zero / (1 + acceleration * at_zero) - bias) if np.isfinite(at_zero) else 0.0
        p_value = max(2 * min(tail, 1 - tail), 1 / self.resamples)
        error = float(values.std(ddof=1))
        return Interval(plain.estimate, float(low), float(high), error, np.inf, float(p_value), self.name)


def _quantity(sums: FloatArray, quantity: Quantity) -> FloatArray:
    """The quantity (n,) of sums (n, 3): base's and other's losses, and rows."""
    base, other, size = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((base - other) / size if quantity == "difference" else 1 - other / base)


def _rank(values: FloatArray, bound: float) -> float:
    """Share of values below `bound`, ties counted half."""
    return float(((values < bound).mean() + (values <= bound).mean()) / 2)


METHODS: dict[str, Method] = {m.name: m for m in (CorrectedT(), Rows(), RowsAndRepeats(), NestedCV(), Bootstrap())}
DEFAULT_NESTED = "rows and repeats"
DEFAULT_ONE_PASS = "corrected t"
DEFAULT_HOLDOUT = "bca"
