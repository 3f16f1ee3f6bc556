"""What a verdict is asked of, and the bound that a gain has to leave behind, as a share of the regression's shortfall."""

from __future__ import annotations

import numpy as np

from study.evidence.findings import Gain, Number
from study.evidence.metrics import METRICS, Measure
from study.schema import LOSS, Frozen, Kind, MarginOf

EXPLAINED, UNIT = "explained", "unit"
MARGIN, FLOOR = "margin", "floor"
"""Which of the two bounds is the larger, and holds."""


class Question(Frozen):
    """What a verdict is asked of.

    metric: LOSS or one of `study.schema.METRICS_OF` the target's kind. margin: smallest gain that matters; margin_of: what
    it is a share of, the regression's shortfall in the metric or what the regression explains of the constant's, or `unit`,
    where it is in the metric's own unit. floor: smallest difference that can matter, on the scale of `Measure.yard`. after:
    whether it was asked after the results were known.
    """

    metric: str = LOSS
    margin: float = 0.05
    margin_of: MarginOf = "regression"
    floor: float = 0.0
    after: bool = False


class Bound(Frozen):
    """The bounds of one question on one target, all as shares of the regression's shortfall in the metric.

    share: the larger of margin and floor, which the rule takes; NaN where the margin is refused. explained: what the
    regression explains of the constant's shortfall, as such a share; NaN where no constant was scored. refused: whether the
    margin is a share of what is explained, and it is not sure that anything is. sd: standard deviation of the target; NaN of
    classes. amount: whether share stands for an amount, as a floor does, or a margin that is no share of the regression's
    shortfall; gains are held against it as amounts too, whatever that shortfall may truly be.
    """

    share: Number
    margin: Number
    floor: Number
    explained: Number
    refused: bool
    sd: Number
    amount: bool

    @property
    def held(self) -> str:
        """MARGIN or FLOOR, which of them `share` is."""
        return FLOOR if self.floor > self.margin else MARGIN


def bound_of(question: Question, asked: Measure, shortfall: float, explains: Gain | None) -> Bound:
    """The bound of a question.

    Means are taken as they are, without their own error: for a margin m that leaves out m² times the variance of what it is a
    share of, against that of the gain.

    Parameters
    ----------
    asked : the metric's rows of the target.
    shortfall : mean of the regression.
    explains : gain of the regression over the constant in the same metric; None without a constant. Where its interval does
        not lie wholly above 0, a share of what is explained is refused.
    """
    explained = explains.improvement * explains.base_loss / shortfall if explains and shortfall > 0 else np.nan
    refused = question.margin_of == EXPLAINED and not (explains is not None and explains.low > 0)
    if question.margin_of == UNIT:
        margin = asked.share_of_unit(question.margin, shortfall)
    else:
        margin = question.margin * (explained if question.margin_of == EXPLAINED else 1.0)
    margin = np.nan if refused else margin
    floor = asked.share_of_floor(question.floor, shortfall) if question.floor else 0.0
    share = float(np.nan if refused else np.fmax(margin, floor))
    amount = question.margin_of != "regression" or floor > margin
    return Bound(share=share, margin=margin, floor=floor, explained=explained, refused=refused, sd=asked.sd, amount=amount)


def unit_words(metric: str, kind: Kind, target: str) -> str:
    """What an amount in a metric's own unit is, after a number: `0.5 of the RMSE, in the unit of price`."""
    if metric in {"rmse", "mae"} or (metric == LOSS and kind is Kind.CONTINUOUS):
        return f"of the {'root mean squared error' if metric == LOSS else METRICS[metric].stake}, in the unit of {target}"
    if metric == LOSS:
        return "nats a row"
    return "of the rows" if metric == "accuracy" else f"of {METRICS[metric].label}"


def floor_unit_words(metric: str, kind: Kind, target: str) -> str:
    """What a floor is measured in, after a number."""
    if metric in {"rmse", "mae"} or (metric == LOSS and kind is Kind.CONTINUOUS):
        return f"standard deviations of {target} in the error"
    if metric in {LOSS, "brier"}:
        return f"of {METRICS[metric].stake if metric != LOSS else 'the loss'} of the constant"
    return unit_words(metric, kind, target)
