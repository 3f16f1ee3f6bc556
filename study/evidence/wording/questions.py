"""What a verdict was asked of, in words: the metric, the margin and its unit, and the floor."""

from __future__ import annotations

import math

from study.evidence.margins import FLOOR, MARGIN, UNIT, Bound, Question
from study.evidence.metrics import Metric, metric_of
from study.formatting import given_percent, percent
from study.schema import LOSS, NOUNS, REGRESSIONS, Kind


def question_words(question: Question, kind: Kind) -> str:
    """How the sentence of an answer begins, where it was asked after the results were known or not of the loss."""
    of = "" if question.metric == LOSS else f"of the {metric_of(question.metric, kind).title}"
    if question.after:
        return f"Asked after the results were known{f', {of}' if of else ''}. "
    return f"Asked {of}. " if of else ""


def asked_words(question: Question, kind: Kind, target: str) -> str:
    """What a verdict will be asked of, before there is any: metric, margin and floor."""
    metric = metric_of(question.metric, kind)
    margin = f"{given_percent(question.margin)} of {NOUNS[REGRESSIONS[kind]]}'s {metric.noun}"
    margin = metric.amount(question.margin) if question.margin_of == UNIT else margin
    floor = f"a difference below {metric.floor(question.floor, target)} cannot matter (floor)"
    least = floor if question.floor else "there is no floor"
    return f"The verdict on {target} is asked of the {metric.title}: the margin is {margin}, and {least}."


def bound_words(question: Question, bound: Bound | None, metric: Metric, target: str, regression: str) -> str:
    """Where the bound comes from, unless it is a plain share of the loss; what 5 % of an RMSE are of the mean squared error.

    regression: its noun. Nothing without a bound.
    """
    if bound is None:
        return ""
    whole, said = f"{regression}'s {metric.noun}", []
    if question.margin_of == UNIT:
        said.append(f"The margin is {metric.amount(question.margin)}{_of(bound, MARGIN, whole)}.")
    if metric.root and 0 < bound.share < 1:
        squared = percent(1 - (1 - bound.share) ** 2)
        said.append(f"{percent(bound.share)} % of an {metric.noun} is {squared} % of the mean squared error.")
    if bound.held == FLOOR and math.isfinite(bound.share):
        what, most = metric.floor(question.floor, target), _of(bound, FLOOR, whole)
        said.append(
            f"The floor is larger than the margin here: a difference below {what}{most}{',' if most else ''} cannot matter."
        )
    return " ".join(said)


def _of(bound: Bound, name: str, whole: str) -> str:
    """MARGIN or FLOOR as a share of what is lost, after a comma; nothing where nothing is."""
    share, over = {MARGIN: bound.margin, FLOOR: bound.floor}[name], " for a gain over it" if name in bound.roots else ""
    size = f"{percent(share)} %" if share < 1 else "all" if share == 1 else "more than all"
    return f", here {size} of {whole}{over}" if math.isfinite(share) else ""


def named(question: Question, bound: Bound | None, metric: Metric, target: str) -> dict[str, str]:
    """What MARGIN and FLOOR are called after an article: `5 % margin`, `floor of 1 % of the rows`."""
    in_unit = question.margin_of == UNIT
    found = {MARGIN: f"margin of {metric.amount(question.margin)}" if in_unit else f"{given_percent(question.margin)} margin"}
    return found if bound is None else found | {FLOOR: f"floor of {metric.floor(question.floor, target)}"}


def stated(share: float, question: Question, bound: Bound | None, metric: Metric) -> str:
    """A margin of this share of the regression's shortfall, told as the question tells its own."""
    if question.margin_of != UNIT or bound is None:
        return f"{percent(share)} %"
    if metric.squared:
        return metric.amount(math.sqrt(bound.shortfall) * (1 - math.sqrt(1 - share)))
    return metric.amount(share * bound.shortfall)
