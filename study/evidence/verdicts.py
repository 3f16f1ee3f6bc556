"""The answer for every target: is the network worth it, is the regression enough, or is it undecided?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.compare import Model, models, paired_gain
from study.evidence.decided import decided_at, gain_curve, subset_losses
from study.evidence.findings import ENOUGH, UNDECIDED, WORTH, DecidedAt, Gain, Rung, Shortfall, TreesLine, verdict_of
from study.evidence.intervals import METHODS
from study.evidence.pairs import paired
from study.evidence.scores import UNIT, chosen_networks, network_procedure, row_losses
from study.evidence.winners import ARM, CANDIDATES, incumbents, select_candidate
from study.schema import CONSTANT, NETWORK, REGRESSIONS, TREES, Kind

Why = Callable[[str, pd.DataFrame, pd.DataFrame], Shortfall | None]
"""What a regression misses: from a target, and test losses (UNIT) of regression and network."""


def verdicts(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    margin: float,
    folds: int,
    *,
    method: str | None = None,
    n_train: Mapping[str, float] | None = None,
    why: Why | None = None,
) -> list[Verdict]:
    """The answer for every target: is the network worth it, is the regression enough, or is it undecided?

    The interval of the relative improvement of the network (`network_procedure`, the mean of its replicates' predictions)
    over the refitted regression decides: wholly above `margin`, wholly below, or neither.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    trials : (n_trials, ...) results dataframe.
    margin : smallest gain that matters, a share of the regression's loss.
    folds : outer folds a repeat.
    method : a name of `study.evidence.intervals.METHODS`; by default that of the protocol.
    n_train : rows that an outer fold leaves, by target; by default the tested rows less a fold's, and unknown for one fold.
    why : asked for the shortfall of every target whose network is worth it.
    """
    winners = incumbents(trials)
    found = []
    for target, kind in trials[["target", "kind"]].drop_duplicates().itertuples(index=False):
        own, best = (frame[frame["target"] == target] for frame in (predictions, winners))
        judge = _Judge(str(target), Kind(kind), own, best, margin, folds, method, (n_train or {}).get(target), why)
        found.append(judge.verdict())
    return found


@dataclass(frozen=True, eq=False)
class _Judge:
    """Judges one target; predictions and winners are its own."""

    target: str
    kind: Kind
    predictions: pd.DataFrame
    winners: pd.DataFrame
    margin: float
    folds: int
    method: str | None
    known_train: float | None
    why: Why | None

    def verdict(self) -> Verdict:
        gain = self._gain(self.regression, self.network)
        said = verdict_of(gain.improvement, gain.low, gain.high, self.margin) if gain.n_rows else None
        losses = self.regression.losses, self.network.losses
        return Verdict(
            target=self.target,
            kind=self.kind,
            margin=self.margin,
            regression=self.regression.family or None,
            chosen={arm.outer_fold: Rung(family=arm.family, depth=arm.depth) for arm in self.chosen.itertuples()},
            gain=gain,
            smallest_sufficient=self._smallest_sufficient(said),
            beats_constant=self._beats_constant(),
            candidate=self._candidate(),
            candidates=self._candidates(),
            n_train=self._n_train(gain),
            decided_at=self._decided_at(gain) if said == UNDECIDED and np.isfinite(gain.low) else None,
            trees=self._trees(),
            shortfall=self.why(self.target, *losses) if said == WORTH and self.why else None,
        )

    @cached_property
    def losses(self) -> pd.DataFrame:
        return row_losses(self.predictions)

    @cached_property
    def models(self) -> list[Model]:
        return models(self.losses, self.winners)

    @cached_property
    def regression(self) -> Model:
        """The regression of the kind, or the one that was scored."""
        scored = [model for model in self.models if model.depth == 0 and model.family != CONSTANT]
        return next((m for m in scored if m.family == REGRESSIONS[self.kind]), scored[0] if scored else self._nothing)

    @cached_property
    def network(self) -> Model:
        return next((model for model in self.models if model.family == NETWORK), self._nothing)

    @property
    def _nothing(self) -> Model:
        return Model("", 0, self.losses.loc[self.losses.index[:0], UNIT])

    @cached_property
    def chosen(self) -> pd.DataFrame:
        return chosen_networks(self.losses, self.winners).sort_values("outer_fold")

    @property
    def scored(self) -> list[Model]:
        return [side for side in (self.regression, self.network) if len(side.losses)]

    def _gain(self, base: Model, other: Model) -> Gain:
        return paired_gain(base.losses, other.losses, self.margin, self.folds, self.method)

    def _n_train(self, gain: Gain) -> float:
        if self.known_train is not None:
            return self.known_train
        losses = self.regression.losses
        return losses["row"].nunique() - len(losses) / gain.n_folds if gain.n_folds > 1 else np.nan

    def _beats_constant(self) -> bool | None:
        constant = next((model for model in self.models if model.family == CONSTANT), None)
        if constant is None or not self.scored:
            return None
        return any(self._gain(constant, rival).low > 0 for rival in self.scored)

    def _smallest_sufficient(self, said: str | None) -> Rung | None:
        """Fewest hidden layers within the margin of the least loss, the lesser loss of two alike."""
        if said == ENOUGH:
            return Rung(family=self.regression.family, depth=0)
        ladder = [model for model in self.models if model.depth > 0 or model is self.regression]
        means = {model: float(model.losses.groupby("outer_fold")["loss"].mean().mean()) for model in ladder}
        if not means:
            return None
        least = min(means.values())
        enough = [model for model in ladder if means[model] - least <= self.margin * means.get(self.regression, least)]
        smallest = min(enough, key=lambda model: (model.depth, means[model]))
        return Rung(family=smallest.family, depth=smallest.depth)

    def _candidate(self) -> str | None:
        used = select_candidate(self.predictions)
        return next(iter(used.loc[used["depth"] > 0, "candidate"]), None)

    def _candidates(self) -> dict[str, Gain]:
        """The gain that each way of using the network would have."""
        found = {}
        for candidate in CANDIDATES:
            losses = network_procedure(row_losses(self.predictions, candidate), self.winners)[UNIT]
            found[candidate] = self._gain(self.regression, Model(NETWORK, 0, losses))
        return {candidate: gain for candidate, gain in found.items() if gain.n_rows}

    def _trees(self) -> TreesLine | None:
        """Boosted trees beside the models that were scored."""
        losses = self.losses[self.losses["family"] == TREES]
        gains = {side.family: self._gain(side, Model(TREES, 0, losses[UNIT])) for side in self.scored}
        told = {family: gain for family, gain in gains.items() if np.isfinite(gain.improvement)}
        if not told:
            return None
        over = told.get(self.regression.family), told.get(NETWORK)
        return TreesLine(loss=float(losses["loss"].mean()), over_regression=over[0], over_network=over[1])

    def _decided_at(self, gain: Gain) -> DecidedAt:
        n_train = self._n_train(gain)
        pairs = paired(self.regression.losses, self.network.losses, self.folds)
        curve = subset_losses(self.predictions, n_train)
        is_regression = (self.losses["family"] == self.regression.family) & (self.losses["depth"] == 0)
        fitted = gain_curve(curve, self.losses.loc[is_regression, ARM], self.chosen, self.folds)
        return decided_at(pairs, METHODS[gain.method], self.margin, fitted, n_train + len(pairs) / gain.n_folds)
