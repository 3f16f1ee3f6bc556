"""Comparisons of the models of a finished study, in pairs on the same test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.findings import Gain
from study.evidence.intervals import LEVEL, Interval, Method, default_method, level_of, method_at
from study.evidence.moments import half_carried_by
from study.evidence.pairs import FloatArray, least_variance, paired, per_of, size_of
from study.evidence.scores import network_procedure, units, with_groups
from study.evidence.thresholds import Threshold
from study.evidence.winners import CHOSEN
from study.schema import (
    BASELINE,
    FORMULA,
    NETWORK,
    REGRESSION,
    REGRESSIONS,
    TERMS,
    TREES,
    Kind,
    procedure_of,
)

ORDER = (BASELINE, REGRESSION, TERMS, NETWORK)
"""Procedures from the simplest to the richest."""
PROCEDURES, DEPTHS, CHOICE = "procedures", "depths", "choice"
"""The questions of a target, each with its own Holm adjustment: constant, regression, regression
with terms and *the network*, which chooses its own family and depth; the ladder of depths of each
family of networks, whose lowest model is the regression; and what that choice brings, *the network*
against always one family and depth."""


@dataclass(frozen=True, eq=False)
class Model:
    """One side of a comparison: (n, 5 to 6) test losses (`study.evidence.scores.units`)."""

    family: str
    depth: int
    losses: pd.DataFrame

    @property
    def procedure(self) -> str:
        """BASELINE, REGRESSION, TERMS or NETWORK; every network of one depth is a NETWORK too."""
        return NETWORK if self.depth == CHOSEN else procedure_of(self.family, self.depth)


@dataclass(frozen=True, eq=False)
class Comparison:
    """How models are compared in pairs, each on the test rows that both have.

    folds: outer folds a repeat. threshold: what a gain has to pass to matter. per: whose loss gains
    are shares of, and rows without it are left out; None: the base's.
    """

    folds: int
    threshold: Threshold
    per: Model | None = None

    def pairs(self, base: Model, other: Model) -> pd.DataFrame:
        """Their losses (`study.evidence.pairs.paired`)."""
        return paired(base.losses, other.losses, self.folds, self.per.losses if self.per else None)

    def judge(self, base: Model, level: float = LEVEL) -> Method:
        """The method at a level, for gains over this model."""
        return method_at(default_method(base.losses["outer_fold"], self.folds), level)

    def gain(self, base: Model, other: Model, level: float = LEVEL) -> Gain:
        """How much less loss `other` has than `base`, and how sure that is.

        Interval and probabilities are read from one distribution, that of the method
        (`Interval.above`): under a flat prior the posterior of the gain, with `CorrectedT` that of
        the Bayesian correlated t-test. What is held against a minimum margin is the difference, by
        the same method.
        """
        pairs, judge = self.pairs(base, other), self.judge(base, level)
        gain = judge(pairs)
        base_loss = float(pairs["base"].mean())
        per_loss = float(per_of(pairs).mean())
        threshold = self.threshold.over(base_loss, per_loss)
        min_margin = list[tuple[Interval, float]]()
        amount = dict[str, float]()
        if threshold.min_margin > 0:
            saved = judge(pairs, "difference")
            amount = {"low_amount": saved.low, "high_amount": saved.high}
            min_margin = [
                (saved, threshold.min_margin),
                (gain, threshold.min_margin / per_loss if per_loss > 0 else np.nan),
            ]
        counted = least_variance(pairs) > 0
        amounts = counted and min_margin and per_loss == 0 and not np.isnan(threshold.margin)
        share = [] if amounts else [(gain, threshold.margin)]  # of no wrong row there is no share
        tested = [*share, *_surest(min_margin)]
        better = float(np.min([each.above(bound) for each, bound in tested]))
        losses = [
            *((each, -bound) for each, bound in share),
            *_surest([(each, -bound) for each, bound in min_margin]),
        ]
        worse = float(np.min([1 - each.above(bound) for each, bound in losses]))
        nearest, bound = min(tested, key=lambda each: each[0].above(each[1]))
        return Gain(
            **size_of(pairs).model_dump(),
            per=(self.per or base).family,
            per_loss=per_loss,
            base_loss=base_loss,
            other_loss=float(pairs["other"].mean()),
            improvement=gain.estimate,
            low=gain.low,
            high=gain.high,
            **amount,
            level=level,
            std_error=gain.std_error,
            df=gain.df,
            p_value=nearest.p_value(bound),
            positive=gain.above(0.0),
            better=better,
            equal=1 - better - worse,
            worse=worse,
            half_carried_by=half_carried_by(pairs),
            counted=counted,
            method=gain.method,
        )


def _surest(tests: Sequence[tuple[Interval, float]]) -> list[tuple[Interval, float]]:
    """Of the ways of holding a gain against the minimum margin, as an amount and as a share, the
    one that is surer; none of none.
    """
    return [max(tests, key=lambda each: abs(each[0].above(each[1]) - 0.5))] if tests else []


def models(losses: pd.DataFrame, winners: pd.DataFrame | None) -> list[Model]:
    """Models of one target from the simplest to the deepest, then *the network* where `winners`
    tell its depths.

    losses: `row_losses` of the target. Boosted trees and the simple formula are no models.
    """
    own = with_groups(losses[~losses["family"].isin((TREES, FORMULA))])
    found = [
        Model(str(key[0]), int(str(key[1])), units(rows))
        for key, rows in own.groupby(["family", "depth"])
    ]
    found.sort(key=lambda model: (model.depth, ORDER.index(model.procedure), model.family))
    if winners is not None and any(model.depth > 0 for model in found):
        network = network_procedure(own, winners)
        if len(network):
            found.append(Model(NETWORK, CHOSEN, units(network)))
    return found


def the_regression(found: Sequence[Model], kind: Kind) -> Model | None:
    """The regression of the kind among the models, or the one that was scored."""
    scored = [model for model in found if model.procedure == REGRESSION]
    return next(
        (model for model in scored if model.family == REGRESSIONS[kind]),
        scored[0] if scored else None,
    )


def model_gains(
    found: Sequence[Model], regression: Model | None, compared: Comparison
) -> list[tuple[Model, Model, Gain]]:
    """Gains of every richer procedure over every simpler one, among the regression, the one with
    terms and *the network*.

    All are shares of the loss of `compared.per`, by default the regression's. Leaving a model tests
    all richer ones at once: each of its intervals has the level at which all hold together in 95%
    of all cases (`study.evidence.intervals.level_of`). Gives (simpler, richer, gain) of those that
    share test rows; nothing without a regression.
    """
    if regression is None:
        return []
    compared = replace(compared, per=compared.per or regression)
    ladder = [
        regression,
        *(m for m in found if m.family == TERMS),
        *(m for m in found if m.depth == CHOSEN),
    ]
    told = [
        (base, other, compared.gain(base, other, level_of(len(ladder) - place - 1)))
        for place, base in enumerate(ladder)
        for other in ladder[place + 1 :]
    ]
    return [step for step in told if step[2].n_rows]


def pairwise(
    found: Sequence[Model], plain: Model | None, compared: Comparison
) -> list[dict[str, Any]]:
    """Paired gain of every model over every simpler one of one target (`Comparison.gain`), and
    Holm's p-values.

    Parameters
    ----------
    found, plain : `models` of the target, and the regression among them.
    compared : its `per` is whose loss all gains are shares of, where they are amounts.

    Returns
    -------
    One dict a pair: question (PROCEDURES, DEPTHS or CHOICE), base, base_depth, other, other_depth
    (families and hidden layers; CHOSEN for the network), the values of `Gain`, margin and minimum
    margin that the gain was held against, both as shares of per_loss, and p_holm, adjusted over the
    pairs of the question (Holm 1979, Scand. J. Statist. 6). The gains among regression, regression
    with terms and the network are those of `model_gains`. Without `per` those of CHOICE are shares
    of the regression's loss too, where it was scored, and all others of the base's, as the margin
    then is.
    """
    models = {(base, other): gain for base, other, gain in model_gains(found, plain, compared)}
    deep = [side for side in found if side.depth > 0]
    asked = {
        PROCEDURES: list(combinations([side for side in found if side.depth <= 0], 2)),
        DEPTHS: [
            (base, other)
            for base, other in combinations(
                [s for s in found if s.depth > 0 or s.procedure == REGRESSION], 2
            )
            if other.depth > 0 and (base.depth == 0 or base.family == other.family)
        ],
        CHOICE: [(side, found[-1]) for side in deep if len(deep) > 1 and found[-1].depth == CHOSEN],
    }
    told = list[dict[str, Any]]()
    for question, pairs in asked.items():
        own, each = list[dict[str, Any]](), compared
        if question == CHOICE and compared.per is None:
            each = replace(compared, per=plain)
        for base, other in pairs:
            gain = models.get((base, other)) or each.gain(base, other)
            threshold = compared.threshold.of_gain(gain)
            about = {"question": question, "base": base.family, "base_depth": base.depth}
            about |= {"other": other.family, "other_depth": other.depth, "margin": threshold.margin}
            own.append(
                about
                | {
                    "min_margin": threshold.min_margin / gain.per_loss
                    if gain.per_loss > 0
                    else np.nan
                }
                | gain.model_dump()
            )
        adjusted = holm([pair["p_value"] for pair in own])
        told += [pair | {"p_holm": p} for pair, p in zip(own, adjusted.tolist(), strict=True)]
    return told


def holm(p_values: Sequence[float]) -> FloatArray:
    """Holm's adjusted p-values, (n,); those that are NaN stay so and count for nothing.

    The k-th smallest of m p-values becomes the largest of (m - j + 1) p_(j) over j <= k, at most 1.
    """
    adjusted = np.array(p_values, float)
    order = np.argsort(adjusted, kind="stable")[: np.isfinite(adjusted).sum()]  # NaN come last
    times = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted[order] * times), 1.0)
    return adjusted
