"""What a loss means in a number that people know: rows that are right, or the error in the target's
unit.
"""

from __future__ import annotations

import pandas as pd

from study.evidence.findings import Number
from study.evidence.measure import measure
from study.evidence.metric_gains import procedures
from study.evidence.rule import LADDER
from study.schema import LOSS, Frozen, Kind

MEANS = {
    Kind.CONTINUOUS: "rmse",
    Kind.COUNT: "rmse",
    Kind.BINARY: "accuracy",
    Kind.MULTICLASS: "accuracy",
}
"""The metric that says what the loss of a kind means; any other metric that is asked of is told
itself."""


class Meaning(Frozen):
    """metric: that was asked of, or of MEANS for the loss. values: of each model of
    `study.evidence.rule.LADDER`.
    """

    metric: str
    values: dict[str, Number]


def meaning(
    predictions: pd.DataFrame, winners: pd.DataFrame, kind: Kind, metric: str = LOSS
) -> Meaning:
    """What the losses of one target mean; predictions, winners: as in
    `study.evidence.verdicts.judges`.
    """
    asked = measure(MEANS[kind] if metric == LOSS else metric, kind, predictions)
    found = {
        name: float(model.losses["loss"].mean())
        for name, model in procedures(asked, kind, winners).items()
    }
    values = {name: asked.metric.value(loss) for name, loss in found.items() if name in LADDER}
    return Meaning(metric=asked.metric.name, values=values)
