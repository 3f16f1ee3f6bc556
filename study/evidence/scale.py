"""What a loss means in numbers that people know: rows that are right, or the error in the target's unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.evidence.findings import Gain, Number
from study.evidence.intervals import Interval, method_at
from study.evidence.margins import off_root
from study.evidence.measure import measure
from study.evidence.metric_gains import procedures
from study.evidence.pairs import paired
from study.evidence.rule import LADDER
from study.schema import LOSS, Frozen, Kind

MEANS = {Kind.CONTINUOUS: "rmse", Kind.COUNT: "rmse", Kind.BINARY: "accuracy", Kind.MULTICLASS: "accuracy"}
"""The metric that says what the loss of a kind means; any other metric that is asked of is told itself."""


class Difference(Frozen):
    """By how much `other` is better than `base` in a metric's own unit, above 0 better, with its interval at `level`."""

    base: str
    other: str
    value: Number
    low: Number
    high: Number
    level: float


class Meaning(Frozen):
    """What the losses behind a verdict mean.

    metric: that was asked of, or of MEANS for the loss. values: of each procedure of `study.evidence.rule.LADDER`.
    differences: of each two, with the levels of the verdict's gains. sd: standard deviation of the target over the test rows;
    NaN of classes. n_folds, n_scored: outer folds that the metric exists on, and that were scored; 0 where not known.
    """

    metric: str
    values: dict[str, Number]
    differences: tuple[Difference, ...]
    sd: Number
    n_folds: int = 0
    n_scored: int = 0

    def most(self, base: str) -> float:
        """By how much some richer procedure may be better than `base`: the highest end of their intervals, at least 0."""
        ends = [each.high for each in self.differences if each.base == base]
        return max(0.0, *ends) if ends and np.isfinite(ends).all() else np.nan


def meaning(
    predictions: pd.DataFrame,
    winners: pd.DataFrame,
    kind: Kind,
    gains: Mapping[tuple[str, str], Gain],
    folds: int,
    metric: str = LOSS,
) -> Meaning:
    """Say of one target what its losses mean, by the methods and at the levels of the verdict's gains.

    A difference is the gain itself in another unit where it can be (`in_unit`), so that the two cannot disagree; an end that
    the share has not is that of the difference. Rows that are right and errors of counts have intervals of their own where the
    loss was asked of.

    predictions, winners: of the target, as in `study.evidence.verdicts.verdicts`. gains: by (simpler, richer), of `metric`.
    """
    asked = measure(MEANS[kind] if metric == LOSS else metric, kind, predictions)
    sides = {name: model for name, model in procedures(asked, kind, winners).items() if name in LADDER}
    values = {name: asked.metric.value(float(model.losses["loss"].mean())) for name, model in sides.items()}
    found = []
    for (base, other), gain in gains.items():
        if base in sides and other in sides:
            saved = method_at(gain.method, gain.level)(paired(sides[base].losses, sides[other].losses, folds), "difference")
            if metric == LOSS and kind is not Kind.CONTINUOUS:
                value, low, high = saved.estimate, saved.low, saved.high
            else:
                value, low, high = in_unit(gain, saved, root=metric == LOSS)
            found.append(Difference(base=base, other=other, value=value, low=low, high=high, level=gain.level))
    n_folds, n_scored = (frame["outer_fold"].nunique() for frame in (asked.predictions, predictions))
    about = {"metric": asked.metric.name, "sd": asked.sd, "n_folds": n_folds, "n_scored": n_scored}
    return Meaning.model_validate(about | {"values": values, "differences": tuple(found)})


def in_unit(gain: Gain, saved: Interval, root: bool) -> tuple[float, float, float]:
    """A gain and its ends in the metric's own unit: times what they are shares of; NaN for an end that does not exist.

    saved: the difference of the two in the metric, of a squared error in RMSEs; it may have an end where the share has none, as
    few rows tell what the shares are of. root: whether the gain is of squared errors and the unit that of their root.
    """
    shares = gain.improvement, gain.low, gain.high if gain.bounded else np.nan
    told = [off_root(share * gain.per_loss, gain.base_loss) if root else share * gain.per_loss for share in shares]
    value, low, high = (
        own if np.isfinite(own) else end for own, end in zip(told, (np.nan, saved.low, saved.high), strict=True)
    )
    return value, low, high
