"""Fits by maximum likelihood of several classes and counts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from study.data.rows import IntArray
from study.data.units import Sort, Units
from study.diagnostics.coefficients.basis import Basis, Fit
from study.diagnostics.jackknife import LEAST_CARRIERS, LEAST_UNITS, bent, jackknife
from study.families.heads import HEADS, FloatArray, Head
from study.formatting import given
from study.schema import Kind


def _likelihood(basis: Basis, y: np.ndarray, kind: Kind, n_outputs: int) -> Fit | None:
    """The maximum-likelihood fit; None where none could be made.

    Of separated rows nothing bends the likelihood in the end but rounding, and whether statsmodels
    fails or diverges depends on the processor; where it fails, the fit with a penalty next to none
    is taken.
    """
    # `statsmodels.api` has the same and takes five times as long to import.
    from statsmodels.discrete.discrete_model import Logit, MNLogit
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    columns, arrived = basis.columns, True
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            if kind == Kind.CONTINUOUS:
                fit = OLS(y, columns).fit()
            elif kind == Kind.COUNT:
                fit = GLM(y, columns, family=Poisson()).fit(
                    maxiter=100, tol=1e-12, tol_criterion="params"
                )
                arrived = bool(fit.converged)
            else:
                model = Logit if kind == Kind.BINARY else MNLogit
                fit = model(y, columns).fit(method="newton", maxiter=35, disp=False)
                arrived = bool(fit.mle_retvals["converged"])
            weights = np.asarray(fit.params, float).reshape(columns.shape[1], n_outputs)
            loss = -float(fit.llf)
        except (np.linalg.LinAlgError, ValueError, PerfectSeparationError):
            weights = np.full((columns.shape[1], n_outputs), np.nan)
        if not np.isfinite(weights).all():
            deviation = basis.singular / np.sqrt(len(y))
            weights, arrived = _penalised(columns[:, 1:], y, kind, TINY * len(y), deviation)
            loss = float(HEADS[kind].loss(_predictors(columns, weights, kind), y).sum())
    return Fit(weights, loss, arrived) if np.isfinite(loss) else None


def _predictors(columns: FloatArray, weights: FloatArray, kind: Kind) -> FloatArray:
    """Linear predictors (n, n_outputs), of classes with the zeros of the first."""
    eta = columns @ weights
    return np.column_stack([np.zeros(len(eta)), eta]) if kind == Kind.MULTICLASS else eta


def derivatives(head: Head, eta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minus the gradient (n, n_outputs) and the second derivatives (n, n_outputs, n_outputs) of
    each row's loss in eta, of squared errors of half of it: no standard error tells these apart.
    """
    mean = head.response(eta).reshape(len(y), -1)
    if head.kind is Kind.MULTICLASS:
        observed = np.arange(mean.shape[1]) == y[:, None]
        return observed - mean, mean[:, :, None] * (np.eye(mean.shape[1]) - mean[:, None, :])
    spread = {Kind.CONTINUOUS: np.ones_like(mean), Kind.BINARY: mean * (1 - mean)}
    return y[:, None] - mean, spread.get(head.kind, mean)[:, :, None]


