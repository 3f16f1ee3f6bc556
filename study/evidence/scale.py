"""What a loss means in a number that people know: rows that are right, or the error in the target's
unit.
"""

from __future__ import annotations

from dataclasses import replace

from study.evidence.findings import Number
from study.evidence.scored_target import ScoredTarget
from study.evidence.thresholds import EvaluationSpec
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


def meaning(scored: ScoredTarget) -> Meaning:
    """What the losses of one target mean."""
    name = scored.question.metric
    question = EvaluationSpec(metric=MEANS[scored.kind] if name == LOSS else name)
    asked = replace(scored, question=question)
    metric = asked.asked.metric
    values = {
        name: metric.value(float(model.losses["loss"].mean()))
        for name, model in asked.ladder.items()
    }
    return Meaning(metric=metric.name, values=values)
