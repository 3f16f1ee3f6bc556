"""What a verdict was asked of, in words: the metric, the margin and its unit, and the floor."""

from __future__ import annotations

import math

from study.digits import given, given_percent, percent
from study.evidence.margins import EXPLAINED, FLOOR, MARGIN, UNIT, Bound, Question, floor_unit_words, unit_words
from study.evidence.metrics import METRICS
from study.schema import LOSS, LOSS_NAMES, NOUNS, REGRESSIONS, Kind


def question_words(question: Question) -> str:
    """How the sentence of an answer begins, where it was asked after the results were known or not of the loss."""
    metric = METRICS[question.metric]
    of = "" if question.metric == LOSS else f"of the {metric.label if metric.more else metric.stake}"
    if question.after:
        return f"Asked after the results were known{f', {of}' if of else ''}. "
    return f"Asked {of}. " if of else ""


def metric_words(question: Question, kind: Kind) -> str:
    """What a question is of, after an article: `RMSE`, `AUC`, `mean squared error`."""
    metric = METRICS[question.metric]
    return LOSS_NAMES[kind] if question.metric == LOSS else metric.label if metric.more else metric.stake


def asked_words(question: Question, kind: Kind, target: str) -> str:
    """What a verdict will be asked of, before there is any: metric, margin and floor."""
    regression, stake = NOUNS[REGRESSIONS[kind]], METRICS[question.metric].stake
    margin = f"{given_percent(question.margin)} of {regression}'s {stake}"
    if question.margin_of == EXPLAINED:
        margin = f"{given_percent(question.margin)} of what {regression} explains"
    elif question.margin_of == UNIT:
        margin = f"{given(question.margin)} {unit_words(question.metric, kind, target)}"
    floor = f"{given(question.floor)} {floor_unit_words(question.metric, kind, target)}"
    least = f"a difference below {floor} cannot matter (floor)" if question.floor else "there is no floor"
    return f"The verdict on {target} is asked of the {metric_words(question, kind)}: the margin is {margin}, and {least}."


def bound_words(question: Question, bound: Bound | None, kind: Kind, target: str, regression: str) -> str:
    """Where the bound comes from, unless it is a plain share of the loss; what 5 % of an RMSE are of the mean squared error.

    regression: its noun. Nothing without a bound.
    """
    if bound is None:
        return ""
    stake = METRICS[question.metric].stake
    margin, share = given_percent(question.margin), _of(bound, MARGIN, f"{regression}'s {stake}")
    of = f"of what {regression} explains"
    said = []
    if bound.refused:
        said.append(
            f"The margin is a share {of}, and it is not sure that it explains anything beyond the constant: no margin can be "
            f"taken of that. State it as a share of the {stake} (`margin_of: regression`) or in its unit (`margin_of: unit`)."
        )
    elif question.margin_of == EXPLAINED:
        said.append(f"The margin is {margin} {of}{share}.")
    elif question.margin_of == UNIT:
        said.append(f"The margin is {given(question.margin)} {unit_words(question.metric, kind, target)}{share}.")
    if question.metric == "rmse" and 0 < bound.share < 1:
        squared = percent(1 - (1 - bound.share) ** 2)
        said.append(f"{percent(bound.share)} % of an RMSE is {squared} % of the mean squared error.")
    if bound.held == FLOOR and math.isfinite(bound.share):
        what = f"{given(question.floor)} {floor_unit_words(question.metric, kind, target)}"
        most = _of(bound, FLOOR, f"{regression}'s {stake}")
        said.append(
            f"The floor is larger than the margin here: a difference below {what}{most}{',' if most else ''} cannot matter."
        )
    return " ".join(said)


def _of(bound: Bound, name: str, whole: str) -> str:
    """MARGIN or FLOOR as a share of what is lost, after a comma; nothing where nothing is."""
    share, over = {MARGIN: bound.margin, FLOOR: bound.floor}[name], " for a gain over it" if name in bound.roots else ""
    size = f"{percent(share)} %" if share < 1 else "all" if share == 1 else "more than all"
    return f", here {size} of {whole}{over}" if math.isfinite(share) else ""
