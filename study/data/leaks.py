"""Features that are the target in another dress: the trap that makes every model look perfect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.schema import StudyWarning, Target

OFTEN = 10
"""Rows of a value, on average, from which on it is no luck that they all have one class."""


def leaks(
    frame: pd.DataFrame, features: Sequence[str], targets: Sequence[Target]
) -> list[StudyWarning]:
    """S006 for every feature column that determines a target column.

    For classes: each value of the feature goes with one class, and each class with one value or
    each value with OFTEN rows on average. For numbers: the correlation of two numeric columns is 1
    or -1, to nine digits. Rows where either is missing do not count.
    """
    return [
        StudyWarning(
            id="S006",
            target=target.name,
            text=f"Feature {feature!r} determines {target.name!r}.",
            todo="If it is not known when you predict, add it to data.drop.",
        )
        for target in targets
        for feature in features
        if _same(frame[[feature, target.name]].dropna(), bool(target.classes))
    ]


def _same(pair: pd.DataFrame, classes: bool) -> bool:
    if len(pair) < 2:
        return False
    one, other = pair.iloc[:, 0], pair.iloc[:, 1]
    if classes:
        n_values, n_classes = one.nunique(), other.nunique()
        told = n_values == len(pair.drop_duplicates()) and n_classes > 1
        return told and (n_values == n_classes or len(pair) >= OFTEN * n_values)
    if not pd.api.types.is_float_dtype(one.dtype):
        return False
    x, y = (np.asarray(column, dtype=np.float64) - float(column.mean()) for column in (one, other))
    size = np.sqrt((x @ x) * (y @ y))
    return bool(size > 0 and np.isfinite(size) and abs(x @ y) > (1 - 1e-9) * size)
