"""The one float32 copy of a table that all folds and workers of a study share."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.schema import Feature

NEAR = 16
"""How far from 0 the middle of a column may lie, in widths of its middle half, and be rounded as it
is."""
FAR = 1_024
"""How far it may lie for a sixteenth of that to be near."""


@dataclass(frozen=True)
class Term:
    """One column that a model sees: a column itself (`age`), one of its levels (`sex[male]`), or
    its gaps (`age[missing]`).

    unit: "day" for dates, "level" for indicators of a level or a gap, else "".
    """

    name: str
    column: str
    level: str | None
    unit: str

    @property
    def source(self) -> tuple[str, str | None]:
        """Column and level: what it is read from, whatever its name."""
        return self.column, self.level


@dataclass(frozen=True, eq=False)
class Matrix:
    """Everything that a term of any outer fold is read from, once.

    values: (n_rows, n_columns) float32, all rows of the table, original less `offset`; NaN where a
    measured cell is empty. offset: (n_columns,) float64. It is near the values of its column, so
    that rounding is relative to their spread: seven digits of a date's distance from the others,
    not of its distance from 1970.
    """

    values: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float64]

    @cached_property
    def gaps(self) -> bool:
        """Whether any cell is empty."""
        return bool(np.isnan(self.values.sum()))


def make_matrix(
    frame: pd.DataFrame,
    features: Collection[Feature],
    missing: str,
    sources: Collection[tuple[str, str | None]],
) -> Matrix:
    """Matrix of `sources`, (column, level) pairs in the order of its columns; level `missing`
    stands for gaps.
    """
    types = {feature.name: feature.type for feature in features}
    matrix = Matrix(
        np.empty((len(frame), len(sources)), np.float32, order="C"), np.zeros(len(sources))
    )
    for i, (name, level) in enumerate(sources):
        column = frame[name]
        if level is None:
            values = column.to_numpy(np.float64)
            matrix.offset[i] = _offset(values)
            matrix.values[:, i] = values - matrix.offset[i]
        else:
            is_gap = level == missing or types[name] != "category"
            matrix.values[:, i] = column.isna() if is_gap else (column == level).fillna(False)
    return matrix


def _offset(values: npt.NDArray[np.float64]) -> float:
    """0 for a column that is spread about 0, else its median to a few binary digits, so that no few
    rows move it.

    values: (n,), empty cells NaN. Float32 keeps 24 digits of a value: of one NEAR times as far from
    0 as the middle half is wide, 20 digits of that width. Four digits of the median leave a
    sixteenth of it; FAR widths from 0 more are taken.
    """
    known = values[~np.isnan(values)]
    low, median, high = (
        (float(v) for v in np.quantile(known, [0.25, 0.5, 0.75])) if known.size else (0.0,) * 3
    )
    if abs(median) <= NEAR * (high - low):
        return 0.0
    if not high > low:
        return median
    digits = 4 + max(0, math.ceil(math.log2(abs(median) / (high - low) / FAR)))
    step = 2.0 ** (math.floor(math.log2(abs(median))) + 1 - digits)
    return step * round(median / step)
