"""Tables whose truth is known: a linear predictor, and an effect beside it that no linear predictor
can follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import signal, special, stats
from scipy.interpolate import CubicSpline

FloatArray = npt.NDArray[np.float64]
Effect = Literal["none", "interaction", "smooth", "both", "deep"]
Noise = Literal["low", "high"]
Together = Literal["alone", "heavy", "groups", "time"]
TERMS: tuple[Effect, ...] = ("interaction", "smooth", "both")
"""Effects that products and curves can follow: a product is one, a sine nearly a sum of hinges."""
STRENGTHS: dict[Noise, float] = {"low": 2.0, "high": 0.5}
"""Standard deviation of the linear predictor by noise; a continuous target's noise has standard
deviation 1."""
COUNTED = 0.5, 0.25, 4.0
"""Of a count: the logarithm of its rate where all features are 0, what the predictor is multiplied
by, and where it ends."""
CLASSES = ("a", "b", "c")
MEMBERS = 6
"""Rows of a group."""
SHARED = 0.7
"""Of the variance of each feature and of the noise, what a group has in common; in time the
correlation with the row before."""
HEAVY_DF = 3
"""Degrees of freedom of the t distribution of heavy noise: its fourth moment, and so the variance
of a loss, is infinite."""
POPULATION = 40_000
"""Rows on which an effect is made orthogonal to the features, and its weight found."""


@dataclass(frozen=True)
class Cell:
    """Tables of one truth and size.

    gain: relative gain in expected loss of the truth itself over the best regression; 0 where there
    is no effect. What a network trained on few rows gains is less. together: `alone`, rows are
    independent and noise is normal; `heavy`, noise of a continuous target is t (HEAVY_DF) of
    variance 1; `groups` and `time`, features and noise are shared by the MEMBERS of a group, or by
    rows that follow each other (SHARED), while each row by itself is distributed as if alone.
    """

    kind: Literal["continuous", "binary", "multiclass", "count"]
    rows: int
    features: int = 3
    noise: Noise = "low"
    effect: Effect = "none"
    gain: float = 0.0
    together: Together = "alone"

    @property
    def key(self) -> str:
        """Name, fit for a file."""
        name = f"{self.kind}-{self.rows}x{self.features}-{self.noise}-{self.effect}-{self.gain:g}"
        return name if self.together == "alone" else f"{name}-{self.together}"


def simulate(cell: Cell, seed: int, fresh: int) -> tuple[pd.DataFrame, FloatArray]:
    """Draw a table: features `x0`, `x1`, … standard normal, and the target `y`.

    Continuous: y is normal (or t) about its mean with standard deviation 1. Binary: `yes` or `no`,
    with the logistic of the linear predictor plus the effect as its probability of `yes`.
    Multiclass: CLASSES, of which the second's logit is that sum. Count: Poisson, that sum being the
    logarithm of the rate after COUNTED. Beside them the column `group`, or `time`, where rows come
    together so; fresh rows are in groups of their own, or later than all others.

    Returns
    -------
    frame of cell.rows + fresh rows, and the (n_rows,) true mean, rate, or probability of each, or
    (n_rows, 3) probabilities.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, *cell.key.encode()]))
    n = cell.rows + fresh
    x = _normal(rng, cell, (n, cell.features))
    truth = _truth(cell, x, _weight(cell))
    if cell.kind == "continuous":
        noise = (
            rng.standard_t(HEAVY_DF, n) / np.sqrt(HEAVY_DF / (HEAVY_DF - 2))
            if cell.together == "heavy"
            else None
        )
        y: npt.NDArray[np.generic] = truth + (_normal(rng, cell, (n,)) if noise is None else noise)
    else:
        rank = (
            rng.random(n) if cell.together == "alone" else stats.norm.cdf(_normal(rng, cell, (n,)))
        )
        y = _drawn(cell.kind, truth, rank)
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(cell.features)])
    if cell.together == "groups":
        frame["group"] = [
            f"g{i // MEMBERS}" if i < cell.rows else f"fresh{i // MEMBERS}" for i in range(n)
        ]
    if cell.together == "time":
        frame["time"] = np.arange(n, dtype=float)
    return frame.assign(y=y), truth


