"""Standard errors that hold whatever the noise is: what estimates become as units are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt

import numpy as np

from study.data.rows import IntArray
from study.families.heads import FloatArray

Read = Callable[[IntArray], tuple[FloatArray, FloatArray, FloatArray]]
"""From positions (m,) of rows to their columns (m, p), minus the slopes (m, k) and the curvature (m, k, k) of their losses."""
LEAST_UNITS = 10
"""Groups or blocks of time below which their spread is not known well enough for a standard error."""
MOST_CELLS = 4_000_000
"""Numbers made of rows and columns that are held at a time."""
ALONE = 1e-9
"""Share of what all rows tell along a direction below which they tell nothing of it without some unit."""
SURE = 1e-6
"""Product of these shares over all directions above which none of them can be below ALONE."""


def blocks(moments: int) -> int:
    """Into how many blocks so many times in order are cut: about as many as each is long, LEAST_UNITS at least.

    Each has two times at least, so that fewer than 20 make fewer than LEAST_UNITS. Long blocks are what covers where rows
    depend on their predecessors (docs/design/0019): blocks of the cube root of the times are far too short.
    """
    return max(1, min(max(LEAST_UNITS, isqrt(moments)), moments // 2))


@dataclass(frozen=True, eq=False)
class Spread:
    """How far estimates stray: covariance (k * p, k * p), one output's p weights after another's.

    alone: (n_lost, k * p) directions in the weights that some unit alone tells of, each of length 1 in units of what all rows
    tell of it (d' H d = 1); `covariance` says nothing of weights that have a part in them.
    """

    covariance: FloatArray
    alone: FloatArray


def bent(columns: FloatArray, curvature: FloatArray) -> FloatArray:
    """Second derivatives (k * p, k * p) of a sum of losses in the weights of columns (m, p), from those in eta (m, k, k)."""
    p, k = columns.shape[1], curvature.shape[1]
    found = np.empty((k, p, k, p))
    for i in range(k):
        for j in range(i + 1):
            found[i, :, j] = columns.T @ (curvature[:, i, j, None] * columns)
            found[j, :, i] = found[i, :, j]
    return found.reshape(k * p, k * p)


def jackknife(read: Read, codes: IntArray, information: FloatArray, n_outputs: int) -> Spread:
    """Covariance of the weights that minimise a sum of losses, from leaving out one unit of rows at a time.

    The sum over units u of d d', d = (H - H_u)^-1 g_u: Newton's step from the weights of all rows to those without the unit,
    H the second derivatives of all rows' losses, H_u those and g_u minus the gradient of the unit's. Of squared errors the step
    is the refit itself. With single rows this is HC3 (MacKinnon and White 1985, J. Econometrics 29: their jackknife
    without its factor and its mean), with groups CR3 (Bell and McCaffrey 2002, Survey Methodology 28), in the form without a
    factor too, which is never too small under homoskedastic noise (Hansen 2022, "Jackknife standard errors for clustered
    regression").

    Parameters
    ----------
    read : rows at the minimum, in any order.
    codes : (n,) unit of each row, 0.. without a gap.
    information : (k * p, k * p) H, one output's weights after another's. n_outputs: k.

    Raises
    ------
    numpy.linalg.LinAlgError
        `information` is not positive definite.
    """
    even = np.linalg.inv(np.linalg.cholesky(information)).T  # from weights in which H is 1
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    total, alone = np.zeros_like(information), [np.zeros((0, len(information)))]
    for size in np.unique(sizes):
        firsts = starts[sizes == size]
        if size * n_outputs <= len(information):
            firsts = _small(read, order, firsts, int(size), n_outputs, even, total)
        for first in firsts:
            alone.append(_large(read, order[first : first + size], even, total))
    return Spread(total, np.concatenate(alone))


def _small(
    read: Read, order: IntArray, firsts: IntArray, size: int, n_outputs: int, even: FloatArray, total: FloatArray
) -> IntArray:
    """Add the steps of units of `size` rows to `total`, many at a time, and give back those that it can not tell of.

    With U the unit's rows (k * p, size * k), C their curvature and r minus their slopes, H_u = U C U' and g_u = U r, so that
    d = H^-1 U (1 - C U' H^-1 U)^-1 r: a system of the unit's size (Woodbury).
    """
    n_weights, width = len(even), size * n_outputs
    p, most = n_weights // n_outputs, max(1, MOST_CELLS // (width * (n_weights + width)))
    left = [firsts[:0]]
    for at in range(0, len(firsts), most):
        some = firsts[at : at + most]
        rows, residual, curvature = read(order[(some[:, None] + np.arange(size)).ravel()])
        told = np.stack([rows @ even[i * p : (i + 1) * p] for i in range(n_outputs)], axis=1).reshape(-1, width, n_weights)
        shared = (told @ told.swapaxes(1, 2)).reshape(-1, size, n_outputs, width)
        own = (curvature.reshape(-1, size, n_outputs, n_outputs) @ shared).reshape(-1, width, width)
        system = np.eye(width) - own
        sure = np.linalg.det(system) > SURE
        left.append(some[~sure])
        pull = np.linalg.solve(system[sure], residual.reshape(-1, width, 1)[sure])
        steps = (pull.swapaxes(1, 2) @ told[sure])[:, 0] @ even.T
        total += steps.T @ steps
    return np.concatenate(left)


def _large(read: Read, rows: IntArray, even: FloatArray, total: FloatArray) -> FloatArray:
    """Add the step of one unit to `total`, and give back the directions (n_lost, k * p) that it alone tells of."""
    n_weights, most = len(even), max(1, MOST_CELLS // len(even))
    hessian, gradient = np.zeros((n_weights, n_weights)), np.zeros(n_weights)
    for at in range(0, len(rows), most):
        columns, residual, curvature = read(rows[at : at + most])
        gradient += (columns.T @ residual).T.ravel()
        hessian += bent(columns, curvature)
    system = np.eye(n_weights) - even.T @ hessian @ even
    if np.linalg.det(system) > SURE:
        step, lost = even @ np.linalg.solve(system, even.T @ gradient), np.zeros((0, n_weights))
    else:
        shares, directions = np.linalg.eigh(system)
        known, directions = shares > ALONE, even @ directions
        step = directions[:, known] @ ((directions[:, known].T @ gradient) / shares[known])
        lost = directions[:, ~known].T
    total += np.outer(step, step)
    return lost
