"""The models of a verdict as rows of one table, for the end of a run and for the first screen of
the report.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import NONE, Gain
from study.evidence.metrics import Metric, metric_of
from study.evidence.wording.amounts import limits, signed
from study.formatting import DASH, MINUS, given_percent, human
from study.schema import LABELS, LOSS, NETWORK, REGRESSION, TERMS, TREES, Kind

FAMILIAR = {
    Kind.CONTINUOUS: ("r2", "rmse"),
    Kind.BINARY: ("accuracy",),
    Kind.MULTICLASS: ("accuracy",),
    Kind.COUNT: ("explained_deviance", "rmse"),
}
"""The metric beside the loss of a kind: the first that exists on the test rows."""
NAMES = {name: LABELS[name] for name in (TERMS, NETWORK, TREES)}


@dataclass(frozen=True)
class Row:
    """A model: its name, its loss and metric in words, its improvement with limits.

    gain: over the regression, None of itself. use: whether it is the model to use. reference:
    whether no verdict is about it.
    """

    procedure: str
    model: str
    loss: str
    metric: str
    gain: Gain | None
    use: bool
    reference: bool

    @property
    def improvement(self) -> str:
        """Its improvement over the regression."""
        gain = self.gain.improvement if self.gain else math.nan
        return DASH if math.isnan(gain) else signed(gain)

    @property
    def interval(self) -> str:
        """The limits of that."""
        if self.gain is None:
            return DASH
        return "reference only" if self.reference else limits(self.gain)


@dataclass(frozen=True)
class ModelsTable:
    """heads: of its columns. rows: the simplest model first. of: whose loss improvements are shares
    of.
    """

    heads: tuple[str, str, str, str, str]
    rows: tuple[Row, ...]
    of: str


def models_table(verdict: Verdict, metrics: pd.DataFrame) -> ModelsTable:
    """The models that a verdict compares, and boosted trees; metrics:
    `study.evidence.metric_gains.metric_table`.
    """
    own = metrics[(metrics["target"] == verdict.target) & metrics["base"].isna()]
    known = {(row["metric"], row["other"]): row["value"] for row in own.to_dict("records")}
    asked = verdict.question.metric
    loss = metric_of(LOSS, verdict.kind)
    names = (asked,) if asked != LOSS else FAMILIAR[verdict.kind]
    name = next((each for each in names if pd.notna(known.get((each, REGRESSION)))), names[-1])
    beside = metric_of(name, verdict.kind)
    gains = verdict.by_pair
    if verdict.trees and REGRESSION in verdict.trees.over:
        gains[REGRESSION, TREES] = verdict.trees.over[REGRESSION]
    labels = {REGRESSION: verdict.nouns[REGRESSION], **NAMES}
    rows = tuple(
        Row(
            procedure=each,
            model=labels[each],
            loss=human(known[LOSS, each]),
            metric=metric_words(beside, known.get((name, each), math.nan)),
            gain=gains.get((REGRESSION, each)),
            use=verdict.verdict != NONE and each == verdict.answer_procedure,
            reference=each == TREES,
        )
        for each in labels
        if (LOSS, each) in known
    )
    level = next(
        (gain.level for (base, _), gain in verdict.by_pair.items() if base == REGRESSION), 0.95
    )
    heads = ("model", loss.label, beside.label, "improvement", f"{given_percent(level)} interval")
    return ModelsTable(heads, rows, f"{verdict.nouns[REGRESSION]}'s {verdict.metric.noun}")


def metric_words(metric: Metric, value: float) -> str:
    """A value of a metric: shares of rows in per cent, two decimals from 99.5% up; other shares to
    three decimals.
    """
    if math.isnan(value):
        return DASH
    if metric.unit.percent:
        return f"{100 * value:.{2 if 0.995 <= value < 1 else 0 if value == 1 else 1}f}%"
    return f"{value:.3f}".replace("-", MINUS) if metric.more else human(value)


def on_some_folds(metrics: pd.DataFrame) -> dict[tuple[str, str], str]:
    """By target and label of a metric: on how many outer folds it exists, where that is not on all
    that were scored.
    """
    most = (
        metrics[metrics["base"].isna()]
        .groupby(["target", "kind", "metric"], sort=False)["n_folds"]
        .max()
    )
    counts: dict[Any, int] = most.to_dict()
    found = {}
    for (target, kind, name), n in counts.items():
        metric = metric_of(name, kind)
        found[target, metric.label] = metric.folds_words(n, counts[target, kind, LOSS])
    return {place: words for place, words in found.items() if words}
