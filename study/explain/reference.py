"""Closed-form and maximum-likelihood fits of the regressions, with standard errors, to hold Keras estimates against."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from study.schema import Kind

INTERCEPT = "intercept"
MOST_CONDITION = 1e3
"""Condition number of the standardised columns above which no standard error is claimed."""
MOST_VIF = 30.0
"""Variance inflation factor above which a term's standard error is not claimed."""
MOST_LOG_ODDS = 30.0
"""Estimate or standard error per standard deviation of a column that only a diverging likelihood reaches."""

MOST_WORK = 1e8
"""Rows x coefficients² up to which a penalised winner's rows are fitted without the penalty too."""
REFERENCES = ["ref_estimate", "ref_std_error", "ref_low", "ref_high"]
UNPENALISED = ["mle_estimate", "mle_std_error", "mle_low", "mle_high"]


@dataclass(frozen=True)
class _Basis:
    """Columns standardised and turned into independent directions, and the exact linear way back to original units.

    The columns are (x - mean) / deviation = z, and z @ directions (n_terms, rank) has full rank. Weights g per direction
    and an intercept a give weights directions @ g / deviation per original unit, the least-norm ones per standard deviation
    where columns are collinear, and the intercept a - mean @ weights.
    """

    mean: np.ndarray
    deviation: np.ndarray
    directions: np.ndarray
    z: np.ndarray
    notes: dict[str, list[str]]  # intercept and terms, each with what is to be said of it
    sure: np.ndarray  # (1 + n_terms,) whether the data determine intercept and weights well enough for a standard error

    @property
    def columns(self) -> np.ndarray:
        """(n, 1 + rank) a column of ones, then the directions."""
        return np.column_stack([np.ones(len(self.z)), self.z @ self.directions])

    @property
    def back(self) -> np.ndarray:
        """(1 + n_terms, 1 + rank) matrix from (intercept, direction weights) to (intercept, weights per original unit)."""
        weights = self.directions / self.deviation[:, None]
        top = np.concatenate([[1.0], -self.mean @ weights])
        return np.vstack([top, np.column_stack([np.zeros(len(weights)), weights])])


def reference_coefficients(
    design: pd.DataFrame, y: np.ndarray, kind: Kind, classes: Sequence[str] | None, l2: float, scale: np.ndarray
) -> pd.DataFrame:
    """Coefficients per original unit of the regression of `kind`, fitted by statsmodels, or with a penalty by scikit-learn.

    Without a penalty: ordinary least squares with HC3 standard errors (MacKinnon and White 1985, J. Econometrics 29) and t
    intervals, logistic, multinomial and Poisson regression by maximum likelihood with normal intervals. The fit is made on
    standardised, independent directions and mapped back by an exact linear transformation, the covariance with it.

    With a penalty the objective is the sum of losses + l2 * ||w||², where w are the weights per `scale` of each column and the
    intercept is free: squared error over the variance of y, log loss and cross-entropy in nats, exp(eta) - y * eta. A
    penalised estimate is biased by design and has no standard error; the fit of the same rows without the penalty has, and
    stands beside it as `mle_*`, up to MOST_WORK.

    Several classes are reported as contrasts with the first: weights of classes[1:] less those of classes[0]; an
    over-parameterised softmax determines nothing else.

    Parameters
    ----------
    design : (n, n_terms) float columns in original units; their names are the terms.
    y : (n,) values, counts, 0 and 1, or positions in `classes`.
    classes : names of the classes of a multiclass target; otherwise ignored.
    l2 : penalty, 0 for none.
    scale : (n_terms,) what the penalised weights are per: the standard deviation of each column where the network was fed.

    Returns
    -------
    (1 + n_terms, or that times n_classes - 1) frame of term (`intercept` first), output (a class or None), ref_estimate,
    ref_std_error, ref_low, ref_high (95 %), note, mle_estimate, mle_std_error, mle_low, mle_high (without a penalty the
    same as ref_*). A standard error is NaN where the note says why.

    Raises
    ------
    ValueError
        `design`, `y` and `scale` differ in length, or l2 is negative.
    """
    x = design.to_numpy(float)
    if len(y) != len(x) or len(scale) != x.shape[1] or l2 < 0:
        raise ValueError(f"y and scale must fit the design {x.shape} and l2 be 0 or more but got {len(y)}, {len(scale)}, {l2}.")
    basis = _basis([str(term) for term in design.columns], x)
    outputs: list[str | None] = [str(name) for name in classes[1:]] if kind == Kind.MULTICLASS and classes else [None]
    if l2 > 0 and len(x) * (len(basis.notes) * len(outputs)) ** 2 > MOST_WORK:
        lost = np.full((len(basis.notes), len(outputs)), np.nan)
        free = _frame({term: ["too many coefficients to fit"] for term in basis.notes}, outputs, lost, lost, np.nan)
    else:
        estimate, error, quantile, trouble = _likelihood(basis, np.asarray(y), kind, len(outputs))
        notes = {term: [*said, trouble] if trouble else said for term, said in basis.notes.items()}
        error = np.where(basis.sure[:, None] & (not trouble) & np.isfinite(error), error, np.nan)
        free = _frame(notes, outputs, estimate, error, quantile)
    both = free.assign(**{mle: free[ref] for mle, ref in zip(UNPENALISED, REFERENCES, strict=True)})
    if l2 == 0:
        return both
    estimate = _penalised(x, np.asarray(y), kind, l2, np.where(np.asarray(scale) > 0, scale, 1.0))
    note = f"penalised (l2 = {l2:.3g}): no standard error"
    said = [f"{note}; without the penalty: {trouble}" if trouble else note for trouble in free["note"]]
    return both.assign(**dict.fromkeys(REFERENCES, np.nan)).assign(ref_estimate=estimate.T.ravel(), note=said)


