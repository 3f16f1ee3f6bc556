"""What a verdict is asked of, and what a gain has to pass to matter: a margin and a minimum margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from study.evidence.findings import Gain, Number
from study.evidence.measure import Measure
from study.evidence.pairs import FINE
from study.schema import LOSS, Frozen, MarginOf

UNIT = "unit"
MARGIN, MIN_MARGIN = "margin", "min_margin"
"""The two that a gain has to pass."""


@dataclass(frozen=True)
class Threshold:
    """What a gain has to pass to matter, both of it.

    margin: a share of the regression's loss, which the gain, such a share too, is held against; NaN
    where that has none. min_margin: an amount of loss, which the difference of the two mean losses
    is held against, or the gain against its share of the loss that was measured; none is 0. roots:
    which of the two, MARGIN and MIN_MARGIN, is an amount of the root of a mean loss, and so of a
    small loss less than of a large one (`over`); what stands in margin and minimum margin is of a
    base whose loss is `at`, the regression's.
    """

    margin: float
    min_margin: float = 0.0
    roots: tuple[str, ...] = ()
    at: float = math.nan

    def over(self, base: float, per: float) -> Threshold:
        """What a gain over a procedure of mean loss `base`, a share of the mean loss `per`, has to
        pass.
        """
        margin, min_margin = self.margin, self.min_margin
        if MARGIN in self.roots:
            margin = (
                off_loss(off_root(margin * self.at, self.at), base) / per if per > 0 else math.nan
            )
        if MIN_MARGIN in self.roots:
            min_margin = off_loss(off_root(min_margin, self.at), base)
        return Threshold(margin, min_margin)

    def of_gain(self, gain: Gain) -> Threshold:
        """What a gain has to pass."""
        return self.over(gain.base_loss, gain.per_loss)

    def stated(self, share: float, gain: Gain) -> float:
        """The margin of which this gain has to pass a share: the inverse of `of_gain`."""
        if MARGIN not in self.roots:
            return share
        return (
            off_loss(off_root(share * gain.per_loss, gain.base_loss), self.at) / self.at
            if self.at > 0
            else math.nan
        )

    def larger(self, per: float) -> float:
        """The larger of the two as a share of the mean loss `per`; NaN without a margin."""
        return (
            math.nan
            if math.isnan(self.margin) or not per > 0
            else max(self.margin, self.min_margin / per)
        )


def off_loss(root: float, base: float) -> float:
    """What a mean loss `base` falls by where its root falls by `root`: 2 u sqrt(B) - u².

    Beyond all of the root, B + (u - sqrt(B))²: more than there is, and the more the larger u is.
    """
    left = math.sqrt(base) - root
    return base - left * abs(left)


def off_root(amount: float, base: float) -> float:
    """What the root of a mean loss `base` falls by where that falls by `amount`: the inverse of
    `off_loss`.
    """
    left = base - amount
    return math.sqrt(base) - math.copysign(math.sqrt(abs(left)), left)


class EvaluationSpec(Frozen):
    """What a verdict is asked of.

    metric: a name of `study.evidence.metrics.metrics_of` the target's kind. margin: smallest gain
    that matters; margin_of: what it is a share of, the regression's shortfall in the metric, or
    `unit`, where it is in the metric's own unit. min_margin: smallest difference that can matter,
    on the scale of `Measure.yard`. after: whether it was asked after the results were known.
    """

    metric: str = LOSS
    margin: float = 0.05
    margin_of: MarginOf = "regression"
    min_margin: float = 0.0
    after: bool = False


class ResolvedThreshold(Frozen):
    """The bounds of one question on one target, all as shares of the regression's shortfall in the
    metric, as it was measured, and of a gain over the regression: those of another base are what
    `threshold` says of it.

    share: the larger of margin and minimum margin; NaN of none. sd: standard deviation of the
    target; NaN of classes. shortfall: the regression's mean. amount: whether the margin is an
    amount, which no share of the regression's shortfall is; all gains are then amounts too, shares
    of that mean as a number like any other, whatever it may truly be. counted: the minimum margin
    as an amount, of a metric that counts rows, which has one where the shortfall is 0, too; NaN of
    others. roots: as in `Threshold`.
    """

    share: Number
    margin: Number
    min_margin: Number
    sd: Number
    shortfall: Number
    amount: bool
    counted: Number = math.nan
    roots: tuple[str, ...] = ()

    @property
    def threshold(self) -> Threshold:
        """What the rule takes."""
        min_margin = self.min_margin * self.shortfall if self.shortfall else self.counted
        return Threshold(
            self.margin, min_margin if self.min_margin else 0.0, self.roots, self.shortfall
        )

    @property
    def held(self) -> str:
        """MARGIN or MIN_MARGIN, which of them `share` is."""
        return MIN_MARGIN if self.min_margin > self.margin else MARGIN


def bound_of(question: EvaluationSpec, asked: Measure, shortfall: float) -> ResolvedThreshold:
    """The bound of a question.

    Means are taken as they are, without their own error: for a margin m that leaves out m² times
    the variance of what it is a share of, against that of the gain.

    Parameters
    ----------
    asked : the metric's rows of the target.
    shortfall : mean of the regression.
    """
    amount = question.margin_of == UNIT
    margin = share_of(question.margin, asked, shortfall) if amount else question.margin
    min_margin = (
        share_of(question.min_margin * asked.yard, asked, shortfall) if question.min_margin else 0.0
    )
    stated = {MARGIN: amount, MIN_MARGIN: question.min_margin > 0}
    return ResolvedThreshold(
        share=float(np.fmax(margin, min_margin)),
        margin=margin,
        min_margin=min_margin,
        sd=asked.sd,
        shortfall=shortfall,
        amount=amount,
        counted=question.min_margin * asked.yard if FINE in asked.predictions else math.nan,
        roots=tuple(name for name, told in stated.items() if told and asked.metric.squared),
    )


def share_of(amount: float, asked: Measure, shortfall: float) -> float:
    """An amount in the metric's unit as a share of a shortfall: of the target in R², AUC points,
    shares of rows, ...
    """
    if not shortfall > 0:
        return math.nan
    return (off_loss(amount, shortfall) if asked.metric.squared else amount) / shortfall
