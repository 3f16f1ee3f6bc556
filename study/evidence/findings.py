"""What is found between the models of a target, as frozen types that are written as JSON and read back unchanged."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from study.evidence.pairs import Size
from study.schema import Frozen

WORTH, ENOUGH, UNDECIDED = "network is worth it", "regression is enough", "undecided"


Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    AfterValidator(lambda value: value if math.isfinite(value) else math.nan),
    PlainSerializer(lambda value: value if math.isfinite(value) else None, return_type=float | None, when_used="json"),
]
"""A number, NaN where it cannot be told or lies beyond what is looked at; null in JSON, which knows no NaN."""


class Rung(Frozen):
    """A family at a depth; depth counts hidden layers, and 0 is a regression."""

    family: str
    depth: int


class Gain(Size):
    """How much less loss a model, *other*, has than another, *base*, on the same test rows, and how sure that is.

    base_loss, other_loss: means over the pairs. improvement, low, high: share of base_loss that is saved, with its interval;
    high is at most 1, since no loss is below 0. std_error, df, p_value: of the improvement, and of none. better, equal, worse:
    probabilities that the improvement is above the margin, within it, below its negative. method: a name of
    `study.evidence.intervals.METHODS`. NaN where base has no loss, or there are fewer than two rows.
    """

    base_loss: Number
    other_loss: Number
    improvement: Number
    low: Number
    high: Number
    std_error: Number
    df: Number
    p_value: Number
    better: Number
    equal: Number
    worse: Number
    method: str


class TreesLine(Frozen):
    """Boosted trees beside the verdict: their test loss, and their gain over the regression and over the network."""

    loss: Number
    over_regression: Gain | None
    over_network: Gain | None


class CurvePoint(Frozen):
    """Gain of the refitted network over the refitted regression with a fraction of the development rows, n_rows."""

    fraction: float
    n_rows: Number
    improvement: Number
    std_error: Number


class DecidedAt(Frozen):
    """When an undecided comparison would likely be decided, if its gain goes on as measured.

    rows: of the table. times: of the rows now, with times_low and times_high for a gain a standard error away. side: `above`
    or `below` the margin. limit: the gain of endless rows; NaN where rows tell nothing, and where it is known and times is
    not, times lies beyond MOST_TIMES. slope_error: how well the curve's slope is known. repeats: of the outer split;
    repeats_limit: half the interval's width with endless ones, NaN where repeats tell nothing. curve: where it comes from.
    """

    rows: Number
    times: Number
    times_low: Number
    times_high: Number
    side: str | None
    limit: Number
    slope_error: Number
    repeats: Number
    repeats_limit: Number
    curve: tuple[CurvePoint, ...]


class RankedTerm(Frozen):
    """A term added alone to the regression: its columns, test loss, and share_closed = (base - loss) / (base - network)."""

    term: str
    form: str
    columns: tuple[str, ...]
    loss: Number
    share_closed: Number


class Step(Frozen):
    """So many terms added one after the other: those that most outer folds chose, n_agree of them, and their losses."""

    n_terms: int
    terms: tuple[str, ...]
    n_agree: int
    val_loss: Number
    loss: Number
    share_closed: Number


class Shortfall(Frozen):
    """What the regression of a target misses.

    base_loss, network_loss: mean test loss over the outer folds of the regression, refitted for this, and of the network.
    ranking: terms added alone to the regression, best first. steps: terms added one after the other, from none. terms,
    formula: of the smallest regression within the margin of the network, if one was found and most outer folds chose it;
    else no terms and None. The formula is fitted on every row that was a development row of some outer fold, in original
    units, a column about a round number where its mean is far from 0; what costs less than a tenth of the margin is rounded
    away. sentence: the finding in words.
    """

    base_loss: Number
    network_loss: Number
    ranking: tuple[RankedTerm, ...]
    steps: tuple[Step, ...]
    terms: tuple[str, ...]
    formula: str | None
    sentence: str


def verdict_of(improvement: float, low: float, high: float, margin: float) -> str:
    """The verdict that an interval of the improvement gives; without any loss to save the regression is enough."""
    if math.isnan(improvement) or high < margin:
        return ENOUGH
    return WORTH if low > margin else UNDECIDED