def _basis(terms: list[str], x: np.ndarray) -> _Basis:
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1)
    deviation = np.where(constant, 1.0, deviation)
    z = np.where(constant, 0.0, (x - mean) / deviation)
    # The whole of `rows`, whose last ones span what is collinear; the whole of the other side would be n x n.
    _, singular, rows = np.linalg.svd(z, full_matrices=z.shape[0] < z.shape[1])
    rank = int((singular > 1e-9 * max(singular.max(initial=0), 1)).sum())
    notes: dict[str, list[str]] = {term: [] for term in [INTERCEPT, *terms]}
    unsure, of_all = constant.copy(), list[str]()
    for term in np.array(terms, dtype=object)[constant]:
        notes[term].append("constant column: its weight is set to 0")
    tied = (np.abs(rows[rank:]).max(axis=0, initial=0) > 1e-6) & ~constant
    if tied.any():
        names = [term for term, is_tied in zip(terms, tied, strict=True) if is_tied]
        for term in [INTERCEPT, *names]:
            notes[term].append(f"collinear ({_names(names)}): least-norm weights, no standard error")
        unsure |= tied
    elif rank and (condition := singular[:rank].max() / singular[:rank].min()) > MOST_CONDITION:
        of_all.append(f"collinear (condition number {condition:.2g}): no standard error")
    if len(x) <= len(terms) + 1:
        of_all.append(f"{len(x)} rows for {len(terms) + 1} coefficients: no standard error")
    for said in notes.values():
        said += of_all
    unsure |= bool(of_all)
    if not unsure.all():
        inflation = np.square(rows[:rank] / singular[:rank, None]).sum(axis=0) * len(x)
        inflated = (inflation > MOST_VIF) & ~unsure
        names = [term for term, is_inflated in zip(terms, inflated, strict=True) if is_inflated]
        for term in names:
            notes[term].append(f"variance inflation above {MOST_VIF:g} ({_names(names)}): no standard error")
        unsure |= inflated
    sure = ~np.concatenate([[(unsure & ~constant).any()], unsure])
    return _Basis(mean, deviation, rows[:rank].T, z, notes, sure)


def _names(terms: list[str]) -> str:
    return ", ".join(terms) if len(terms) <= 6 else f"{', '.join(terms[:5])} and {len(terms) - 5} more"


