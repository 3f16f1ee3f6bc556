"""The metrics of every procedure of a study with their intervals, and by how much one procedure is
better than another.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.intervals import LEVEL, Interval
from study.evidence.metrics import Metric, metrics_of
from study.evidence.pairs import size_of
from study.evidence.scored_target import ScoredTarget
from study.evidence.scores import of_one
from study.evidence.thresholds import EvaluationSpec
from study.schema import Kind

COLUMNS = [
    "target", "kind", "metric", "base", "other", "value", "low", "high", "std_error", "df", "p_value", "level", "base_value",
    "other_value", "n_rows", "n_groups", "n_folds", "n_repeats", "method",
]  # fmt: skip


def metric_table(predictions: pd.DataFrame, winners: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Every metric of every procedure, and every pair's difference on the same test rows.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows, those of boosted trees and of the short
        formula among them.
    winners : `best_trials(trials)`.
    folds : outer folds a repeat.

    Returns
    -------
    (n, 19) frame of COLUMNS, one row a target, metric (`metrics_of` its kind) and procedure, where
    base is missing and value is its metric, and one row a target, metric and pair of procedures,
    where value is by how much `other` is better than `base` in the metric's own unit: above 0
    better, whether more or less of the metric is. low, high, level: interval by the method of the
    verdict, of one procedure by `of_one`; std_error, df: of the value; p_value: of no difference,
    NaN of one procedure; base_value, other_value: the metrics of both on the rows that they share.
    n_folds: outer folds that the metric exists on; the loss has all that were scored.
    """
    found: list[dict[str, Any]] = []
    for (target, kind), rows in predictions.groupby(["target", "kind"], sort=False):
        own = winners[winners["target"] == target]
        for metric in metrics_of(str(kind)):
            question = EvaluationSpec(metric=metric.name)
            scored = ScoredTarget(str(target), Kind(str(kind)), rows, own, question, folds)
            sides, compared = scored.procedures, replace(scored.compared, per=None)
            about = {"target": target, "kind": kind, "metric": metric.name, "level": LEVEL}
            for name, model in sides.items():
                told = _told(metric, *of_one(model.losses, folds, metric.most))
                found.append(about | {"other": name} | told)
            for base, other in combinations(sides, 2):
                pairs = compared.pairs(sides[base], sides[other])
                if len(pairs):
                    names = {"base": base, "other": other}
                    ends = {
                        f"{side}_value": metric.value(float(pairs[side].mean())) for side in names
                    }
                    gain = _of(compared.judge(sides[base])(pairs, "difference"), pairs)
                    found.append(about | names | gain | ends)
    return pd.DataFrame(found, columns=COLUMNS)


def _of(interval: Interval, pairs: pd.DataFrame) -> dict[str, Any]:
    return {
        **vars(interval),
        "value": interval.estimate,
        "p_value": interval.p_value(0.0),
        **size_of(pairs).model_dump(),
    }


def _told(metric: Metric, shortfall: Interval, pairs: pd.DataFrame) -> dict[str, Any]:
    """The metric of one procedure from the interval of its shortfall."""
    if metric.more:
        shortfall = replace(
            shortfall,
            estimate=1 - shortfall.estimate,
            low=1 - shortfall.high,
            high=1 - shortfall.low,
        )
    return _of(shortfall, pairs) | {"p_value": np.nan}
