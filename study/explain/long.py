"""The reference fits of a long table: the same optimum, from blocks of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from study.data.rows import IntArray
from study.explain.basis import Basis, Fit, Scales, basis_of
from study.explain.jackknife import bent
from study.families.heads import HEADS, FloatArray, Head
from study.schema import Kind

BLOCK = 16_384
"""Rows that are read in float64 at a time."""
MOST_STEPS = 50
"""Newton's steps, of which eight are many."""
LEAST_GAIN = 1e-12
"""Share of the first loss below which what the next step would gain is nothing."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Columns in original units that are read a block of rows at a time.

    terms: names of the columns. n_rows: number of rows. read: rows of a slice, or at positions, (n, n_terms) float64.
    """

    terms: list[str]
    n_rows: int
    read: Callable[[slice | IntArray], FloatArray]

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_rows, len(self.terms)

    @property
    def parts(self) -> list[slice]:
        """Slices of at most BLOCK rows."""
        return [slice(start, min(start + BLOCK, self.n_rows)) for start in range(0, self.n_rows, BLOCK)]

    def __iter__(self) -> Iterator[tuple[slice, FloatArray]]:
        """Slices of rows and what they hold."""
        for part in self.parts:
            yield part, self.read(part)


def derivatives(head: Head, eta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minus the gradient (n, n_outputs) and the second derivatives (n, n_outputs, n_outputs) of each row's loss in eta."""
    if head.kind is Kind.CONTINUOUS:
        return 2 * (y[:, None] - eta), np.full((len(y), 1, 1), 2.0)
    mean = head.response(eta)
    if head.kind is Kind.MULTICLASS:
        observed = np.arange(mean.shape[1]) == y[:, None]
        return observed - mean, mean[:, :, None] * (np.eye(mean.shape[1]) - mean[:, None, :])
    spread = mean * (1 - mean) if head.kind is Kind.BINARY else mean
    return (y - mean)[:, None], spread[:, None, None]


@dataclass(frozen=True, eq=False)
class _Model:
    """Minus a log-likelihood of rows, or the sum of their squared errors, plus a penalty, in weights on some columns.

    columns: from x in original units to (n, p) columns. contrasts: whether the first class's weights are 0 and left out.
    ridge: (p,) weight of each squared weight.
    """

    blocks: Blocks
    y: FloatArray
    kind: Kind
    columns: Callable[[FloatArray], FloatArray]
    ridge: FloatArray
    contrasts: bool = False

    def at(self, weights: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient (p, k) and second derivatives (k, p, k, p) at weights (p, k)."""
        p, k = weights.shape
        ridge = self.ridge[:, None]
        value, gradient, hessian = float((ridge * weights**2).sum()), 2 * ridge * weights, np.zeros((k, p, k, p))
        for part, x in self.blocks:
            columns = self.columns(x)
            eta, y = columns @ weights, self.y[part]
            if self.contrasts:
                eta = np.column_stack([np.zeros(len(eta)), eta])
            residual, curvature = derivatives(HEADS[self.kind], eta, y)
            residual, curvature = residual[:, -k:], curvature[:, -k:, -k:]
            value += float(HEADS[self.kind].loss(eta, y).sum())
            gradient -= columns.T @ residual
            hessian += bent(columns, curvature).reshape(hessian.shape)
        for i in range(k):
            hessian[i, range(p), i, range(p)] += 2 * self.ridge
        return value, gradient, hessian

    def minimum(self, weights: FloatArray) -> tuple[FloatArray, float, bool]:
        """Weights and value at the minimum, by Newton's method from `weights`, and whether it arrived.

        It ends by the gain of a step and not by its length: where nothing but the ridge bends the value, as along the common
        intercept of a softmax, rounding keeps steps long.
        """
        value, gradient, hessian = self.at(weights)
        least = LEAST_GAIN * value
        for _ in range(MOST_STEPS):
            try:
                step = np.linalg.solve(hessian.reshape(weights.size, -1), gradient.T.ravel()).reshape(gradient.T.shape).T
            except np.linalg.LinAlgError:  # nothing bends the value any more
                break
            gain, size, there = float((gradient * step).sum()), 1.0, self.at(weights - step)
            while size > 1e-6 and not there[0] <= value + least:
                size /= 2
                there = self.at(weights - size * step)
            if size <= 1e-6:
                break
            weights, (value, gradient, hessian) = weights - size * step, there
            if gain <= least:
                return weights, value, True
        return weights, value, False


def basis(blocks: Blocks) -> Basis:
    """Independent directions, by the triangular factor of the standardised columns."""
    n = blocks.n_rows
    mean = sum((x.sum(axis=0) for _, x in blocks), np.zeros(len(blocks.terms))) / n
    variance = sum((np.square(x - mean).sum(axis=0) for _, x in blocks), np.zeros(len(mean))) / n
    scales = Scales.of(mean, np.sqrt(variance))
    triangle = np.zeros((0, len(mean)))
    for _, x in blocks:
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, scales.standardised(x)]), mode="r"))
    _, singular, rows = np.linalg.svd(triangle, full_matrices=triangle.shape[0] < triangle.shape[1])
    return basis_of(blocks.terms, scales, singular, rows, n)


def likelihood(basis: Basis, blocks: Blocks, y: FloatArray, kind: Kind, n_outputs: int) -> Fit | None:
    """The maximum-likelihood fit; None where none could be made."""
    n, p = blocks.n_rows, 1 + len(basis.singular)
    unit = np.concatenate([[1.0], np.sqrt(n) / basis.singular])  # of each direction: so that no two are correlated
    model = _Model(blocks, y, kind, lambda x: basis.columns(x) * unit, np.zeros(p), contrasts=kind == Kind.MULTICLASS)
    start = np.zeros((p, n_outputs))
    constant = HEADS[kind].constant(y, n_outputs + model.contrasts)
    start[0] = (constant - constant[0])[1:] if model.contrasts else constant
    weights, value, arrived = model.minimum(start)
    return Fit(weights * unit[:, None], value, arrived) if np.isfinite(value) else None


def penalised(
    basis: Basis, blocks: Blocks, n_outputs: int, y: FloatArray, kind: Kind, l2: float, scale: FloatArray
) -> tuple[FloatArray, bool]:
    """Penalised estimates (1 + n_terms, n_outputs) per original unit, of classes as contrasts with the first.

    Beside them, whether the fit arrived at its minimum.
    """
    mean, p = basis.scales.mean, 1 + len(blocks.terms)
    outputs = n_outputs + (kind == Kind.MULTICLASS)  # all classes
    # A softmax does not determine the sum of its intercepts.
    ridge = np.concatenate([[1e-12 * blocks.n_rows * (kind == Kind.MULTICLASS)], np.full(p - 1, l2)])
    model = _Model(blocks, y, kind, lambda x: np.column_stack([np.ones(len(x)), (x - mean) / scale]), ridge)
    start = np.zeros((p, outputs))
    start[0] = HEADS[kind].constant(y, outputs)
    found, _, arrived = model.minimum(start)
    weights = found[1:] / scale[:, None]
    estimate = np.vstack([found[:1] - mean @ weights, weights])
    return np.asarray(estimate[:, 1:] - estimate[:, :1] if kind == Kind.MULTICLASS else estimate), arrived