def _free(
    basis: Basis,
    y: np.ndarray,
    kind: Kind,
    fit: Fit,
    units: Units,
    outputs: Sequence[str | None],
) -> pd.DataFrame:
    """Estimates of a fit without a penalty, with standard errors over units and what is to be said
    of them.
    """
    columns, (p, k) = basis.columns, fit.weights.shape
    n = len(columns)

    def read(rows: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        eta = _predictors(columns[rows], fit.weights, kind)
        residual, curvature = derivatives(HEADS[kind], eta, y[rows])
        return columns[rows], residual[:, -k:], curvature[:, -k:, -k:]

    parts = np.array_split(np.arange(n), n // BLOCK + 1)
    information = np.asarray(sum(bent(*read(part)[::2]) for part in parts))
    try:
        even = np.linalg.inv(np.linalg.cholesky(information))
        inverse = even.T @ even
    except np.linalg.LinAlgError:
        inverse = np.full_like(information, np.inf)
    trouble = basis.trouble(kind, n, fit, inverse)
    if not trouble and units.sort != "row" and units.count < LEAST_UNITS:
        trouble = f"{units.count} {OVER[units.sort]}: a standard error needs {LEAST_UNITS}"
    notes = {
        term: [*said, trouble] if trouble else list(said) for term, said in basis.notes.items()
    }
    error = np.full((len(notes), k), np.nan)
    if not trouble and basis.sure.any():
        sums = np.kron(np.eye(k), basis.back)
        variance, told, lone = jackknife(read, units.codes, information, sums, k)
        alone, carriers = lone.reshape(k, -1).max(axis=0), told.reshape(k, -1).min(axis=0)
        few = basis.sure & (alone | (carriers < LEAST_CARRIERS))
        error = np.where((basis.sure & ~few)[:, None], np.sqrt(variance).reshape(k, -1).T, np.nan)
        for i in np.flatnonzero(few).tolist():
            few_units = f"about {given(np.floor(10 * carriers[i]) / 10)} {OVER[units.sort]} tell"
            some = f"one {ONE[units.sort]} alone tells" if alone[i] else few_units
            notes[list(notes)[i]].append(f"{some} of it: no standard error")
    df = n - p if units.sort == "row" else units.count - 1
    quantile = float(stats.t.ppf(0.975, max(df, 1)))
    return _frame(notes, outputs, basis.back @ fit.weights, error, quantile, OVER[units.sort])


def _lost(notes: dict[str, list[str]], outputs: Sequence[str | None], said: str) -> pd.DataFrame:
    """What stands in place of the estimates of a fit that was not made."""
    lost = np.full((len(notes), len(outputs)), np.nan)
    return _frame({term: [*told, said] for term, told in notes.items()}, outputs, lost, lost)


def _penalised(
    x: np.ndarray, y: np.ndarray, kind: Kind, l2: float, scale: np.ndarray
) -> tuple[np.ndarray, bool]:
    """Penalised estimates (1 + n_terms, n_outputs) per original unit, and whether the fit arrived
    at its minimum.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

    mean, n = x.mean(axis=0), len(x)
    z = (x - mean) / scale
    newton: dict[str, Any] = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
    two = kind == Kind.MULTICLASS and len(np.unique(y)) == 2
    l2 = (
        l2 / 2 if two else l2
    )  # weights w and -w of two classes are a contrast of 2 w, whose square is two times theirs
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # near its optimum Newton hands over to lbfgs, and says so
        if kind == Kind.CONTINUOUS:
            fit = Ridge(alpha=l2, solver="svd")
        elif kind == Kind.COUNT:
            fit = PoissonRegressor(alpha=2 * l2 / n, **newton)
        else:
            fit = LogisticRegression(C=1 / (2 * l2), **newton)
        fit.fit(z, y)
    arrived = kind == Kind.CONTINUOUS or int(np.max(fit.n_iter_)) < fit.max_iter
    weights = np.atleast_2d(fit.coef_).T / scale[:, None]
    intercept = np.atleast_1d(fit.intercept_)
    estimate = np.vstack([intercept - mean @ weights, weights])
    if kind == Kind.MULTICLASS and not two:
        estimate = estimate[:, 1:] - estimate[:, :1]
    return estimate, arrived


BLOCK = 16_384
"""Rows whose curvature is held at a time."""


TINY = 1e-9
"""Penalty, per row, of directions of standard deviation 1 where no fit without one could be made.
"""


OVER: dict[Sort, str] = {"row": "rows", "group": "groups", "block": "blocks of time"}
"""What a standard error is taken over, by the sort of units, and"""


ONE: dict[Sort, str] = {"row": "row", "group": "group", "block": "block of time"}
"""what one of them is."""


def _frame(
    notes: dict[str, list[str]],
    outputs: Sequence[str | None],
    estimate: np.ndarray,
    error: np.ndarray,
    quantile: float = np.nan,
    over: str | None = None,
) -> pd.DataFrame:
    half = quantile * error
    found = [each.T.ravel() for each in (estimate, error, estimate - half, estimate + half)]
    said = [(term, out, "; ".join(own)) for out in outputs for term, own in notes.items()]
    return pd.DataFrame(said, columns=["term", "output", "note"]).assign(
        **dict(zip([*REFERENCES, *UNPENALISED], found * 2, strict=True)),
        se_over=np.array([None if np.isnan(each) else over for each in found[1]], object),
    )


REFERENCES = ["ref_estimate", "ref_std_error", "ref_low", "ref_high"]
UNPENALISED = ["mle_estimate", "mle_std_error", "mle_low", "mle_high"]
