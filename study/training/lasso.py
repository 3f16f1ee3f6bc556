"""The lasso over terms on what a regression leaves: which of them are chosen at each penalty, whatever the kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.families.heads import FloatArray, Head
from study.schema import Kind

ITERATIONS = 300
"""Most iterations for one penalty and set of terms."""
TOLERANCE = 1e-4
"""Change of a linear predictor, a share of all that the terms have moved it by, at which a penalty is done."""
BENDS = {Kind.CONTINUOUS: 2.0, Kind.BINARY: 0.25, Kind.MULTICLASS: 0.5}
"""Most that a loss bends in its linear predictor (softmax: Boehning 1992, Ann. Inst. Statist. Math. 44)."""
NEW = 1e-8
"""Share of a term's variance that the columns must leave, so that it counts."""


@dataclass(frozen=True, eq=False)
class Rest:
    """Terms made orthogonal to the columns that a regression has already, each then of unit variance.

    values: (n, n_terms), 0 for a term that the columns tell already. scale: (n_terms,) what they were divided by; inf there.
    back: (1 + n_columns, n_terms) weights of intercept and columns that were taken off each term before it was divided.
    """

    values: FloatArray
    scale: FloatArray
    back: FloatArray

    @classmethod
    def of(cls, terms: FloatArray, columns: FloatArray, importance: FloatArray) -> Rest:
        """Of terms (n, n_terms) and columns (n, n_columns), both standardised; importance: (n,) weight of each row."""
        basis = np.column_stack([np.ones(len(columns)), columns])
        weighted = basis * importance[:, None]
        ridge = 1e-10 * float(importance.sum()) * np.eye(basis.shape[1])
        back = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ terms)
        values = terms - basis @ back
        spread = np.sqrt(np.square(values).mean(axis=0))
        scale: FloatArray = np.where(
            np.square(spread) > NEW * np.maximum(np.square(terms).mean(axis=0), 1e-300), spread, np.inf
        )
        return cls(values / scale, np.asarray(scale, np.float64), np.asarray(back, np.float64))


def slopes(head: Head, eta: FloatArray, y: FloatArray) -> FloatArray:
    """First derivative of each row's loss in its linear predictor, both (n, n_outputs)."""
    mean = head.response(eta)
    if head.kind is Kind.MULTICLASS:
        return np.asarray(mean - (np.arange(mean.shape[1]) == y[:, None]))
    return np.asarray((mean - y)[:, None] * (2.0 if head.kind is Kind.CONTINUOUS else 1.0))


def importance(head: Head, eta: FloatArray) -> FloatArray:
    """How much each row tells, (n,): the second derivative of its loss, up to a factor; the mean over several outputs."""
    if head.kind is Kind.CONTINUOUS:
        return np.ones(len(eta))
    mean = head.response(eta)
    if head.kind is Kind.COUNT:
        return np.maximum(mean, 1e-12)
    return np.asarray(np.maximum((mean * (1 - mean)).reshape(len(eta), -1).mean(axis=1), 1e-6))


def strongest(values: FloatArray, offset: FloatArray, y: FloatArray, head: Head) -> float:
    """The least penalty at which no term is chosen."""
    gradient = values.T @ slopes(head, offset, y) / len(y)
    return float(np.linalg.norm(gradient, axis=1).max(initial=0.0))


def lasso(
    values: FloatArray, offset: FloatArray, y: FloatArray, head: Head, penalties: Sequence[float]
) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
    """Minimise mean loss(offset + values @ w) + penalty * sum of the lengths of w's rows, for each penalty in turn.

    The lasso (Tibshirani 1996, J. R. Statist. Soc. B 58), with several outputs the group lasso, in which a term counts for all
    of them (Yuan and Lin 2006, J. R. Statist. Soc. B 68, eq. 2.1). By FISTA (Beck and Teboulle 2009, SIAM J. Imaging Sciences
    2, section 4) over the terms that the strong rule keeps, and those that it missed (Tibshirani et al. 2012, J. R. Statist.
    Soc. B 74, section 2).

    Parameters
    ----------
    values : (n, n_terms) of unit variance. offset : (n, n_outputs). y : (n,) in the offset's unit.
    penalties : the strongest first.

    Yields
    ------
    terms chosen (n_chosen,), ascending, and their weights (n_chosen, n_outputs).
    """
    n, width = values.shape
    weights = np.zeros((width, offset.shape[1]))
    gradient = values.T @ slopes(head, offset, y) / n
    before = float(np.linalg.norm(gradient, axis=1).max(initial=0.0))
    for penalty in penalties:
        tried = (np.linalg.norm(gradient, axis=1) >= 2 * penalty - before) | weights.any(axis=1)
        while True:
            own = np.flatnonzero(tried)
            weights[own] = _fista(values[:, own], offset, y, head, penalty, weights[own])
            gradient = values.T @ slopes(head, offset + values[:, own] @ weights[own], y) / n
            missed = (np.linalg.norm(gradient, axis=1) > penalty * (1 + 1e-3)) & ~tried
            if not missed.any():
                break
            tried |= missed
        before = penalty
        chosen = np.flatnonzero(weights.any(axis=1))
        yield chosen, weights[chosen].copy()


def _fista(values: FloatArray, offset: FloatArray, y: FloatArray, head: Head, penalty: float, start: FloatArray) -> FloatArray:
    """The same for one penalty over a few terms, from weights `start`."""
    if not values.shape[1]:
        return start
    n = len(y)

    def loss(eta: FloatArray) -> float:
        return float(head.loss(eta, y).mean())

    top = float(np.linalg.eigvalsh(values.T @ values / n)[-1])
    bend = top * BENDS.get(head.kind, max(1.0, float(y.mean())))
    w, ahead, momentum = start, start, 1.0
    eta = eta_ahead = offset + values @ w
    for _ in range(ITERATIONS):
        gradient = values.T @ slopes(head, eta_ahead, y) / n
        at = loss(eta_ahead) if head.kind is Kind.COUNT else 0.0  # the others never bend more than `bend`
        while True:
            moved = ahead - gradient / bend
            length = np.linalg.norm(moved, axis=1, keepdims=True)
            new = moved * np.maximum(1 - penalty / bend / np.maximum(length, 1e-300), 0.0)
            eta_new, step = offset + values @ new, new - ahead
            allowed = at + float((gradient * step).sum()) + 0.5 * bend * float(np.square(step).sum())
            if head.kind is not Kind.COUNT or loss(eta_new) <= allowed + 1e-12 * abs(at):
                break
            bend *= 2
        change = eta_new - eta
        if float(((ahead - new) * (new - w)).sum()) > 0:  # it has gone too far: begin anew (O'Donoghue and Candes 2015)
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = (momentum - 1) / after
        ahead, eta_ahead = new + push * (new - w), eta_new + push * change
        w, eta, momentum = new, eta_new, after
        if np.square(change).sum() <= TOLERANCE**2 * np.square(eta - offset).sum():
            break
    return w
