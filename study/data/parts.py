"""An outer fold as if it had fewer development rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.splits import time_folds


def on_part(encoded: Encoded, rows: IntArray) -> Encoded | None:
    """The outer fold with `rows`, some of its development rows, as all that it has; None where its
    folds cannot be filled.

    Each inner fold keeps those of its rows that are in the part, so that a row which validates does
    so in both; rows in time order are cut anew, since the earliest training rows are in no part
    that is the latest. Encoders, and the terms that there are, stay those of the whole fold, and so
    do `bounds`, so that no program is compiled anew.
    """
    if encoded.times is None:
        folds = [
            tuple(np.intersect1d(some, rows) for some in pair)
            for pair in zip(encoded.train, encoded.validation, strict=True)
        ]
    elif len(np.unique(encoded.times[rows])) > len(encoded.train):
        folds = [tuple(pair) for pair in time_folds(rows, encoded.times, len(encoded.train))]
    else:
        return None
    if any(not len(held) or len(np.unique(encoded.y[kept])) < 2 for kept, held in folds):
        return None
    return replace(
        encoded,
        development=rows,
        train=[kept for kept, _ in folds],
        validation=[held for _, held in folds],
        parts=(),
    )