def _likelihood(basis: _Basis, y: np.ndarray, kind: Kind, n_outputs: int) -> tuple[np.ndarray, np.ndarray, float, str]:
    """Estimates and standard errors (1 + n_terms, n_outputs) per original unit, the interval's quantile, and any trouble."""
    # `statsmodels.api` has the same and takes five times as long to import.
    from statsmodels.discrete.discrete_model import Logit, MNLogit
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    columns, back = basis.columns, basis.back
    n, p = columns.shape
    models: dict[Kind, Any] = {Kind.BINARY: Logit, Kind.MULTICLASS: MNLogit}
    trouble = ""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if kind == Kind.CONTINUOUS:
            fit = OLS(y, columns).fit()
            covariance = fit.get_robustcov_results("HC3").cov_params() if n > p else np.full((p, p), np.nan)
        else:
            try:
                if kind == Kind.COUNT:
                    fit = GLM(y, columns, family=Poisson()).fit(maxiter=100, tol=1e-12, tol_criterion="params")
                    converged = bool(fit.converged)
                else:
                    fit = models[kind](y, columns).fit(method="newton", maxiter=35, disp=False)
                    converged = bool(fit.mle_retvals["converged"])
                covariance = np.asarray(fit.cov_params())
            except (np.linalg.LinAlgError, ValueError, PerfectSeparationError):
                lost = np.full((len(basis.notes), n_outputs), np.nan)
                return lost, lost, np.nan, "the maximum-likelihood fit failed: no estimate"
            weights = (np.asarray(fit.params).reshape(p, -1, order="F") if p else np.zeros((0, 1)))[1:]
            per_deviation = np.abs(basis.directions @ weights).max(initial=0)
            spread = np.sqrt(np.abs(np.diag(covariance))).max(initial=0)
            certain = kind != Kind.COUNT and fit.llf > -1e-6 * n
            if certain or not converged or not (max(per_deviation, spread) < MOST_LOG_ODDS):
                trouble = "separated or diverging: the likelihood has no maximum, so the estimates mean nothing but their signs"
    params = np.asarray(fit.params, float).reshape(p, n_outputs)
    blocks = np.asarray(covariance, float).reshape(n_outputs, p, n_outputs, p)
    variance = np.stack([np.einsum("ij,jk,ik->i", back, blocks[k, :, k], back) for k in range(n_outputs)], axis=1)
    quantile = stats.t.ppf(0.975, max(n - p, 1)) if kind == Kind.CONTINUOUS else stats.norm.ppf(0.975)
    return back @ params, np.sqrt(np.maximum(variance, 0)), float(quantile), trouble


def _penalised(x: np.ndarray, y: np.ndarray, kind: Kind, l2: float, scale: np.ndarray) -> np.ndarray:
    """Penalised estimates (1 + n_terms, n_outputs) per original unit."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

    mean, n = x.mean(axis=0), len(x)
    z = (x - mean) / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near its optimum Newton hands over to lbfgs, and says so
        if kind == Kind.CONTINUOUS:
            fit = Ridge(alpha=l2, solver="svd").fit(z, y)
        elif kind == Kind.COUNT:
            fit = PoissonRegressor(alpha=2 * l2 / n, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(z, y)
        else:
            fit = LogisticRegression(C=1 / (2 * l2), solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(z, y)
    weights, intercept = np.atleast_2d(fit.coef_).T / scale[:, None], np.atleast_1d(fit.intercept_)
    estimate = np.vstack([intercept - mean @ weights, weights])
    return estimate[:, 1:] - estimate[:, :1] if kind == Kind.MULTICLASS else estimate


def _frame(
    notes: dict[str, list[str]], outputs: list[str | None], estimate: np.ndarray, error: np.ndarray, quantile: float
) -> pd.DataFrame:
    low, high = (estimate + s * quantile * error for s in (-1, 1))
    rows = [
        (term, output, estimate[i, k], error[i, k], low[i, k], high[i, k], "; ".join(said))
        for k, output in enumerate(outputs)
        for i, (term, said) in enumerate(notes.items())
    ]
    return pd.DataFrame(rows, columns=["term", "output", *REFERENCES, "note"])
