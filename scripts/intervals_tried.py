"""Intervals that the calibration measured and the package does not use, such as the BCa bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.intervals import Interval, Rows, RowsAndRepeats, symmetric
from study.evidence.moments import Moments
from study.evidence.pairs import FloatArray, Quantity, clustered, contributions, linearised
from study.evidence.scores import ARM

GROWS, WITHIN = 0.5, 4.0
"""How much more a gain varies than seen where it is larger by its own size and so many standard errors (`Growing`)."""


def inner_losses(folds: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Validation losses of every arm's incumbent in its inner folds, averaged over seeds.

    folds: (n_replicates, ...) frame of trials (`study.records.frames.folds_frame`). Returns the ARM columns, inner_fold, loss.
    """
    own = folds.merge(winners[[*ARM, "number"]], on=[*ARM, "number"])
    return own.groupby([*ARM, "inner_fold"])["val_loss"].mean().rename("loss").reset_index()


def validation_pairs(inner: pd.DataFrame, base: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """(n, 4) frame of outer_fold, inner_fold, base, other: the `inner_losses` of the arms of two models of one target.

    base, other: ARM columns of a model's arms, one an outer fold.
    """
    sides = [inner.merge(arms[ARM].drop_duplicates(), on=ARM)[["outer_fold", "inner_fold", "loss"]] for arms in (base, other)]
    both = sides[0].merge(sides[1], on=["outer_fold", "inner_fold"], suffixes=("_base", "_other"))
    return both.rename(columns={"loss_base": "base", "loss_other": "other"})


@dataclass(frozen=True, eq=False)
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

    inner: (n, 4) frame of `validation_pairs`.
    """

    inner: pd.DataFrame
    level: float = 0.95
    corrected: bool = True
    name: str = "nested cross-validation"

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
        estimate, share = contributions(pairs, quantity)
        _, v, scale = linearised(pairs, quantity)
        centre = estimate if quantity == "difference" else 0.0
        k = int(pairs["fold"].max()) + 1 if len(pairs) else 1
        folds = share.groupby(pairs["repeat"] * k + pairs["fold"])
        noise = folds.apply(lambda part: clustered(pairs.loc[part.index], part)[0])
        outer = pd.DataFrame({"mean": folds.mean(), "noise": noise})
        contributed = ((1 - v) * self.inner["base"] - self.inner["other"]) / scale - centre
        inside = contributed.groupby(self.inner["outer_fold"]).mean()
        both = outer.join(inside.rename("inside"), how="inner")
        mse = ((both["inside"] - both["mean"]) ** 2).mean() - both["noise"].mean()
        naive = float(np.sqrt(clustered(pairs, share)[0]))
        error = float(np.clip(np.sqrt(max((k - 1) / k * mse, 0.0)), naive, np.sqrt(k) * naive)) if np.isfinite(mse) else np.nan
        gap = float(both["inside"].mean() - both["mean"].mean())
        shift = -(k - 2) / k * gap if self.corrected else 0.0
        return symmetric(estimate + shift, error**2, np.inf, self.level, self.name)


@dataclass(frozen=True)
class Undivided(RowsAndRepeats):
    """`RowsAndRepeats` with the whole variance between repeats, as if no repeat told more of the training than the first."""

    name: str = "rows and repeats, undivided"

    def moments(self, pairs: pd.DataFrame, quantity: Quantity) -> Moments:
        found = super().moments(pairs, quantity)
        return replace(found, repeats=found.repeats * found.n_repeats)


@dataclass(frozen=True, eq=False)
class _GrowingMoments(Moments):
    """Moments whose variance at v, where |v| is above |q|, is GROWS (|v| - |q|) / (|q| + WITHIN e) larger than what is seen; q
    is the estimate, e its standard error."""

    def variance(self, w: FloatArray) -> FloatArray:
        seen, size = super().variance(w), abs(self.estimate)
        error = float(np.sqrt(super().variance(np.zeros(1))[0])) / self.per
        if not error > 0:
            return seen
        return seen * (1 + GROWS * np.maximum(np.abs(self.estimate + w) - size, 0.0) / (size + WITHIN * error))


@dataclass(frozen=True)
class Growing(RowsAndRepeats):
    """`RowsAndRepeats`, where what saves or loses more than was seen would have varied more: its predictions differ on more
    rows, and by more, so that a procedure that happened to gain little on these rows looks surer than it is."""

    name: str = "rows and repeats, growing"

    def moments(self, pairs: pd.DataFrame, quantity: Quantity) -> Moments:
        found = super().moments(pairs, quantity)
        return _GrowingMoments(**{own.name: getattr(found, own.name) for own in fields(Moments)})


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

    def __call__(self, pairs: pd.DataFrame, quantity: Quantity = "improvement") -> Interval:
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
        error = float(values.std(ddof=1))
        sure = _Drawn(values, float(bias), float(acceleration))
        return Interval(plain.estimate, float(low), float(high), error, np.inf, self.name, sure)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """How sure resampled values (n,) are, by their bias z0 and acceleration a."""

    values: FloatArray
    bias: float
    acceleration: float

    def above(self, bound: float) -> float:
        """P(quantity > bound), at least half a resample's and as much less than 1."""
        place = float(stats.norm.ppf(_rank(self.values, bound))) - self.bias
        tail = (
            float(stats.norm.cdf(place / (1 + self.acceleration * place) - self.bias))
            if np.isfinite(place)
            else float(place > 0)
        )
        least = 0.5 / len(self.values)
        return float(np.clip(1 - tail, least, 1 - least))


def _quantity(sums: FloatArray, quantity: Quantity) -> FloatArray:
    """The quantity (n,) of sums (n, 3): base's and other's losses, and rows."""
    base, other, size = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((base - other) / size if quantity == "difference" else 1 - other / base)


def _rank(values: FloatArray, bound: float) -> float:
    """Share of values below `bound`, ties counted half."""
    return float(((values < bound).mean() + (values <= bound).mean()) / 2)
