"""Which classes are taken for which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.diagnostics.context import Context
from study.evidence.winners import MODEL, class_probabilities
from study.records.columns.shared import frame
from study.schema import Kind

COLUMNS = frame(
    "One pair of classes of a model: observed and most probable.",
    "target kind family depth observed predicted n_rows",
    {"observed": ("int64", "Index of the class."), "predicted": ("int64", "Index of the most probable class."),
     "n_rows": "Distinct test rows; one with several predictions is divided between them."},
)  # fmt: skip


def compute(context: Context) -> pd.DataFrame:
    """How many test rows of a class were given which class, the most probable one; of two classes
    that from 0.5 up.

    Returns
    -------
    (n, 7) frame of COLUMNS, one row a model and pair of classes (their indices) that came up:
    n_rows adds up to the distinct test rows of the model, a row with several predictions divided
    between them (share of `checked_rows`).
    """
    rows = context.rows
    found = [COLUMNS.of([])]
    for (_, kind), own in rows[rows["kind"].isin((Kind.BINARY, Kind.MULTICLASS))].groupby(
        ["target", "kind"], sort=False
    ):
        if kind == Kind.BINARY:
            chosen = (own["predicted"].to_numpy(float) >= 0.5).astype(np.int64)
        else:
            chosen = class_probabilities(own).to_numpy(float).argmax(axis=1)
        own = own.assign(predicted=chosen, observed=own["observed"].astype(np.int64))
        counts = own.groupby([*MODEL, "observed", "predicted"])["share"].sum()
        found.append(counts.rename("n_rows").reset_index())
    return pd.concat(found[1:] or found, ignore_index=True)
