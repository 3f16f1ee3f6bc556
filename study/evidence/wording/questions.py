"""What a verdict will be asked of, in words."""

from __future__ import annotations

from study.evidence.metrics import metric_of
from study.evidence.thresholds import UNIT, EvaluationSpec
from study.formatting import given_percent
from study.schema import NOUNS, REGRESSIONS, Kind


def asked_words(question: EvaluationSpec, kind: Kind, target: str) -> str:
    """Metric, margin and minimum margin of a verdict, before there is one."""
    metric = metric_of(question.metric, kind)
    of = f"{given_percent(question.margin)} of {NOUNS[REGRESSIONS[kind]]}'s {metric.noun}"
    margin = metric.amount(question.margin) if question.margin_of == UNIT else of
    least = (
        f", never less than {metric.min_margin(question.min_margin, target)}"
        if question.min_margin
        else ""
    )
    return f"Verdict on {target}: by {metric.title}, margin {margin}{least}."
