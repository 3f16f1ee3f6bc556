"""How the gain of one procedure over another changes with rows: from both trained on parts of the
development rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from study.evidence.findings import CurvePoint
from study.evidence.intervals import Method
from study.evidence.pairs import (
    FINE,
    by_unit,
    contributions,
    least_variance,
    linearised,
    mean_covariance,
    paired,
)
from study.evidence.scores import UNIT, with_groups
from study.evidence.winners import CHOSEN
from study.schema import PART

ByFraction = dict[float, pd.DataFrame]
"""(n, 5 to 6) test losses of UNIT, and FINE where there is one, by the fraction of the development
rows that a procedure was trained on; 1 is the judged one."""


@dataclass(frozen=True)
class GainCurve:
    """How the improvement r changes with the rows: r(k) = r + slope * (1 / k - 1) at k times the
    rows.

    slope: per 1 / k, below 0 where the gain grows with rows. slope_error: its standard error.
    correlation: between it and the improvement of all rows. points: the improvement at each
    fraction of the rows.
    """

    slope: float
    slope_error: float
    correlation: float
    points: tuple[CurvePoint, ...]


def on_parts(predictions: pd.DataFrame, family: str, depth: int) -> ByFraction:
    """Test losses of a procedure on parts of the development rows, averaged over the parts of one
    fraction.

    predictions: of one target. depth: CHOSEN is the network, which in every outer fold and part
    takes the family and depth of least validation loss on that part, the shallower of two alike, as
    it does on all rows. Rows without a validation loss are left out: they are of a version that
    trained on parts otherwise.
    """
    own = predictions[predictions["candidate"].str.startswith(PART)]
    own = own.dropna(subset="val_loss") if "val_loss" in own else own.iloc[:0]
    own = (
        own[own["depth"] > 0]
        if depth == CHOSEN
        else own[(own["family"] == family) & (own["depth"] == depth)]
    )
    if own.empty:
        return {}
    part = ["outer_fold", "candidate", "seed"]
    heads = (
        own[[*part, "val_loss", "depth", "family"]]
        .drop_duplicates()
        .sort_values([*part, "val_loss", "depth", "family"])
    )
    best = heads.drop_duplicates(part)[[*part, "depth", "family"]]
    losses = with_groups(own.merge(best, on=[*part, "depth", "family"]))
    told = ["loss", *losses.columns.intersection([FINE])]
    return {
        float(str(candidate).removeprefix(PART)): some.groupby(UNIT[:-1], dropna=False)[told]
        .mean()
        .reset_index()
        for candidate, some in losses.groupby("candidate")
    }


def gain_curve(
    base: ByFraction, other: ByFraction, per: ByFraction, folds: int, n_train: float, method: Method
) -> GainCurve | None:
    """Fit the improvement of one procedure over another, as a share of the loss of a third, against
    1 / rows.

    The improvements r_f at fractions f are of the test rows and outer folds that all have, so with
    U (n_rows, n_fractions) the contributions of each row (`study.evidence.pairs.contributions`)
    their covariance S is that of the means of U, `mean_covariance`,
    with variances of `least_variance` at least. Weighted least squares with
    weights 1 / S_ff gives r_f = a + slope / f, the usual learning curve of a loss whose excess
    falls as 1 / n. The variance of the slope is that of a linear map of r under S, plus what the
    weighted residuals show of the noise that every training adds of its own.

    Parameters
    ----------
    folds : outer folds a repeat.
    n_train : rows that an outer fold leaves.
    method : of the points' intervals.

    Returns
    -------
    None where fewer than three fractions, with 1 among them, were scored for all.
    """
    found = []
    columns, least = dict[float, pd.Series](), list[float]()
    in_time = False
    common = sorted(set(base) & set(other) & set(per))
    each = {f: paired(base[f], other[f], folds, per[f]) for f in common}
    for fraction, pairs in _shared({f: pairs for f, pairs in each.items() if len(pairs)}).items():
        estimate, share = contributions(pairs, "improvement")
        if not np.isfinite(estimate):
            continue
        columns[fraction] = by_unit(pairs, share)
        least.append(least_variance(pairs) / linearised(pairs, "improvement")[2] ** 2)
        in_time = "time" in pairs
        gain = method(pairs)
        place = {"fraction": fraction, "n_rows": np.round(n_train * fraction)}
        found.append(place | {"improvement": estimate, "low": gain.low, "high": gain.high})
    points, rows = pd.DataFrame(found), pd.DataFrame(columns).dropna()
    if len(points) < 3 or 1.0 not in columns or len(rows) < 3:
        return None
    covariance = mean_covariance(rows, in_time)
    covariance += np.diag(np.maximum(least - covariance.diagonal(), 0.0))
    errors = np.sqrt(np.diag(covariance))
    if not (errors > 0).all():
        return None
    inverse = 1 / points["fraction"].to_numpy(float)
    design = np.column_stack([np.ones(len(points)), inverse]) / errors[:, None]
    solve = np.linalg.pinv(design) / errors
    r = points["improvement"].to_numpy(float)
    fitted = solve @ r
    residual = (r / errors - design @ fitted) ** 2
    own_noise = residual.sum() / (len(points) - 2) * np.linalg.inv(design.T @ design)
    error = float(np.sqrt(max((solve @ covariance @ solve.T + own_noise)[1, 1], 0.0)))
    shared = float((solve @ covariance)[1, -1] / errors[-1])  # fractions ascend, so 1 is the last
    told = tuple(CurvePoint.model_validate(point) for point in points.to_dict("records"))
    correlation = float(np.clip(shared / error, -1, 1)) if error else 0.0
    return GainCurve(float(fitted[1]), error, correlation, told)


def _shared(pairs: dict[float, pd.DataFrame]) -> dict[float, pd.DataFrame]:
    """Pairs of the outer folds and rows that every fraction has: folds differ in their gains, and
    are no rows of a curve.
    """
    places = [own[["repeat", "fold", "row"]] for own in pairs.values()]
    return {fraction: own.merge(reduce(pd.merge, places)) for fraction, own in pairs.items()}
