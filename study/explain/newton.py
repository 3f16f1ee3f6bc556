"""Regressions of every kind by Newton's method in float64: fast to refit with one more column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.families.heads import FloatArray, Head
from study.schema import Kind

MOST_LOG_RATE = 30.0
"""Where the logarithm of a rate ends, so that a curve that shoots up costs much, and not infinity."""


@dataclass(frozen=True, eq=False)
class NewtonFit:
    """A fitted regression.

    mean, deviation: (n_columns,) of the rows it is fitted on; deviation is 1 where a column is constant.
    weights: (1 + n_columns, n_outputs) float64, the intercepts at the mean, then weights per deviation of each column.
    """

    mean: FloatArray
    deviation: FloatArray
    weights: FloatArray

    def standardised(self, x: FloatArray) -> FloatArray:
        """A column of ones, then the standardised columns: (n, n_columns) to (n, 1 + n_columns)."""
        return np.column_stack([np.ones(len(x)), (x - self.mean) / self.deviation])

    def predictor(self, x: FloatArray) -> FloatArray:
        """Linear predictor of columns x (n, n_columns): (n, n_outputs)."""
        return np.asarray(self.standardised(x) @ self.weights)


def predictor_losses(head: Head, eta: FloatArray, y: FloatArray) -> FloatArray:
    """Loss of each row, (n,), from the linear predictor eta (n, n_outputs)."""
    return head.loss(np.minimum(eta, MOST_LOG_RATE) if head.kind is Kind.COUNT else eta, y)


def derivatives(head: Head, eta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minus the gradient (n, n_outputs) and the second derivatives (n, n_outputs, n_outputs) of each row's loss in eta."""
    if head.kind is Kind.CONTINUOUS:
        return 2 * (y[:, None] - eta), np.full((len(y), 1, 1), 2.0)
    mean = head.response(np.minimum(eta, MOST_LOG_RATE) if head.kind is Kind.COUNT else eta)
    if head.kind is Kind.MULTICLASS:
        observed = np.arange(mean.shape[1]) == y[:, None]
        return observed - mean, mean[:, :, None] * (np.eye(mean.shape[1]) - mean[:, None, :])
    spread = mean * (1 - mean) if head.kind is Kind.BINARY else mean
    return (y - mean)[:, None], spread[:, None, None]


def regress(x: FloatArray, y: FloatArray, head: Head, n_outputs: int, l2: float, start: FloatArray | None = None) -> NewtonFit:
    """Minimise mean loss + l2 * ||w||² over weights w per standard deviation, the intercepts free.

    Newton's method with the full second derivatives, steps halved until the objective falls, ended where the next step
    would gain less than 1e-8 of it.

    Parameters
    ----------
    x : (n, n_columns) float64, in any units.
    y : (n,) values, class indices or counts.
    l2 : penalty; above 0, so that collinear columns and separated classes have a minimum.
    start : (1 + n_columns, n_outputs) weights to start from, instead of the best constant.
    """
    deviation = x.std(axis=0)
    fit = NewtonFit(x.mean(axis=0), np.where(deviation > 0, deviation, 1.0), np.zeros((1 + x.shape[1], n_outputs)))
    z, weights = fit.standardised(x), fit.weights.copy() if start is None else start
    if start is None:
        weights[0] = head.constant(y, n_outputs)
    ridge = np.full((z.shape[1], 1), 2 * l2)
    ridge[0] = 1e-12  # a softmax does not determine the sum of its intercepts

    def objective(w: FloatArray) -> float:
        return float(predictor_losses(head, z @ w, y).mean() + 0.5 * (ridge * w**2).sum())

    value = objective(weights)
    for _ in range(50):
        residual, curvature = derivatives(head, z @ weights, y)
        gradient = ridge * weights - z.T @ residual / len(y)
        hessian = np.empty((n_outputs, len(weights), n_outputs, len(weights)))
        for k in range(n_outputs):
            for m in range(k + 1):
                hessian[k, :, m] = hessian[m, :, k] = z.T @ (curvature[:, k, m, None] * z) / len(y)
        hessian = hessian.reshape(weights.size, weights.size) + np.diag(np.tile(ridge[:, 0], n_outputs))
        step = np.linalg.solve(hessian, gradient.T.ravel()).reshape(n_outputs, -1).T
        slope = float((gradient * step).sum())
        size, reached = 1.0, objective(weights - step)
        while size > 1e-6 and not reached <= value - 1e-4 * size * slope:
            size /= 2
            reached = objective(weights - size * step)
        if size <= 1e-6:
            break
        weights, value = weights - size * step, reached
        if slope <= 1e-8 * value:
            break
    return NewtonFit(fit.mean, fit.deviation, weights)
