"""Standard errors that hold whatever the noise is: what estimates become as units are left out."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from study.data.rows import IntArray
from study.families.heads import FloatArray

Read = Callable[[IntArray], tuple[FloatArray, FloatArray, FloatArray]]
"""From positions (m,) of rows to their columns (m, p), minus the slopes (m, k) and the curvature
(m, k, k) of their losses."""
LEAST_UNITS = 10
"""Groups or blocks of time below which their spread is not known well enough for a standard error.
"""
LEAST_CARRIERS = 4
"""Units that tell of a coefficient below which it has no standard error (docs/design/0019)."""
MOST_CELLS = 4_000_000
"""Numbers made of rows and columns that are held at a time."""
ALONE = 1e-9
"""Share of what all rows tell along a direction below which they tell nothing of it without some
unit."""
SURE = 1e-6
"""Product of these shares over all directions above which none of them can be below ALONE."""
PART = 1e-4
"""Share of the uncertainty of a sum of weights along directions that a unit alone tells of, from
which on they matter to it."""


def blocks(moments: int) -> int:
    """Into how many blocks so many times in order are cut: about as many as each is long,
    LEAST_UNITS at least.

    Each has two times at least, so that fewer than 20 make fewer than LEAST_UNITS. Long blocks are
    what covers where rows depend on their predecessors (docs/design/0019): blocks of the cube root
    of the times are far too short.
    """
    return max(1, min(max(LEAST_UNITS, isqrt(moments)), moments // 2))


class Spread(NamedTuple):
    """How far some sums of weights stray.

    variance: (c,). carriers: (c,) about how many units tell of each: the inverse of the sum of
    squared shares that units have in what is known of it (the effective number of clusters of
    Carter, Schnepel and Steigerwald 2017, Review of Economics and Statistics 99). alone: (c,)
    whether there is a unit without which nothing is known of it; its variance then says nothing.
    """

    variance: FloatArray
    carriers: FloatArray
    alone: npt.NDArray[np.bool_]


def bent(columns: FloatArray, curvature: FloatArray) -> FloatArray:
    """Second derivatives (k * p, k * p) of a sum of losses in the weights of columns (m, p), from
    those in eta (m, k, k).
    """
    outputs = range(curvature.shape[1])
    return np.block(
        [[columns.T @ (curvature[:, i, j, None] * columns) for j in outputs] for i in outputs]
    )


def jackknife(
    read: Read, codes: IntArray, information: FloatArray, sums: FloatArray, n_outputs: int
) -> Spread:
    """Variance of sums of the weights that minimise a sum of losses, from leaving out one unit of
    rows at a time.

    The sum over units u of the square of what d does to them, d = (H - H_u)^-1 g_u: Newton's step
    from the weights of all rows to those without the unit, H the second derivatives of all rows'
    losses, H_u those and g_u minus the gradient of the unit's. Of squared errors the step is the
    refit itself. With single rows this is HC3 (MacKinnon and White 1985, J. Econometrics 29: their
    jackknife without its factor and its mean), with groups CR3 (Bell and McCaffrey 2002, Survey
    Methodology 28), in the form without a factor too, which leans to the safe side (Hansen 2022,
    "Jackknife standard errors for clustered regression").

    Parameters
    ----------
    read : rows at the minimum, in any order.
    codes : (n,) unit of each row, 0.. without a gap.
    information : (k * p, k * p) H, one output's weights after another's. n_outputs: k.
    sums : (c, k * p) factors of the weights.

    Raises
    ------
    numpy.linalg.LinAlgError
        `information` is not positive definite.
    """
    even = np.linalg.inv(np.linalg.cholesky(information)).T  # from weights in which H is 1
    asked = even.T @ sums.T
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    variance, shares, alone = (np.zeros(len(sums)) for _ in range(3))
    for size in np.unique(sizes):
        firsts = starts[sizes == size]
        if size * n_outputs <= len(information):
            firsts, steps, told = _small(read, order, firsts, int(size), n_outputs, even, asked)
            variance, shares = variance + steps, shares + told
        for first in firsts:
            step, told, lost = _large(read, order[first : first + size], even, asked)
            variance = variance + step**2
            shares = shares + told**2
            alone = np.maximum(alone, lost)
    known = np.square(asked).sum(axis=0)
    carriers = np.divide(known**2, shares, out=np.zeros_like(known), where=shares > 0)
    return Spread(variance, carriers, alone > PART * np.sqrt(known))


def _small(
    read: Read,
    order: IntArray,
    firsts: IntArray,
    size: int,
    n_outputs: int,
    even: FloatArray,
    asked: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Of units of `size` rows, many at a time, those that this can not tell of, and sums (c,) over
    all others.

    The sums are of squared steps, and of the squares of what a unit tells of each.

    With U the unit's rows (k * p, size * k), C their curvature and r minus their slopes, H_u = U C
    U' and g_u = U r, so that d = H^-1 U (1 - C U' H^-1 U)^-1 r: a system of the unit's size
    (Woodbury).
    """
    (n_weights, n_asked), width = asked.shape, size * n_outputs
    p = n_weights // n_outputs
    most = max(1, MOST_CELLS // (width * (n_weights + 2 * n_asked + width)))
    left = [firsts[:0]]
    variance = np.zeros(n_asked)
    shares = np.zeros(n_asked)
    for at in range(0, len(firsts), most):
        some = firsts[at : at + most]
        rows, residual, curvature = read(order[(some[:, None] + np.arange(size)).ravel()])
        curvature = curvature.reshape(-1, size, n_outputs, n_outputs)
        units = np.stack(
            [rows @ even[i * p : (i + 1) * p] for i in range(n_outputs)], axis=1
        ).reshape(-1, width, n_weights)
        shared = (units @ units.swapaxes(1, 2)).reshape(-1, size, n_outputs, width)
        system = np.eye(width) - (curvature @ shared).reshape(-1, width, width)
        sure = np.linalg.det(system) > SURE
        left.append(some[~sure])
        parts = units[sure] @ asked
        pull = np.linalg.solve(system[sure], residual.reshape(-1, width, 1)[sure])
        variance += np.square((pull * parts).sum(axis=1)).sum(axis=0)
        told = parts * (curvature[sure] @ parts.reshape(-1, size, n_outputs, n_asked)).reshape(
            parts.shape
        )
        shares += np.square(told.sum(axis=1)).sum(axis=0)
    return np.concatenate(left), variance, shares


def _large(
    read: Read, rows: IntArray, even: FloatArray, asked: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of one unit, its step in each sum (c,), what it tells of it, and the most of it that it alone
    tells of.
    """
    n_weights, most = len(even), max(1, MOST_CELLS // len(even))
    hessian = np.zeros((n_weights, n_weights))
    gradient = np.zeros(n_weights)
    for at in range(0, len(rows), most):
        columns, residual, curvature = read(rows[at : at + most])
        gradient += (columns.T @ residual).T.ravel()
        hessian += bent(columns, curvature)
    own, pull = even.T @ hessian @ even, even.T @ gradient
    system = np.eye(n_weights) - own
    told = (asked * (own @ asked)).sum(axis=0)
    if np.linalg.det(system) > SURE:
        return np.linalg.solve(system, pull) @ asked, told, np.zeros(asked.shape[1])
    left, directions = np.linalg.eigh(system)
    known, parts = left > ALONE, directions.T @ asked
    step = ((directions.T @ pull)[known] / left[known]) @ parts[known]
    return step, told, np.abs(parts[~known]).max(axis=0, initial=0)
