"""What a verdict is asked of, and what a gain has to pass to matter: a margin and a floor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from study.evidence.findings import Gain, Number
from study.evidence.metrics import METRICS, Measure
from study.evidence.pairs import FINE
from study.evidence.winners import ROUNDING
from study.schema import LOSS, Frozen, Kind, MarginOf

EXPLAINED, UNIT = "explained", "unit"
MARGIN, FLOOR = "margin", "floor"
"""The two that a gain has to pass."""


@dataclass(frozen=True)
class Bar:
    """What a gain has to pass to matter, both of it.

    margin: a share of the regression's loss, which the gain, such a share too, is held against; NaN where it is refused.
    floor: an amount of loss, which the difference of the two mean losses is held against, or the gain against its share of the
    loss that was measured; none is 0. roots: which of the two, MARGIN and FLOOR, is an amount of the root of a mean loss, and
    so of a small loss less than of a large one (`over`); what stands in margin and floor is of a base whose loss is `at`, the
    regression's.
    """

    margin: float
    floor: float = 0.0
    roots: tuple[str, ...] = ()
    at: float = math.nan

    def over(self, base: float, per: float) -> Bar:
        """What a gain over a procedure of mean loss `base`, a share of the mean loss `per`, has to pass."""
        margin, floor = self.margin, self.floor
        if MARGIN in self.roots:
            margin = off_loss(off_root(margin * self.at, self.at), base) / per if per > 0 else math.nan
        if FLOOR in self.roots:
            floor = off_loss(off_root(floor, self.at), base)
        return Bar(margin, floor)

    def of_gain(self, gain: Gain) -> Bar:
        """What a gain has to pass."""
        return self.over(gain.base_loss, gain.per_loss)

    def stated(self, share: float, gain: Gain) -> float:
        """The margin of which this gain has to pass a share: the inverse of `of_gain`."""
        if MARGIN not in self.roots:
            return share
        return off_loss(off_root(share * gain.per_loss, gain.base_loss), self.at) / self.at if self.at > 0 else math.nan

    def larger(self, per: float) -> float:
        """The larger of the two as a share of the mean loss `per`; NaN without a margin."""
        return math.nan if math.isnan(self.margin) or not per > 0 else max(self.margin, self.floor / per)

    @classmethod
    def of(cls, margin: float | Bar) -> Bar:
        """A margin alone, or a bar as it is."""
        return margin if isinstance(margin, Bar) else cls(margin)


def off_loss(root: float, base: float) -> float:
    """What a mean loss `base` falls by where its root falls by `root`: 2 u sqrt(B) - u².

    Beyond all of the root, B + (u - sqrt(B))²: more than there is, and the more the larger u is.
    """
    left = math.sqrt(base) - root
    return base - left * abs(left)


def off_root(amount: float, base: float) -> float:
    """What the root of a mean loss `base` falls by where that falls by `amount`: the inverse of `off_loss`."""
    left = base - amount
    return math.sqrt(base) - math.copysign(math.sqrt(abs(left)), left)


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
    """The bounds of one question on one target, all as shares of the regression's shortfall in the metric, as it was measured,
    and of a gain over the regression: those of another base are what `bar` says of it.

    share: the larger of margin and floor; NaN where the margin is refused. explained: what the regression explains of the
    constant's shortfall, as such a share; NaN where no constant was scored. refused: whether the margin is a share of what is
    explained, and it is not sure that anything is. sd: standard deviation of the target; NaN of classes. shortfall: the
    regression's mean. amount: whether the margin is an amount, which no share of the regression's shortfall is; all gains are
    then amounts too, shares of that mean as a number like any other, whatever it may truly be. counted: the floor as an amount,
    of a metric that counts rows, which has one where the shortfall is 0, too; NaN of others. roots: as in `Bar`.
    """

    share: Number
    margin: Number
    floor: Number
    explained: Number
    refused: bool
    sd: Number
    shortfall: Number
    amount: bool
    counted: Number = math.nan
    roots: tuple[str, ...] = ()

    @property
    def bar(self) -> Bar:
        """What the rule takes."""
        floor = self.floor * self.shortfall if self.shortfall else self.counted
        return Bar(self.margin, floor if self.floor else 0.0, self.roots, self.shortfall)

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
    refused = question.margin_of == EXPLAINED and not (explains is not None and explains.low > ROUNDING)
    if question.margin_of == UNIT:
        margin = share_of(question.margin, asked, shortfall)
    else:
        margin = question.margin * (explained if question.margin_of == EXPLAINED else 1.0)
    margin = np.nan if refused else margin
    floor = share_of(question.floor * asked.yard, asked, shortfall) if question.floor else 0.0
    share = float(np.nan if refused else np.fmax(margin, floor))
    bounds = {"share": share, "margin": margin, "floor": floor, "explained": explained, "shortfall": shortfall}
    bounds["counted"] = question.floor * asked.yard if FINE in asked.predictions else np.nan
    stated = {MARGIN: question.margin_of == UNIT, FLOOR: question.floor > 0}
    roots = tuple(name for name, told in stated.items() if told and asked.of_root)
    return Bound(**bounds, refused=refused, sd=asked.sd, amount=question.margin_of != "regression", roots=roots)


def share_of(amount: float, asked: Measure, shortfall: float) -> float:
    """An amount in the metric's unit as a share of a shortfall: of the target in R², AUC points, shares of rows, ..."""
    if not shortfall > 0:
        return math.nan
    return (off_loss(amount, shortfall) if asked.of_root else amount) / shortfall


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
