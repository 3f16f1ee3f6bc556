"""Regressions in float64: a path of penalties, each fit begun where the one before has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from study.families.heads import FloatArray, Head
from study.schema import Kind

LEAST_CURVATURE = 1e-6
"""Mean second derivative of rows' losses at least, where all are told without error."""
RANK = 1e-10
"""Share of the largest variance below which a direction has none."""
LEAST_KNOWN = 1e-3
"""What rows must tell, in units of their loss, of every direction of standard deviation 1, lest
they be separated along it."""

Blocks = Callable[[], Iterable[tuple[slice, FloatArray]]]
"""Gives rows a block at a time: which they are, and their columns (n, n_columns)."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Uncorrelated directions of some centred columns, which leave the sum of squared weights as it
    is.

    lengths: (r,) squared lengths of the columns along them, the longest first. back: (n_columns, r)
    from weights of directions to weights of columns. blocks: the rows, as what `into` turns weights
    of directions into the weights of; without it they are in the directions already.
    """

    lengths: FloatArray
    back: FloatArray
    blocks: Blocks
    into: FloatArray | None = None

    @classmethod
    def of(cls, columns: FloatArray) -> Directions:
        """Those of columns (n, n_columns) in memory: by the smaller of their two matrices of
        products.
        """
        n, width = columns.shape
        if width <= n:
            lengths, vectors = _kept(columns.T @ columns)
            return cls(lengths, vectors, partial(_whole, columns @ vectors))
        lengths, vectors = _kept(columns @ columns.T)
        return cls(
            lengths,
            columns.T @ vectors / np.sqrt(lengths),
            partial(_whole, vectors * np.sqrt(lengths)),
        )

    @classmethod
    def read(cls, blocks: Blocks, width: int) -> Directions:
        """Those of `width` columns that are read a block at a time, whenever they are needed."""
        lengths, vectors = _kept(sum((x.T @ x for _, x in blocks()), np.zeros((width, width))))
        return cls(lengths, vectors, blocks, vectors)

    def weights(self, w: FloatArray) -> FloatArray:
        """Weights of what `blocks` gives, of weights w (r, n_outputs)."""
        return w if self.into is None else self.into @ w

    def slopes(self, of_blocks: FloatArray) -> FloatArray:
        """Gradient in weights of the directions, from that in weights of what `blocks` gives."""
        return of_blocks if self.into is None else self.into.T @ of_blocks


def _whole(rows: FloatArray) -> list[tuple[slice, FloatArray]]:
    return [(slice(None), rows)]


