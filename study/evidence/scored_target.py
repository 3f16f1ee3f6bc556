"""The procedures of one target as a question scores them: their losses, gains and intervals, and
the bound of the gains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from study.evidence.compare import Comparison, Model, model_gains, models, pairwise, the_regression
from study.evidence.findings import Gain
from study.evidence.intervals import LEVEL, Interval
from study.evidence.margin_curves import margins_of
from study.evidence.measure import Measure, measure
from study.evidence.scores import chosen_networks, row_losses, units
from study.evidence.thresholds import EvaluationSpec, ResolvedThreshold, Threshold, bound_of
from study.evidence.winners import CHOSEN, MODEL, ROUNDING, baseline, select_candidate
from study.schema import BASELINE, FORMULA, NETWORK, REGRESSION, TERMS, TREES, Kind

JUDGED = (BASELINE, REGRESSION, FORMULA, TERMS, NETWORK, TREES)
"""Procedures whose metrics are told, from the simplest to the richest; the last is beside them."""


@dataclass(frozen=True, eq=False)
class ScoredTarget:
    """One target's procedures; predictions and winners are its own. folds: outer folds a repeat.
    n_train: rows that an outer fold leaves.
    """

    target: str
    kind: Kind
    predictions: pd.DataFrame
    winners: pd.DataFrame
    question: EvaluationSpec
    folds: int
    n_train: float = np.nan

    @cached_property
    def used(self) -> pd.DataFrame:
        """Rows of the candidates that are judged."""
        return select_candidate(self.predictions)

    @cached_property
    def asked(self) -> Measure:
        """The rows as the metric scores them."""
        return measure(self.question.metric, self.kind, self.predictions)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Of every model its `row_losses`, all 0 where their mean is no more than ROUNDING of the
        constant's.
        """
        found = row_losses(self.asked.predictions)
        means = found.groupby(MODEL)["loss"].transform("mean")
        return found.assign(
            loss=found["loss"].mask(means <= ROUNDING * baseline(found, "loss"), 0.0)
        )

    @cached_property
    def models(self) -> list[Model]:
        return [
            replace(model, losses=self.asked.finish(model.losses))
            for model in models(self.losses, self.winners)
        ]

    @cached_property
    def bound(self) -> ResolvedThreshold | None:
        """Margin and minimum margin as shares of the regression's loss; None without a regression."""
        if self.plain is None:
            return None
        return bound_of(self.question, self.asked, float(self.plain.losses["loss"].mean()))

    @property
    def margin(self) -> float:
        """The larger bound of a gain over the regression, a share of its loss."""
        return self.question.margin if self.bound is None else self.bound.share

    @property
    def threshold(self) -> Threshold:
        """What gains have to pass."""
        return Threshold(self.question.margin) if self.bound is None else self.bound.threshold

    @cached_property
    def plain(self) -> Model | None:
        return the_regression(self.models, self.kind)

    @cached_property
    def per(self) -> Model | None:
        """Whose losses all gains of the verdict are shares of: the regression's, or their mean, a
        number like any other, where the margin is an amount."""
        return self.amounts if self.in_amounts else self.plain

    @property
    def in_amounts(self) -> bool:
        """Whether the margin is an amount."""
        return self.bound is not None and self.bound.amount

    @cached_property
    def amounts(self) -> Model | None:
        """The regression with its mean loss on every row: a share of that is an amount of loss,
        told in another unit.
        """
        if self.plain is None:
            return None
        return replace(
            self.plain,
            losses=self.plain.losses.assign(loss=float(self.plain.losses["loss"].mean())),
        )

    @cached_property
    def ladder(self) -> dict[str, Model]:
        """The regression, the one with terms, and the network, where they were scored."""
        found = {} if self.plain is None else {REGRESSION: self.plain}
        return found | {
            m.procedure: m for m in self.models if m.family == TERMS or m.depth == CHOSEN
        }

    @cached_property
    def gains(self) -> dict[tuple[str, str], Gain]:
        """By (simpler, richer); none where the metric does not exist on the rows."""
        told = model_gains(self.models, self.plain, self.compared)
        return {
            (base.procedure, other.procedure): gain
            for base, other, gain in told
            if not np.isnan(gain.per_loss)
        }

    @cached_property
    def chosen(self) -> pd.DataFrame:
        return chosen_networks(self.losses, self.winners).sort_values("outer_fold", kind="stable")

    @cached_property
    def compared(self) -> Comparison:
        """How its models are compared: as shares of the regression's loss, or of the base's where
        there is no regression.
        """
        return Comparison(self.folds, self.threshold, self.per)

    def gain(self, base: Model, other: Model, level: float = LEVEL) -> Gain:
        return self.compared.gain(base, other, level)

    def line(self, family: str) -> Model | None:
        """A family that is no model."""
        losses = self.losses[self.losses["family"] == family]
        return Model(family, 0, self.asked.finish(units(losses))) if len(losses) else None

    @cached_property
    def procedures(self) -> dict[str, Model]:
        """Those of JUDGED that were scored."""
        lines = {family: self.line(family) for family in (FORMULA, TREES)}
        lines |= {model.family: model for model in self.models if model.family == BASELINE}
        return {name: model for name in JUDGED if (model := (lines | self.ladder).get(name))}

    def curves(self) -> pd.DataFrame:
        """P(gain > m) of every gain at every margin m, by the distribution of its interval: target,
        kind, base, other, margin, above, and bound.
        """
        margins = margins_of(self.gains, self.threshold)
        pieces = [pd.DataFrame()]
        for (base, other), gain in self.gains.items():
            interval = self.interval(base, other)
            bounds = [replace(self.threshold, margin=margin).of_gain(gain) for margin in margins]
            told = {
                "target": self.target,
                "kind": self.kind.value,
                "base": base,
                "other": other,
                "margin": margins,
                "above": [interval.above(bound.margin) for bound in bounds],
                "bound": self.threshold.stated(
                    self.threshold.of_gain(gain).larger(gain.per_loss), gain
                ),
            }
            pieces.append(pd.DataFrame(told))
        return pd.concat(pieces)

    def pairs(self) -> pd.DataFrame:
        """Every model against every simpler one (`pairwise`), asked what the verdict is asked."""
        compared = self.compared if self.in_amounts else replace(self.compared, per=None)
        told = pairwise(self.models, self.plain, compared)
        return pd.DataFrame(
            [
                {"target": self.target, "kind": self.kind.value, "metric": self.question.metric} | t
                for t in told
            ]
        )

    def interval(self, base: str, other: str) -> Interval:
        """Of a gain, with its distribution."""
        one, richer = self.ladder[base], self.ladder[other]
        judge = self.compared.judge(one, self.gains[base, other].level)
        return judge(self.compared.pairs(one, richer))
