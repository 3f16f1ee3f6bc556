"""Residuals of the test rows, observed less predicted, in bins of the prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.evidence.checks.bins import Mean, bins_for, equal_bins, mean_of
from study.evidence.checks.rows import PREDICTION
from study.evidence.pairs import FloatArray
from study.evidence.winners import MODEL
from study.schema import Kind

COLUMNS = [
    *MODEL, "column", "unit", "category", "bin", "start", "end", "x", "mean", "low", "high", "q10", "q90", "n_rows", "n_groups",
    "explained", "holds",
]  # fmt: skip


def with_residuals(rows: pd.DataFrame) -> pd.DataFrame:
    """`checked_rows` of targets that have residuals, with residual, observed less predicted, of a binary target 1 or 0 less the
    probability, and least, the variance that a residual has at least where the prediction is right: of a count its rate, of a
    class p (1 - p), of a continuous target 0."""
    own = rows[rows["kind"] != Kind.MULTICLASS]
    predicted = own["predicted"].astype(float)
    least = predicted.where(own["kind"] == Kind.COUNT, 0.0)
    least = least.where(own["kind"] != Kind.BINARY, predicted * (1 - predicted))
    return own.assign(residual=own["observed"].astype(float) - predicted, least=least)


def by_prediction(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean residual of every model of a continuous target or a count in bins of about equally many predictions.

    Parameters
    ----------
    rows : `checked_rows` of any targets.

    Returns
    -------
    (n_models * n_bins, 20) frame of COLUMNS: column is PREDICTION, start and end are the least and the largest prediction of
    the bin and x their mean; mean: residual, each distinct row once (`mean_of`), with low and high, which hold together for all
    bins of all models of the target; q10, q90: of the predictions' residuals; explained, holds: NaN and False.
    """
    own = with_residuals(rows)
    own = own[own["kind"].isin((Kind.CONTINUOUS, Kind.COUNT))]
    found: list[dict[str, Any]] = []
    for _, of_target in own.groupby("target", sort=False):
        bins = bins_for(of_target["row"].nunique())
        models = [(key, part, equal_bins(_predicted(part), bins)) for key, part in of_target.groupby(MODEL, sort=False)]
        tests = sum(int(places.max()) + 1 for _, _, places in models)
        for key, part, places in models:
            about = dict(zip(MODEL, key, strict=True)) | {"column": PREDICTION, "unit": "", "category": ""}
            for place, rows_in in part.groupby(places):
                predicted = _predicted(rows_in)
                ends = {"start": predicted.min(), "end": predicted.max(), "x": predicted.mean()}
                found.append(about | {"bin": place} | ends | binned(rows_in, tests) | {"explained": np.nan, "holds": False})
    return pd.DataFrame(found, columns=COLUMNS)


def binned(rows: pd.DataFrame, tests: int) -> dict[str, Any]:
    """mean, low, high, q10, q90, n_rows and n_groups of the residuals of the rows in one bin."""
    mean: Mean = mean_of(rows, rows["residual"], tests, float(rows["least"].mean()))
    low, high = rows["residual"].quantile([0.1, 0.9])
    return vars(mean) | {"q10": float(low), "q90": float(high)}


def _predicted(rows: pd.DataFrame) -> FloatArray:
    return rows["predicted"].to_numpy(float)