def _kept(products: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues that are above rounding, the largest first, and their vectors in columns."""
    lengths, vectors = np.linalg.eigh(products)
    kept = lengths > RANK * max(float(lengths.max(initial=0.0)), 1e-300)
    return lengths[kept][::-1], vectors[:, kept][:, ::-1]


@dataclass(frozen=True, eq=False)
class Point:
    """Where a path stands: penalty, intercepts (n_outputs,), weights of directions (r, n_outputs),
    and whether it converged.

    Without a penalty a fit to separated rows has no optimum, and has not converged wherever it
    stopped.
    """

    l2: float
    bias: FloatArray
    weights: FloatArray
    converged: bool


def walk(
    directions: Directions,
    y: FloatArray,
    head: Head,
    n_outputs: int,
    penalties: Sequence[float],
    iterations: int,
    tolerance: float = 1e-4,
) -> Iterator[Point]:
    """Minimise sum of losses + l2 * sum of squared weights, the intercepts free, for each penalty
    in turn.

    Least squares has a closed form. Else L-BFGS (Liu and Nocedal 1989, Mathematical Programming 45)
    in coordinates in which the objective bends with about 1 where it starts: at the weights of the
    penalty before, or, where that is lower, as far beyond them as they are from those before. A
    penalty of 0 leaves what no direction tells at 0.

    Parameters
    ----------
    y : (n,) standardised values, class indices or counts of the rows of `directions`.
    penalties : the strongest first.
    iterations : most for each penalty.
    tolerance : length of the gradient, a share of the square root of the objective, at which a fit
        has arrived.
    """
    if head.kind is Kind.CONTINUOUS:
        moments = (x.T @ (y[part] - y.mean())[:, None] for part, x in directions.blocks())
        inner = directions.slopes(np.asarray(sum(moments)))[:, 0]
        for l2 in penalties:
            yield Point(
                l2, np.array([y.mean()]), (inner / (directions.lengths + l2))[:, None], True
            )
        return
    own = np.vstack([head.constant(y, n_outputs), np.zeros((len(directions.lengths), n_outputs))])
    before = own
    for l2 in penalties:
        objective = _Objective(directions, y, head, _curvature(directions, head, own), l2)
        reached, arrived = objective.minimum([own, 2 * own - before], iterations, tolerance)
        own, before = reached, own
        yield Point(
            l2,
            own[0],
            own[1:],
            arrived and not (l2 == 0 and separated(directions, head, own[0], own[1:])),
        )


def separated(directions: Directions, head: Head, bias: FloatArray, weights: FloatArray) -> bool:
    """Whether rows of classes or counts tell less than LEAST_KNOWN of some direction, at a point's
    intercepts and weights.

    Weights run away along one that separates classes, or along which no count is above 0: the
    Fisher information of the fit vanishes there (Albert and Anderson 1984, Biometrika 71), long
    before a gradient does in the last bits.
    """
    n = 0
    size = 1 + len(weights)
    of_blocks = directions.weights(weights)
    known = np.zeros((len(bias), size, size))
    for _, x in directions.blocks():
        mean = head.response(x @ of_blocks + bias).reshape(len(x), -1)
        along = x if directions.into is None else x @ directions.into
        unit, n = np.column_stack([np.ones(len(x)), along]), n + len(x)
        bend = mean if head.kind is Kind.COUNT else mean * (1 - mean)
        known += [(unit * each[:, None]).T @ unit for each in bend.T]
    scale = np.sqrt(np.concatenate([[1.0], n / directions.lengths]))
    return bool(np.linalg.eigvalsh(known * scale * scale[:, None])[:, 0].min() < LEAST_KNOWN)


def _curvature(directions: Directions, head: Head, own: FloatArray) -> float:
    """Mean second derivative of a row's loss in its linear predictor, at intercepts and weights (1
    + r, n_outputs).
    """
    weights, total, count = directions.weights(own[1:]), 0.0, 0
    for _, x in directions.blocks():
        response = head.response(x @ weights + own[0])
        total += float((response if head.kind is Kind.COUNT else response * (1 - response)).sum())
        count += response.size
    return max(total / count, LEAST_CURVATURE)


@dataclass(eq=False)
class _Objective:
    """Sum of losses + l2 * sum of squared weights, over scaled intercepts and weights u (n_outputs
    * (1 + r),).
    """

    directions: Directions
    y: FloatArray
    head: Head
    curvature: float
    l2: float

    def __post_init__(self) -> None:
        n = len(self.y)
        self.unit = np.sqrt(
            np.concatenate(
                [[self.curvature * n], self.curvature * self.directions.lengths + 2 * self.l2]
            )
        )

    def minimum(
        self, starts: Sequence[FloatArray], iterations: int, tolerance: float
    ) -> tuple[FloatArray, bool]:
        """Intercepts and weights (1 + r, n_outputs) at the minimum, from the lowest of some, and
        whether it was reached.
        """
        from scipy.optimize import minimize

        scaled = [start * self.unit[:, None] for start in starts]
        values = [self.at(start.ravel())[0] for start in scaled]
        value, start = min(values), scaled[int(np.argmin(values))]
        least = tolerance * np.sqrt(max(value, 1e-12 * len(self.y)) / start.size)
        options: dict[str, Any] = {
            "maxiter": iterations,
            "maxfun": 2 * iterations,
            "gtol": least,
            "ftol": 1e-15,
            "maxcor": 10,
        }
        found = minimize(self.at, start.ravel(), jac=True, method="L-BFGS-B", options=options)
        return found.x.reshape(start.shape) / self.unit[:, None], found.status == 0

    def at(self, u: FloatArray) -> tuple[float, FloatArray]:
        """Value and gradient."""
        w = u.reshape(len(self.unit), -1) / self.unit[:, None]
        weights = self.directions.weights(w[1:])
        value = self.l2 * float(np.square(w[1:]).sum())
        gradient = np.zeros_like(weights)
        of_bias = np.zeros(w.shape[1])
        for part, x in self.directions.blocks():
            losses, slope = self._losses(x @ weights + w[0], self.y[part])
            value += losses
            gradient += x.T @ slope
            of_bias += slope.sum(axis=0)
        whole = np.vstack([of_bias, self.directions.slopes(gradient) + 2 * self.l2 * w[1:]])
        return value, (whole / self.unit[:, None]).ravel()

    def _losses(self, eta: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
        """Sum of the losses of rows, and their slopes in eta (n, n_outputs), which share their
        exponentials.
        """
        if self.head.kind is Kind.MULTICLASS:
            rows, own = np.arange(len(y)), y.astype(np.int64)
            eta = eta - eta.max(axis=1, keepdims=True)
            share = np.exp(eta)
            total = share.sum(axis=1, keepdims=True)
            loss = float(np.log(total).sum() - eta[rows, own].sum())
            share /= total
            share[rows, own] -= 1
            return loss, share
        return float(self.head.loss(eta, y).sum()), (self.head.response(eta) - y)[:, None]
