"""What the margin and the floor of a question are called in a sentence: as they were stated."""

from __future__ import annotations

import math

from study.digits import given, given_percent, percent
from study.evidence.margins import EXPLAINED, FLOOR, MARGIN, UNIT, Bound, Question
from study.evidence.metrics import METRICS
from study.schema import LOSS, Kind

ERRORS = frozenset({"rmse", "mae"})
"""Metrics in the unit of the target."""


def named(question: Question, bound: Bound | None, kind: Kind, target: str, regression: str) -> dict[str, str]:
    """What MARGIN and FLOOR are called after an article: `5 % margin`, `floor of 1 % of the rows`.

    regression: its noun.
    """
    of = given_percent(question.margin)
    if question.margin_of == UNIT:
        margin = f"margin of {unit_amount(question.margin, question.metric, kind)}"
    else:
        margin = f"margin of {of} of what {regression} explains" if question.margin_of == EXPLAINED else f"{of} margin"
    if bound is None:
        return {MARGIN: margin}
    return {MARGIN: margin, FLOOR: f"floor of {_floor(question.floor, question.metric, kind, target)}"}


def unit_amount(value: float, metric: str, kind: Kind) -> str:
    """An amount in a metric's own unit: `3 points of AUC`, `2 in the RMSE`, `1 % of the rows`, `0.05 nats a row`."""
    if metric == LOSS:
        return f"{given(value)} in the root mean squared error" if kind is Kind.CONTINUOUS else f"{given(value)} nats a row"
    if metric in ERRORS:
        return f"{given(value)} in the {METRICS[metric].stake}"
    if metric == "accuracy":
        return f"{given_percent(value)} of the rows"
    return f"{given(100 * value)} point{'' if math.isclose(value, 0.01) else 's'} of {METRICS[metric].label}"


def _floor(value: float, metric: str, kind: Kind, target: str) -> str:
    if metric in ERRORS or (metric == LOSS and kind is Kind.CONTINUOUS):
        return f"{given(value)} standard deviations of {target}"
    if metric in {LOSS, "brier"}:
        return f"{given_percent(value)} of the constant's {METRICS[metric].stake}"
    return unit_amount(value, metric, kind)


def stated(share: float, question: Question, bound: Bound | None, kind: Kind) -> str:
    """A margin of this share of the regression's shortfall, told as the question tells its own."""
    if question.margin_of == UNIT and bound is not None:
        if question.metric == LOSS and kind is Kind.CONTINUOUS:
            return unit_amount(math.sqrt(bound.shortfall) * (1 - math.sqrt(1 - share)), question.metric, kind)
        return unit_amount(share * bound.shortfall, question.metric, kind)
    if question.margin_of == EXPLAINED and bound is not None:
        return f"{percent(share / bound.explained)} % of what it explains"
    return f"{percent(share)} %"
