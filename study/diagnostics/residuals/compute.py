"""Residuals of the test rows, observed less predicted, in bins of the prediction."""

from __future__ import annotations

from typing import Any

import pandas as pd

from study.diagnostics.bins import binned, mean_of
from study.diagnostics.context import Context
from study.evidence.winners import MODEL
from study.records.columns.shared import frame
from study.schema import Kind

COLUMNS = frame(
    "One bin of a model's test rows, by its predictions.",
    "target kind family depth bin start end x mean low high q10 q90 n_rows",
    {"start": "Lowest prediction in the bin.", "end": "Highest prediction in the bin.",
     "x": "Mean prediction in the bin.",
     "mean": "Mean residual (observed less predicted), each distinct row once.",
     "low": "Lower limit of the mean, for all bins together.",
     "high": "Upper limit of the mean.",
     "q10": "10th percentile of the residuals.",
     "q90": "The 90th percentile of the residuals.",
     "n_rows": ("int64", "Distinct test rows in the bin.")},
)  # fmt: skip


def compute(context: Context) -> pd.DataFrame:
    """Mean residual of every model of a continuous target or a count in bins of about equally many
    predictions.

    Returns
    -------
    (n_models * n_bins, 14) frame of COLUMNS: start and end are the least and the largest prediction
    of the bin and x their mean; mean: residual, each distinct row once (`mean_of`), with low and
    high, which hold together for all bins of all models of the target, and of a count with no less
    variance than its rates; q10, q90: of the predictions' residuals.
    """
    rows = context.rows
    own = rows[rows["kind"].isin((Kind.CONTINUOUS, Kind.COUNT))]
    own = own.assign(
        predicted=own["predicted"].astype(float),
        residual=(own["observed"] - own["predicted"]).astype(float),
    )
    found: list[dict[str, Any]] = []
    for (_, kind), of_target in own.groupby(["target", "kind"], sort=False):
        for about, inside, tests in binned(of_target, MODEL, "predicted"):
            predicted = inside["predicted"]
            residual = inside["residual"]
            mean = mean_of(
                inside, residual, tests, float(predicted.mean()) if kind == Kind.COUNT else 0.0
            )
            ends = {"start": predicted.min(), "end": predicted.max(), "x": predicted.mean()}
            spread = {"q10": residual.quantile(0.1), "q90": residual.quantile(0.9)}
            found.append(about | ends | mean._asdict() | spread)
    return COLUMNS.of(found)
