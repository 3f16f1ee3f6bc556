"""What is found between the models of a target, as frozen types that are written as JSON and read
back unchanged.
"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from study.evidence.pairs import Size
from study.schema import Frozen

UNDECIDED, NONE = "undecided", "none"
"""Verdicts where no model is enough; the others are REGRESSION, TERMS and NETWORK."""

Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    AfterValidator(lambda value: value if math.isfinite(value) else math.nan),
    PlainSerializer(
        lambda value: value if math.isfinite(value) else None,
        return_type=float | None,
        when_used="json",
    ),
]
"""A number, NaN where it cannot be told or lies beyond what is looked at; null in JSON, which knows
no NaN."""


class Architecture(Frozen):
    """A family at a depth; depth counts hidden layers, and 0 is a regression."""

    family: str
    depth: int


class Gain(Size):
    """How much less loss a model, *other*, has than another, *base*, on the same test rows, and how
    sure that is.

    base_loss, other_loss, per_loss: means over the pairs; per_loss is that of the model `per`,
    whose loss the shares are of, the base or a third. improvement, low, high: share of per_loss
    that is saved, with its interval at `level`; an end is NaN where the rows exclude no value on
    that side. low_amount, high_amount: interval of base_loss - other_loss, an amount of loss, at
    the same level; NaN where no minimum margin was asked of, too. std_error, df: of the
    improvement. positive: probability that it is above 0. better: that it passes, the lesser of the
    probabilities that the improvement is above the margin and the amount above the minimum margin
    (`study.evidence.thresholds.Threshold`); worse: the same of a loss; equal: neither. p_value:
    two-sided, of the one of margin and minimum margin that `better` is of; the margin's where there
    is no minimum margin. The ends of either interval are of the distribution that its probability
    is of. half_carried_by: fewest units (rows, groups, times) whose squared contributions make half
    of the variance; 0 where there is none. counted: whether rows are counted that two procedures
    have right or wrong which are not the same (`study.evidence.pairs.least_variance`): that no row
    is wrong is then no proof that none ever is. method: a name of
    `study.evidence.intervals.METHODS`. NaN where per has no loss, but for the amount, or there are
    fewer than two units.
    """

    per: str
    per_loss: Number
    base_loss: Number
    other_loss: Number
    improvement: Number
    low: Number
    high: Number
    low_amount: Number = math.nan
    high_amount: Number = math.nan
    level: float
    std_error: Number
    df: Number
    p_value: Number
    positive: Number = math.nan
    better: Number
    equal: Number
    worse: Number
    half_carried_by: int = 0
    counted: bool = False
    method: str

    @property
    def known(self) -> bool:
        """Whether the rows tell anything of how sure it is, as a share or as an amount."""
        return math.isfinite(self.std_error) or math.isfinite(self.high_amount)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing that could be saved: `per` has no loss, and that is not by the
        luck of a count.
        """
        return math.isnan(self.improvement) and not self.counted

    @property
    def most(self) -> float:
        """The gain of a model without loss: no gain is larger, since no loss is below 0."""
        return (
            self.base_loss / self.per_loss if self.base_loss > 0 and self.per_loss > 0 else math.inf
        )

    @property
    def bounded(self) -> bool:
        """Whether the interval has an upper end, one below the gain of a model without loss."""
        return self.high < self.most

    @property
    def n_units(self) -> int:
        """What is independent, or in time order: times, groups, or rows that are groups of their
        own.
        """
        return self.n_times or self.n_groups


class RungGain(Frozen):
    """Gain of a richer procedure, `other`, over a simpler one, `base`: two of
    `study.evidence.rule.LADDER`.
    """

    base: str
    other: str
    gain: Gain


class DepthGain(Frozen):
    """Gain of the network, which chooses family and depth in each outer fold, over always taking
    one model.
    """

    architecture: Architecture
    gain: Gain


class Sources(Frozen):
    """Where the gain of a regression with terms over one without comes from; the two add up to it.

    With mean losses of the regression (neither), of the regression with terms (both), and of its
    refits without curves (products) and without products (curves), interactions = (neither -
    products) / 2 + (curves - both) / 2 and curvature = (neither - curves) / 2 + (products - both) /
    2: the Shapley value of either sort of term (Shapley 1953, *A value for n-person games*, with
    two players), shares of the regression's loss.
    """

    interactions: Gain
    curvature: Gain


class TreesLine(Frozen):
    """Boosted trees beside the verdict: their test loss, and their gain over each procedure by its
    name.
    """

    loss: Number
    over: dict[str, Gain]


class TermCount(Frozen):
    """A term, and in how many outer folds it was found."""

    term: str
    n_folds: int


class FormulaTerms(Frozen):
    """What the search for the simple formula hands on: the terms it chose in each outer fold, and
    the formula on all rows.

    formula: as text, a line an output; None where there is none.
    """

    folds: dict[int, tuple[str, ...]]
    formula: str | None


class FormulaLine(Frozen):
    """The simple formula beside the verdict.

    loss: of its procedure, on the test rows. gain: over the regression. left: what the regression
    with terms saves over it; None where that was not scored. counts: its terms, those of most outer
    folds first. n_terms: of each outer fold, in their order; empty where they were not told.
    formula: as in FormulaTerms.
    """

    loss: Number
    gain: Gain | None
    left: Gain | None
    counts: tuple[TermCount, ...]
    n_terms: tuple[int, ...]
    formula: str | None


class CurvePoint(Frozen):
    """Gain of one procedure over another, both trained on a fraction of the development rows,
    n_rows.

    low, high: its interval, of the method and at the level of the gain on all rows; NaN for an end
    that does not exist.
    """

    fraction: float
    n_rows: Number
    improvement: Number
    low: Number
    high: Number


class DecidedAt(Frozen):
    """At how many rows an undecided gain of `other` over `base` would likely leave out a bound.

    bound: the margin, or the minimum margin as a share of the regression's mean loss, as `held`
    says, or 0 where it is not sure that there is a gain. times: of the rows now, the least at which
    a study, these rows among them, has a chance of `study.evidence.decided.LIKELY` to end on `side`
    of the bound, `above` or `below`; NaN where that is beyond MOST_TIMES, or where nothing tells.
    rows: of the table then. above, below: chance of either end at `times`, or at MOST_TIMES; NaN
    where nothing tells. slope: of the gain per 1 / times, and its standard error. curve: where the
    slope comes from. parts: whether both were trained on parts of the rows, be they too few for a
    curve.
    """

    base: str
    other: str
    bound: float
    rows: Number
    times: Number
    side: str | None
    above: Number
    below: Number
    slope: Number
    slope_error: Number
    curve: tuple[CurvePoint, ...]
    held: str = "margin"
    parts: bool = False
