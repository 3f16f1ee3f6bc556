"""Closed-form and maximum-likelihood fits of the regressions, with standard errors, to hold Keras
estimates against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from study.data.rows import IntArray
from study.data.units import Units
from study.diagnostics.coefficients.basis import FAILED, Basis, Scales, basis_of
from study.diagnostics.coefficients.likelihood import (
    OVER,
    REFERENCES,
    _free,
    _likelihood,
    _lost,
    _penalised,
)
from study.formatting import given
from study.schema import INTERCEPT, Kind

MOST_WORK = 1e8
"""Rows x coefficients² up to which a penalised winner's rows are fitted without the penalty too."""
UNPENALISED = ["mle_estimate", "mle_std_error", "mle_low", "mle_high"]


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
    y = np.asarray(y)
    scale = np.where(np.asarray(scale) > 0, scale, 1.0)
    if (
        kind == Kind.MULTICLASS
        and classes
        and len(present := np.unique(y).astype(int)) < len(classes)
    ):
        return _of_present(
            design,
            y,
            list(classes),
            present,
            partial(reference_coefficients, l2=l2, scale=scale, units=units),
        )
    outputs: list[str | None] = (
        [str(name) for name in classes[1:]] if kind == Kind.MULTICLASS and classes else [None]
    )
    units, x = units or Units.rows(len(y)), design.to_numpy(float)
    basis = _basis([str(term) for term in design.columns], x)
    columns = basis.columns(x)
    if l2 > 0 and len(y) * (len(basis.notes) * len(outputs)) ** 2 > MOST_WORK:
        free = _lost(basis.notes, outputs, "too many coefficients to fit")
    elif fit := _likelihood(basis, columns, y, kind, len(outputs)):
        free = _free(basis, columns, y, kind, fit, units, outputs)
    else:
        free = _lost(basis.notes, outputs, FAILED)
    over = np.array(
        [None if np.isnan(error) else OVER[units.sort] for error in free["ref_std_error"]],
        dtype=object,
    )
    both = free.assign(
        **{mle: free[ref] for mle, ref in zip(UNPENALISED, REFERENCES, strict=True)}, se_over=over
    )
    if l2 == 0:
        return both
    estimate, arrived = _penalised(x, y, kind, l2, scale)
    note = f"penalised (l2 = {given(l2)}): no standard error{'' if arrived else '; the fit did not converge'}"
    said = [
        f"{note}; without the penalty: {trouble}" if trouble else note for trouble in free["note"]
    ]
    return both.assign(**dict.fromkeys(REFERENCES, np.nan)).assign(
        ref_estimate=estimate.T.ravel(), note=said
    )


def no_reference(terms: Sequence[str], outputs: Sequence[str | None], said: str) -> pd.DataFrame:
    """What `reference_coefficients` gives where no fit is made: NaN, and a note that says why."""
    notes: dict[str, list[str]] = {term: [] for term in [INTERCEPT, *terms]}
    return _lost(notes, outputs, said).assign(**dict.fromkeys(UNPENALISED, np.nan), se_over=None)


def _of_present(
    design: pd.DataFrame,
    y: np.ndarray,
    classes: list[str],
    present: IntArray,
    fit: Callable[..., pd.DataFrame],
) -> pd.DataFrame:
    """Coefficients of the classes that have rows, whose codes are `present`, and NaN with a note of
    the others.

    Without the first class nothing can be told: all others are held against it.
    """

    def lost(name: str, of: str) -> pd.DataFrame:
        return no_reference(
            [str(term) for term in design.columns],
            [name],
            f"class {of} has no row here: no estimate",
        )

    if present[0] != 0 or len(present) < 2:
        absent = classes[0] if present[0] != 0 else None
        return pd.concat([lost(name, absent or name) for name in classes[1:]], ignore_index=True)
    found = fit(
        design, np.searchsorted(present, y), Kind.MULTICLASS, [classes[code] for code in present]
    )
    pieces = [
        found[found["output"] == name] if code in present else lost(name, name)
        for code, name in enumerate(classes[1:], 1)
    ]
    return pd.concat(pieces, ignore_index=True)


def _basis(terms: list[str], x: np.ndarray) -> Basis:
    scales = Scales.of(x.mean(axis=0), x.std(axis=0))
    z = scales.standardised(x)
    # The whole of `rows`, whose last ones span what is collinear; the whole of the other side would
    # be n x n.
    _, singular, rows = np.linalg.svd(z, full_matrices=z.shape[0] < z.shape[1])
    return basis_of(terms, scales, singular, rows, len(x))
