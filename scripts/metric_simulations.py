"""How often the intervals of a difference of metrics hold the true one, by independent rows and by groups.

Two models of known faults are drawn without training any; the true difference is that of very many rows. It takes some minutes,
and writes the table of docs/design/0020-numbers-that-decide.md.

    scripts/calibration metrics
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from calibration_report import put

from harness.predicted import FOLDS, N, made
from study.evidence.intervals import Rows
from study.evidence.metrics import measure, metrics_of
from study.evidence.pairs import FloatArray, paired
from study.schema import Kind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "design" / "0020-numbers-that-decide.md"
DRAWS = 300
"""The standard error of a share of 95 % is then 1.3 points."""
GROUPS = 60
MANY = 200_000
"""Rows of the true difference."""
BETTER, WORSE = 0.5, 1.0
"""Noise of the two models."""


def shortfalls(rows: pd.DataFrame, kind: Kind) -> list[pd.DataFrame]:
    """What each row adds to each metric of the kind."""
    asked = [measure(metric.name, kind, rows) for metric in metrics_of(kind)]
    return [each.finish(each.predictions[["outer_fold", "group", "row", "loss"]]) for each in asked]


def truth(kind: Kind, many: int = MANY) -> FloatArray:
    """The true difference of each metric of the kind."""
    sides = [shortfalls(made(kind, np.random.default_rng(1), noise, 0, many), kind) for noise in (BETTER, WORSE)]
    return np.array([float(one["loss"].mean() - two["loss"].mean()) for one, two in zip(*sides, strict=True)])


def held(kind: Kind, groups: int, true: FloatArray, draws: int = DRAWS) -> FloatArray:
    """The share of draws whose 95 % interval holds the true difference, of each metric of the kind."""
    found = np.zeros((draws, len(true)))
    for draw in range(draws):
        sides = [shortfalls(made(kind, np.random.default_rng([2, draw]), noise, groups), kind) for noise in (BETTER, WORSE)]
        for place, (one, two) in enumerate(zip(*sides, strict=True)):
            interval = Rows()(paired(one, two, FOLDS), "difference")
            found[draw, place] = interval.low <= true[place] <= interval.high
    return np.asarray(found.mean(axis=0))


def table(draws: int = DRAWS, many: int = MANY) -> pd.DataFrame:
    """A row a kind and metric."""
    rows = []
    for kind in Kind:
        true = truth(kind, many)
        by_row, by_group = (held(kind, groups, true, draws) for groups in (0, GROUPS))
        for metric, own, shared in zip(metrics_of(kind), by_row, by_group, strict=True):
            told = {f"{N} rows": f"{100 * own:.0f}", f"in {GROUPS} groups": f"{100 * shared:.0f}"}
            rows.append({"kind": kind.value, "metric": metric.label} | told)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    put(PAGE, {"metrics": table()})
