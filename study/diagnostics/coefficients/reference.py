"""Closed-form and maximum-likelihood fits of the regressions, with standard errors, to hold Keras
estimates against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.data.units import Units
from study.diagnostics.coefficients.basis import FAILED, Basis
from study.diagnostics.coefficients.likelihood import (
    REFERENCES,
    UNPENALISED as UNPENALISED,
    _free,
    _likelihood,
    _lost,
    _penalised,
)
from study.formatting import given
from study.schema import INTERCEPT, Kind

MOST_WORK = 1e8
"""Rows x coefficients² up to which a penalised winner's rows are fitted without the penalty too."""


def reference_coefficients(
    design: pd.DataFrame,
    y: np.ndarray,
    kind: Kind,
    classes: Sequence[str] | None,
    l2: float,
    scale: np.ndarray,
    units: Units | None = None,
) -> pd.DataFrame:
    """Coefficients per original unit of the regression of `kind`, fitted by statsmodels, or with a
    penalty by scikit-learn.

    Without a penalty: ordinary least squares, logistic, multinomial and Poisson regression by
    maximum likelihood. Standard errors come from leaving out one unit after the other
    (`study.diagnostics.jackknife`), whatever the kind, and ask nothing of the noise but that units
    are independent. Intervals are of the t distribution with as many degrees of freedom as there
    are groups or blocks, less one; of rows, rows less coefficients. The fit is made on
    standardised, independent directions and mapped back by an exact linear transformation, the
    covariance with it.

    With a penalty the objective is the sum of losses + l2 * ||w||², where w are the weights per
    `scale` of each column and the intercept is free: squared error over the variance of y, log loss
    and cross-entropy in nats, exp(eta) - y * eta. A penalised estimate is biased by design and has
    no standard error; the fit of the same rows without the penalty has, and stands beside it as
    `mle_*`, up to MOST_WORK.

    Several classes are reported as contrasts with the first: weights of classes[1:] less those of
    classes[0]; an over-parameterised softmax determines nothing else.

    Parameters
    ----------
    design : (n, n_terms) float columns in original units; their names are the terms.
    y : (n,) values, counts, 0 and 1, or positions in `classes`.
    classes : names of the classes of a multiclass target; otherwise ignored.
    l2 : penalty, 0 for none.
    scale : (n_terms,) what the penalised weights are per: the standard deviation of each column
        where the network was fed.
    units : which unit each row is in; each is one of its own where this is left out.

    Returns
    -------
    (1 + n_terms, or that times n_classes - 1) frame of term (`intercept` first), output (a class or
    None), ref_estimate, ref_std_error, ref_low, ref_high (95%), note, mle_estimate, mle_std_error,
    mle_low, mle_high (without a penalty the same as ref_*), se_over (`rows`, `groups` or `blocks of
    time`; None where mle_std_error is NaN). A standard error is NaN where the note says why. The
    note says too where a fit did not converge. Classes without a row have NaN and a note; the
    others are fitted as if these were none.
    """
    scale = np.where(np.asarray(scale) > 0, scale, 1.0)
    units = units or Units.rows(len(y))
    if kind != Kind.MULTICLASS or not classes:
        return _fitted(design, np.asarray(y), kind, [None], l2, scale, units)
    codes, y = np.unique(np.asarray(y).astype(int), return_inverse=True)
    present = [str(classes[code]) for code in codes]
    fitted = None
    if len(present) > 1 and codes[0] == 0:
        fitted = _fitted(design, y, kind, present[1:], l2, scale, units)
    pieces = []
    for name in map(str, classes[1:]):
        if fitted is not None and name in present:
            pieces.append(fitted[fitted["output"] == name])
        else:  # all others are compared with the first
            absent = name if codes[0] == 0 else classes[0]
            said = f"class {absent} has no row here: no estimate"
            pieces.append(no_reference([str(term) for term in design], [name], said))
    return pd.concat(pieces, ignore_index=True)


def _fitted(
    design: pd.DataFrame,
    y: np.ndarray,
    kind: Kind,
    outputs: Sequence[str | None],
    l2: float,
    scale: np.ndarray,
    units: Units,
) -> pd.DataFrame:
    """The same where every class has rows; y: positions in the first class and `outputs`."""
    x = design.to_numpy(float)
    basis = Basis.of([str(term) for term in design], x)
    if l2 > 0 and len(y) * (len(basis.notes) * len(outputs)) ** 2 > MOST_WORK:
        free = _lost(basis.notes, outputs, "too many coefficients to fit")
    elif fit := _likelihood(basis, y, kind, len(outputs)):
        free = _free(basis, y, kind, fit, units, outputs)
    else:
        free = _lost(basis.notes, outputs, FAILED)
    if l2 == 0:
        return free
    estimate, arrived = _penalised(x, y, kind, l2, scale)
    note = f"penalised (l2 = {given(l2)}): no standard error{'' if arrived else '; the fit did not converge'}"
    said = [
        f"{note}; without the penalty: {trouble}" if trouble else note for trouble in free["note"]
    ]
    free[REFERENCES] = np.nan
    return free.assign(ref_estimate=estimate.T.ravel(), note=said)


def no_reference(terms: Sequence[str], outputs: Sequence[str | None], said: str) -> pd.DataFrame:
    """What `reference_coefficients` gives where no fit is made: NaN, and a note that says why."""
    return _lost({term: [] for term in [INTERCEPT, *terms]}, outputs, said)
