"""The test rows of one target as a metric scores them, so that a loss's intervals serve for every
metric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.evidence.metrics import Metric, metric_of
from study.evidence.pairs import FINE
from study.schema import Kind


@dataclass(frozen=True, eq=False)
class Measure:
    """One metric of one target, with the test rows scored by it.

    predictions: those of the target, with what a row adds to the shortfall as its loss; rows of
    outer folds that the metric does not exist on are left out. null: (n_rows,) of each row what the
    best constant has in place of its loss, by row; only where the shortfall is a share of its mean.
    sd: standard deviation of the target over the test rows; NaN of classes. yard: what a minimum
    margin of 1 is, in the metric's unit.
    """

    metric: Metric
    predictions: pd.DataFrame
    null: pd.Series | None
    sd: float
    yard: float

    def finish(self, losses: pd.DataFrame) -> pd.DataFrame:
        """Losses whose mean is the shortfall of one procedure, and whose spread is that of its
        delta method.

        losses: (n, ...) frame of row and loss, all of one procedure's. With L their mean, the root
        of L has sqrt(L) + (l - L) / (2 sqrt(L)) for a row of loss l; the ratio of L to the mean N
        of the best constant's losses n has l / N - L / N² (n - N) (van der Vaart 1998, *Asymptotic
        Statistics*, section 3.1).
        """
        loss = losses["loss"]
        mean = float(loss.mean())
        if self.metric.root and mean > 0:
            loss = np.sqrt(mean) + (loss - mean) / (2 * np.sqrt(mean))
        elif self.null is not None:
            null = losses["row"].map(self.null)
            whole = float(null.mean())
            loss = loss / whole - mean / whole**2 * (null - whole) if whole > 0 else loss * np.nan
        return losses.assign(loss=loss)


def measure(metric: str, kind: Kind, predictions: pd.DataFrame) -> Measure:
    """Score the test rows of one target by a metric.

    predictions: (n_predictions, ...) frame of test rows of one target:
    `study.evidence.metrics.FIT`, row, observed, predicted, loss, and of several classes
    `p_<class>`. metric: the name of one of `metrics_of` the kind.
    """
    asked = metric_of(metric, kind)
    scored = predictions.assign(loss=asked.rows(predictions))
    if metric == "accuracy":
        scored[FINE] = predictions["loss"]
    once = predictions.drop_duplicates("row").set_index("row")["observed"].astype(float)
    sd = float(once.std(ddof=0)) if kind in (Kind.CONTINUOUS, Kind.COUNT) else np.nan
    null = None if asked.null is None else pd.Series(asked.null(np.asarray(once)), once.index)
    yard = sd if asked.in_sd else 1.0 if null is None or asked.more else float(null.mean())
    return Measure(asked, scored.dropna(subset="loss"), null if asked.more else None, sd, yard)
