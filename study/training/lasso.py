"""The lasso over terms on what a regression leaves: which of them are chosen at each penalty,
whatever the kind.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.families.heads import FloatArray, Head
from study.schema import Kind

ROUNDS = 20
"""Times that a loss is replaced by squares, for one penalty, at most."""
TOLERANCE = 1e-3
"""Change of a linear predictor, a share of all that the terms have moved it by, at which a penalty
is done."""
NEW = 1e-8
"""Share of a term's variance that the columns must leave, so that it counts."""


@dataclass(frozen=True, eq=False)
class Rest:
    """Terms made orthogonal to the columns that a regression has already, each then of unit
    variance.

    values: (n, n_terms), 0 for a term that the columns tell already. scale: (n_terms,) what they
    were divided by; inf there. back: (1 + n_columns, n_terms) weights of intercept and columns that
    were taken off each term before it was divided.
    """

    values: FloatArray
    scale: FloatArray
    back: FloatArray

    @classmethod
    def of(cls, terms: FloatArray, columns: FloatArray, bends: FloatArray) -> Rest:
        """Of terms (n, n_terms) and columns (n, n_columns), both standardised; bends: (n,) of
        `bend`, weights of rows.
        """
        basis = np.column_stack([np.ones(len(columns)), columns])
        weighted = basis * bends[:, None]
        ridge = 1e-10 * float(bends.sum()) * np.eye(basis.shape[1])
        back = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ terms)
        values = terms - basis @ back
        spread = np.sqrt(np.square(values).mean(axis=0))
        scale: FloatArray = np.where(
            np.square(spread) > NEW * np.maximum(np.square(terms).mean(axis=0), 1e-300),
            spread,
            np.inf,
        )
        return cls(values / scale, scale, np.asarray(back, np.float64))


def slopes(head: Head, eta: FloatArray, y: FloatArray) -> FloatArray:
    """First derivative of each row's loss in its linear predictor, both (n, n_outputs)."""
    mean = head.response(eta)
    if head.kind is Kind.MULTICLASS:
        return np.asarray(mean - (np.arange(mean.shape[1]) == y[:, None]))
    return (mean - y)[:, None] * (2.0 if head.kind is Kind.CONTINUOUS else 1.0)


def bend(head: Head, eta: FloatArray) -> FloatArray:
    """How much each row's loss bends in its linear predictor, (n,); of several outputs no direction
    bends more (Gershgorin).
    """
    if head.kind is Kind.CONTINUOUS:
        return np.full(len(eta), 2.0)
    mean = head.response(eta).reshape(len(eta), -1)
    if head.kind is Kind.COUNT:
        return np.maximum(mean[:, 0], 1e-12)
    largest = np.maximum(mean * (1 - mean), 1e-6).max(axis=1)
    return np.asarray(largest * (2.0 if mean.shape[1] > 1 else 1.0))


def strongest(values: FloatArray, offset: FloatArray, y: FloatArray, head: Head) -> float:
    """The least penalty at which no term is chosen."""
    gradient = values.T @ slopes(head, offset, y) / len(y)
    return float(np.linalg.norm(gradient, axis=1).max(initial=0.0))


def lasso(
    values: FloatArray, offset: FloatArray, y: FloatArray, head: Head, penalties: Sequence[float]
) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
    """Minimise mean loss(offset + values @ w) + penalty * sum of the lengths of w's rows, for each
    penalty in turn.

    The lasso (Tibshirani 1996, J. R. Statist. Soc. B 58), with several outputs the group lasso, in
    which a term counts for all of them (Yuan and Lin 2006, J. R. Statist. Soc. B 68, eq. 2.1). By
    scikit-learn's coordinate descent on squares that touch the loss where it stands and bend as
    much at least, again and again (Friedman, Hastie and Tibshirani 2010, J. Statist. Software 33,
    section 3).

    Parameters
    ----------
    values : (n, n_terms) of unit variance. offset : (n, n_outputs). y : (n,) in the offset's unit.
    penalties : the strongest first.

    Yields
    ------
    terms chosen (n_chosen,), ascending, and their weights (n_chosen, n_outputs).
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import lasso_path

    weights = np.zeros((offset.shape[1], values.shape[1]))
    moved = np.zeros_like(offset)
    for penalty in penalties:
        for _ in range(ROUNDS):
            eta, before = offset + moved, moved
            root = np.sqrt(bend(head, eta))[:, None]
            wanted = root * moved - slopes(head, eta, y) / root
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                one = wanted.shape[1] == 1
                _, found, _ = lasso_path(
                    root * values,
                    wanted[:, 0] if one else wanted,
                    alphas=[penalty],
                    precompute=False,
                    coef_init=weights[0] if one else weights,
                )
            weights = found[..., 0].reshape(weights.shape)
            moved = values @ weights.T
            if np.square(moved - before).sum() <= TOLERANCE**2 * np.square(moved).sum():
                break
        chosen = np.flatnonzero(weights.any(axis=0))
        yield chosen, weights[:, chosen].T
