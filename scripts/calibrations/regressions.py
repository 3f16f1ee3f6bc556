"""Learners that cost nothing, so that procedures can be refitted thousands of times: regressions of
many tables at once.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy import special

from study.schema import Kind

FloatArray = npt.NDArray[np.float64]
PENALTY = 1.0
"""Half of it times the sum of the squared weights is added to the loss of all rows; constants are
not penalised."""
STEPS = 8
"""Of Newton's method, which has then converged to six digits."""


def designs(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns (..., n, 1 + k) of a constant and x (..., n, k), and the same beside all squares and
    products.
    """
    pairs = combinations_with_replacement(range(x.shape[-1]), 2)
    plain = np.concatenate([np.ones_like(x[..., :1]), x], axis=-1)
    return plain, np.concatenate(
        [plain, np.stack([x[..., i] * x[..., j] for i, j in pairs], axis=-1)], axis=-1
    )


def means(kind: Kind, eta: FloatArray) -> FloatArray:
    """Expected targets (..., K), of several classes the probabilities of all but the first, of
    linear predictors (..., K).
    """
    if kind is Kind.CONTINUOUS:
        return eta
    if kind is Kind.COUNT:
        return np.asarray(np.exp(eta))
    return np.asarray(
        special.softmax(np.concatenate([np.zeros_like(eta[..., :1]), eta], axis=-1), axis=-1)[
            ..., 1:
        ]
    )


def predicted(
    kind: Kind, design: FloatArray, y: FloatArray, kept: npt.NDArray[np.bool_]
) -> FloatArray:
    """Expected targets of all rows by a ridge regression with the canonical link, fitted to the
    kept rows of each table.

    design: (T, n, p) columns of T tables, the first constant; y, kept: (T, n). Gives (T, n, K): K =
    1, or the classes less one (`means`).
    """
    hits = (
        np.stack([y == code for code in range(1, int(y.max()) + 1)], -1).astype(float)
        if _classes(kind)
        else y[..., None]
    )
    (tables, _, p), number = design.shape, hits.shape[-1]
    weights = np.zeros((tables, number, p))
    if kind is Kind.COUNT:
        weights[:, 0, 0] = np.log((y * kept).sum(axis=1) / kept.sum(axis=1))
    penalty = np.full(p, PENALTY)
    penalty[0] = 0.0
    for _ in range(1 if kind is Kind.CONTINUOUS else STEPS):
        mean = means(kind, design @ weights.swapaxes(1, 2))
        slope = ((hits - mean) * kept[..., None]).swapaxes(1, 2) @ design - penalty * weights
        curve = np.zeros((tables, number, p, number, p))
        for k in range(number):
            for other in range(number):
                spread = _spread(kind, mean, k, other) * kept
                curve[:, k, :, other] = (design * spread[..., None]).swapaxes(1, 2) @ design
            curve[:, k, :, k] += np.diag(penalty)
        size = number * p
        step = np.linalg.solve(curve.reshape(tables, size, size), slope.reshape(tables, size, 1))
        weights += step.reshape(weights.shape)
    return means(kind, design @ weights.swapaxes(1, 2))


def _classes(kind: Kind) -> bool:
    return kind in (Kind.BINARY, Kind.MULTICLASS)


def _spread(kind: Kind, mean: FloatArray, k: int, other: int) -> FloatArray:
    """Covariance (T, n) of two outputs, as the likelihood has it."""
    if kind is Kind.CONTINUOUS:
        return np.ones(mean.shape[:2])
    if kind is Kind.COUNT:
        return mean[..., 0]
    return np.asarray(mean[..., k] * ((k == other) - mean[..., other]))
