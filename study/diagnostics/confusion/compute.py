"""Which classes are taken for which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.evidence.winners import MODEL, class_probabilities
from study.schema import Kind

COLUMNS = [*MODEL, "observed", "predicted", "n_rows"]


def confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """How many test rows of a class were given which class, the most probable one; of two classes that from 0.5 up.

    Returns
    -------
    (n, 7) frame of COLUMNS, one row a model and pair of classes (their indices) that came up: n_rows adds up to the distinct
    test rows of the model, a row with several predictions divided between them (share of `checked_rows`).
    """
    found = [pd.DataFrame(columns=COLUMNS)]
    for (_, kind), own in rows[rows["kind"].isin((Kind.BINARY, Kind.MULTICLASS))].groupby(["target", "kind"], sort=False):
        if kind == Kind.BINARY:
            chosen = (own["predicted"].to_numpy(float) >= 0.5).astype(np.int64)
        else:
            chosen = class_probabilities(own).to_numpy(float).argmax(axis=1)
        own = own.assign(predicted=chosen, observed=own["observed"].astype(np.int64))
        counts = own.groupby([*MODEL, "observed", "predicted"])["share"].sum()
        found.append(counts.rename("n_rows").reset_index())
    return pd.concat(found[1:] or found, ignore_index=True)
