"""What a loss means in numbers that people know: rows that are right, or the error in the target's unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.evidence.findings import Gain, Number
from study.evidence.intervals import method_at
from study.evidence.metric_gains import procedures
from study.evidence.metrics import measure
from study.evidence.pairs import paired
from study.evidence.rule import LADDER
from study.evidence.sentences import listed, percent
from study.schema import Frozen, Kind

MEANS = {Kind.CONTINUOUS: "rmse", Kind.COUNT: "rmse", Kind.BINARY: "accuracy", Kind.MULTICLASS: "accuracy"}
"""The metric that says what the loss of a kind means."""


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

    metric: of MEANS. values: of each procedure of `study.evidence.rule.LADDER`. differences: of each two, with the levels of
    the verdict's gains. sd: standard deviation of the target over the test rows; NaN of classes.
    """

    metric: str
    values: dict[str, Number]
    differences: tuple[Difference, ...]
    sd: Number

    def most(self, base: str) -> float:
        """By how much some richer procedure may be better than `base`: the highest end of their intervals, at least 0."""
        ends = [each.high for each in self.differences if each.base == base]
        return max(0.0, *ends) if ends and np.isfinite(ends).all() else np.nan


def meaning(
    predictions: pd.DataFrame, winners: pd.DataFrame, kind: Kind, gains: Mapping[tuple[str, str], Gain], folds: int
) -> Meaning:
    """Say of one target what its losses mean, by the methods and at the levels of the verdict's gains.

    predictions, winners: of the target, as in `study.evidence.verdicts.verdicts`. gains: by (simpler, richer).
    """
    asked = measure(MEANS[kind], kind, predictions)
    sides = {name: model for name, model in procedures(asked, winners).items() if name in LADDER}
    values = {name: asked.metric.value(float(model.losses["loss"].mean())) for name, model in sides.items()}
    found = []
    for (base, other), gain in gains.items():
        if base in sides and other in sides:
            told = method_at(gain.method, gain.level)(paired(sides[base].losses, sides[other].losses, folds), "difference")
            ends = {"value": told.estimate, "low": told.low, "high": told.high, "level": gain.level}
            found.append(Difference(base=base, other=other, **ends))
    return Meaning(metric=asked.metric.name, values=values, differences=tuple(found), sd=asked.sd)


def amount(value: float) -> str:
    """A number in a target's unit: three significant digits, more of a large one."""
    text = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def meaning_words(found: Meaning, target: str, nouns: Mapping[str, str]) -> str:
    """What the losses mean, procedure by procedure."""
    if found.metric == "accuracy":
        parts = [f"{percent(value)} % with {nouns[name]}" for name, value in found.values.items()]
        return f"Of the test rows of {target} are right: {listed(parts)}."
    parts = [f"{amount(value)} ({nouns[name]})" for name, value in found.values.items()]
    beside = f", whose standard deviation is {amount(found.sd)}" if np.isfinite(found.sd) else ""
    return f"Predictions of {target}{beside}, are off by {listed(parts)}, as root mean squared errors."


def most_words(found: Meaning, base: str) -> str:
    """What a loss that is given away by keeping `base` means at most; nothing where it is not known."""
    most = found.most(base)
    if not np.isfinite(most):
        return ""
    if found.metric == "accuracy":
        return f"at most {percent(most)} % more of the rows would be right"
    return f"the error would be less by at most {amount(most)}"
