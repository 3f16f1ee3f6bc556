"""Rows of terms, and a small table that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from study.data.encoding import Encoded
from study.diagnostics.formula import value_of
from study.families.heads import FloatArray
from study.records.trial import TermRow
from tests.training.tables import saved_encoded


def row(
    form: str, weight: float, *columns: str, output: str | None = None, **more: object
) -> TermRow:
    numbers = {"fill": (0.0,) * len(columns), "centers": (), "low": (), "high": (), "knot": None}
    return TermRow(form=form, columns=columns, weight=weight, output=output, **(numbers | more))


def predictor(rows: Sequence[TermRow], frame: pd.DataFrame) -> FloatArray:
    """Linear predictor of a formula, (n, n_outputs); frame as in `value_of`."""
    outputs = list(dict.fromkeys(row.output for row in rows))
    own = [row for row in rows if row.output == outputs[0]]
    values = np.column_stack([value_of(row, frame) for row in own])
    return np.asarray(
        values @ np.array([row.weight for row in rows]).reshape(len(outputs), len(own)).T
    )


def encoded_of(folder: Path, **more: object) -> Encoded:
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, 400), unit="D")
    frame = pd.DataFrame(
        {"age": rng.normal(50, 10, 400), "size": rng.normal(size=400), "day": days}
    )
    frame["sex"] = rng.choice(["f", "m"], 400, p=[0.6, 0.4])
    target = {"y": rng.normal(size=400)} | more
    return saved_encoded(folder, frame.assign(**target))[0]


AGE = {"low": (18.0,), "high": (81.5,)}
BOTH = {"centers": (50.0, 0.0), "low": (18.0, -2.5), "high": (81.5, 2.5)}
SEX = {"centers": (50.0, 0.0), "low": (18.0, 0.0), "high": (81.5, 1.0)}
ROWS = [
    row("intercept", -0.51234),
    row("column", 0.21234, "age"),
    row("column", 0.0, "size"),
    row("column", 1.0, "sex[m]"),
    row("product", -0.71234, "age", "size", **BOTH),
    row("product", 1.21234, "age", "sex[m]", **SEX),
    row("hinge", 0.31234, "age", knot=61.234, **AGE),
]