def expected_loss(kind: str, truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """(n_rows,) loss expected over all targets that a row of this true mean, rate or probability
    may have.

    truth, predicted: (n_rows,), or (n_rows, 3) of three classes. Of a count half the Poisson
    deviance.
    """
    edge = float(np.finfo(np.float32).eps)  # the clip of test rows
    if kind == "continuous":
        return 1 + (truth - predicted) ** 2
    if kind == "count":
        return predicted - truth * np.log(predicted) - truth + _mean_of_y_log_y(truth)
    p = np.clip(predicted, edge, 1 - edge)
    if kind == "multiclass":
        return np.asarray(-(truth * np.log(p)).sum(axis=1))
    return -(truth * np.log(p) + (1 - truth) * np.log(1 - p))


def _normal(rng: np.random.Generator, cell: Cell, shape: tuple[int, ...]) -> FloatArray:
    """Standard normal numbers (n_rows, ...), which groups or neighbours in time share as the cell
    says.
    """
    own = rng.standard_normal(shape)
    if cell.together == "groups":
        groups = np.arange(len(own)) // MEMBERS
        common = rng.standard_normal((groups[-1] + 1, *shape[1:]))
        return np.sqrt(SHARED) * common[groups] + np.sqrt(1 - SHARED) * own
    if cell.together == "time":
        own[0] /= np.sqrt(1 - SHARED**2)
        return np.asarray(signal.lfilter([np.sqrt(1 - SHARED**2)], [1, -SHARED], own, axis=0))
    return own


def _truth(cell: Cell, x: FloatArray, weight: float) -> FloatArray:
    """(n_rows,) mean, rate or probability of `yes`, or (n_rows, 3) probabilities."""
    predictor = _predictor(cell, x, weight)
    if cell.kind == "continuous":
        return predictor
    if cell.kind == "binary":
        return 1 / (1 + np.exp(-predictor))
    if cell.kind == "count":
        centre, scale, most = COUNTED
        return np.exp(np.minimum(centre + scale * predictor, most))
    third = STRENGTHS[cell.noise] * (x @ np.resize([-0.4, 0.5, 1.0], x.shape[1])) / 2
    return np.asarray(
        special.softmax(np.column_stack([np.zeros(len(x)), predictor, third]), axis=1)
    )


def _drawn(kind: str, truth: FloatArray, rank: FloatArray) -> npt.NDArray[np.generic]:
    """Targets (n_rows,) at these ranks, uniform in 0 to 1, of their distributions."""
    if kind == "binary":
        return np.where(rank < truth, "yes", "no")
    if kind == "count":
        return np.asarray(stats.poisson.ppf(rank, truth).astype(np.int64))
    return np.array(CLASSES)[(rank[:, None] > truth.cumsum(axis=1)[:, :-1]).sum(axis=1)]


@lru_cache
def _y_log_y() -> CubicSpline:
    """Mean of y log y by the rate of a Poisson y, up to where COUNTED ends."""
    rates = np.linspace(0, np.exp(COUNTED[2]) + 1, 1_500)
    y = np.arange(200)
    return CubicSpline(rates, stats.poisson.pmf(y, rates[:, None]) @ special.xlogy(y, y))


def _mean_of_y_log_y(rate: FloatArray) -> FloatArray:
    return np.asarray(_y_log_y()(rate))


def _predictor(cell: Cell, x: FloatArray, weight: float) -> FloatArray:
    slopes = np.resize([1.0, -0.7, 0.4], x.shape[1])
    linear = STRENGTHS[cell.noise] * (x @ slopes) / np.linalg.norm(slopes)
    return linear if cell.effect == "none" else linear + weight * _effect(cell.effect, x)


def _raw(effect: Effect, x: FloatArray) -> FloatArray:
    if effect == "interaction":
        return x[:, 0] * x[:, 1]
    if effect == "smooth":
        return np.sin(2 * x[:, 0])
    if effect == "both":
        return x[:, 0] * x[:, 1] + 1.5 * np.sin(2 * x[:, 2])
    return np.tanh(
        3 * np.tanh(2 * x[:, 0] - x[:, 1] ** 2 + 1) * np.tanh(2 * x[:, 2] + x[:, 1])
    )  # deep: functions of functions


@lru_cache
def _population(effect: Effect) -> tuple[FloatArray, float]:
    """Coefficients of the effect on intercept and three features, and the standard deviation of
    what is left.
    """
    x = np.random.default_rng(0).standard_normal((POPULATION, 3))
    design = np.column_stack([np.ones(len(x)), x])
    h = _raw(effect, x)
    coefficients = np.linalg.lstsq(design, h, rcond=None)[0]
    return coefficients, float((h - design @ coefficients).std())


def _effect(effect: Effect, x: FloatArray) -> FloatArray:
    """(n_rows,) effect of variance 1, orthogonal to intercept and features."""
    coefficients, spread = _population(effect)
    return (_raw(effect, x) - coefficients[0] - x[:, :3] @ coefficients[1:]) / spread


@lru_cache
def _weight(cell: Cell) -> float:
    """Weight of the effect that makes the truth's gain over the best regression `cell.gain`.

    Continuous: the regression's loss is 1 + w², so w² = gain / (1 - gain). Other kinds: by
    bisection on the population.
    """
    if cell.effect == "none":
        return 0.0
    if cell.kind == "continuous":
        return float(np.sqrt(cell.gain / (1 - cell.gain)))
    rng = np.random.default_rng(1)
    x = rng.standard_normal((POPULATION, cell.features))
    rank = rng.random(POPULATION)
    low, high = 0.0, 30.0
    for _ in range(18):
        weight = (low + high) / 2
        truth = _truth(cell, x, weight)
        y = (
            truth if cell.kind == "count" else _drawn(cell.kind, truth, rank)
        )  # a Poisson regression fits means as well
        regression = _regression(cell.kind, x, y)
        gain = (
            1
            - expected_loss(cell.kind, truth, truth).mean()
            / expected_loss(cell.kind, truth, regression).mean()
        )
        low, high = (weight, high) if gain < cell.gain else (low, weight)
    return (low + high) / 2


def _regression(kind: str, x: FloatArray, y: npt.NDArray[np.generic]) -> FloatArray:
    """What the kind's own regression, hardly penalised, predicts of the rows that it was fitted on."""
    from sklearn.linear_model import LogisticRegression, PoissonRegressor

    if kind == "count":
        return np.asarray(PoissonRegressor(alpha=1e-6, max_iter=1_000).fit(x, y).predict(x))
    shares = LogisticRegression(C=1e4).fit(x, y).predict_proba(x)
    return np.asarray(shares[:, 1] if kind == "binary" else shares)
