"""Tables whose truth is known: a linear predictor, and an effect beside it that no linear predictor can follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
Effect = Literal["none", "interaction", "smooth", "both", "deep"]
Noise = Literal["low", "high"]
TERMS: tuple[Effect, ...] = ("interaction", "smooth", "both")
"""Effects that products and curves can follow: a product is one, a sine nearly a sum of hinges."""
STRENGTHS: dict[Noise, float] = {"low": 2.0, "high": 0.5}
"""Standard deviation of the linear predictor by noise; a continuous target's noise has standard deviation 1."""
POPULATION = 40_000
"""Rows on which an effect is made orthogonal to the features, and its weight found."""


@dataclass(frozen=True)
class Cell:
    """Tables of one truth and size.

    gain: relative gain in expected loss of the truth itself over the best regression; 0 where there is no effect. What a
    network trained on few rows gains is less.
    """

    kind: Literal["continuous", "binary"]
    rows: int
    features: int = 3
    noise: Noise = "low"
    effect: Effect = "none"
    gain: float = 0.0

    @property
    def key(self) -> str:
        """Name, fit for a file."""
        return f"{self.kind}-{self.rows}x{self.features}-{self.noise}-{self.effect}-{self.gain:g}"


def simulate(cell: Cell, seed: int, fresh: int) -> tuple[pd.DataFrame, FloatArray]:
    """Draw a table: features `x0`, `x1`, … standard normal, and the target `y`.

    Continuous: y is normal about its mean with standard deviation 1. Binary: `yes` or `no`, with the logistic of the linear
    predictor plus the effect as its probability of `yes`.

    Returns
    -------
    frame of cell.rows + fresh rows, and the (n_rows,) true mean, or probability, of each.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, *cell.key.encode()]))
    x = rng.standard_normal((cell.rows + fresh, cell.features))
    truth = _predictor(cell, x, _weight(cell))
    if cell.kind == "binary":
        truth = 1 / (1 + np.exp(-truth))
        y: npt.NDArray[np.generic] = np.where(rng.random(len(x)) < truth, "yes", "no")
    else:
        y = truth + rng.standard_normal(len(x))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(cell.features)])
    return frame.assign(y=y), truth


def expected_loss(kind: str, truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """(n_rows,) loss expected over all targets that a row of this true mean or probability may have."""
    if kind == "continuous":
        return 1 + (truth - predicted) ** 2
    edge = float(np.finfo(np.float32).eps)  # the floor that test rows have
    p = np.clip(predicted, edge, 1 - edge)
    return -(truth * np.log(p) + (1 - truth) * np.log(1 - p))


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
    return np.tanh(3 * np.tanh(2 * x[:, 0] - x[:, 1] ** 2 + 1) * np.tanh(2 * x[:, 2] + x[:, 1]))  # deep: functions of functions


@lru_cache
def _population(effect: Effect) -> tuple[FloatArray, float]:
    """Coefficients of the effect on intercept and three features, and the standard deviation of what is left."""
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

    Continuous: the regression's loss is 1 + w², so w² = gain / (1 - gain). Binary: by bisection on the population.
    """
    if cell.effect == "none":
        return 0.0
    if cell.kind == "continuous":
        return float(np.sqrt(cell.gain / (1 - cell.gain)))
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    x = rng.standard_normal((POPULATION, cell.features))
    draw = rng.random(POPULATION)
    low, high = 0.0, 30.0
    for _ in range(18):
        weight = (low + high) / 2
        p = 1 / (1 + np.exp(-_predictor(cell, x, weight)))
        regression = LogisticRegression(C=1e4).fit(x, draw < p).predict_proba(x)[:, 1]
        gain = 1 - expected_loss("binary", p, p).mean() / expected_loss("binary", p, regression).mean()
        low, high = (weight, high) if gain < cell.gain else (low, weight)
    return (low + high) / 2
