"""An arm's Optuna study, asked in order of number while the results before the window are told in that order too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from ray.tune.result import TRAINING_ITERATION
from ray.tune.search.optuna import OptunaSearch

from study.config.options import Range, Space
from study.config.samplers import SAMPLERS
from study.families.distributions import distributions
from study.records.outcome import Outcome
from study.schema import TrialState


class NumberedSampler(BaseSampler):  # type: ignore[misc]
    """Samples every trial with a sampler made for its number, so that what was drawn before leaves no trace.

    space: of every trial. make: sampler of a number. given: hyperparameters that the next trial takes instead, if any. own: the
    sampler of the last trial; it has two random generators of 2.5 kB, so whoever is done with it sets it to None.
    """

    def __init__(self, space: Mapping[str, BaseDistribution], make: Callable[[int], BaseSampler]) -> None:
        self.given: Mapping[str, Any] | None = None
        self.own: BaseSampler | None = None
        self._open = {name: form for name, form in sorted(space.items()) if not form.single()}
        self._make = make

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, BaseDistribution]:
        """What is sampled together: all that is open, which a sampler finds by looking at all trials; nothing where given."""
        return self._open if self.given is None else {}

    def sample_relative(self, study: Any, trial: Any, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """Values of all hyperparameters at once, or nothing."""
        if self.given is not None:
            return {}
        self.own = self._make(trial.number)
        params: dict[str, Any] = self.own.sample_relative(study, trial, search_space)
        return params

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: BaseDistribution) -> Any:
        """Value of one hyperparameter."""
        if self.given is not None:
            return self.given[param_name]
        assert self.own is not None  # Optuna asks for the relative ones first
        return self.own.sample_independent(study, trial, param_name, param_distribution)


class LeanSearch(OptunaSearch):  # type: ignore[misc]
    """Ray's OptunaSearch, which keeps what it needs to tell a trial's end for ever: two fifths of all it holds."""

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell the study, and forget the trial."""
        super().on_trial_complete(trial_id, result, error)
        del self._ot_trials[trial_id]


class Window:
    """An arm's study behind Ray's OptunaSearch, which knows of every trial the params, and the results of those that were told.

    It holds 2 kB a trial and can be made again from records at any time, so it lives no longer than its arm asks.

    sampler: name in SAMPLERS. seed: of a trial's number. asked: trials it knows, the number of the next one.
    """

    def __init__(self, space: Space, sampler: str, seed: Callable[[int], int]) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        make, options = getattr(optuna.samplers, SAMPLERS[sampler].optuna), SAMPLERS[sampler].options
        self.asked = 0
        self._space = space
        forms = distributions(space)
        self._sampler = NumberedSampler(forms, lambda number: make(seed=seed(number), **options))
        self._search = LeanSearch(space=forms, metric="val_loss", mode="min", sampler=self._sampler)

    def suggest(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Hyperparameters of the next trial, which is running from now on: sampled ones, or `params` where they are known.

        A zero beside a range counts as the range's lowest value, and what is not in the space for nothing.
        """
        forms = self._space
        self._sampler.given = params and {
            name: max(value, form.low) if isinstance(form := forms[name], Range) and form.zero else value
            for name, value in params.items()
            if name in forms
        }
        suggested: dict[str, Any] = self._search.suggest(str(self.asked))
        self._sampler.own = None
        self.asked += 1
        return suggested

    def tell(self, outcome: Outcome) -> None:
        """Take in how a running trial ended; of a pruned one, what it had lost at each rung."""
        if outcome.state is TrialState.PRUNED:
            for rung, loss in enumerate(outcome.rungs, 1):
                self._search.on_trial_result(str(outcome.number), {"val_loss": loss, TRAINING_ITERATION: rung})
        result = {"val_loss": outcome.val_loss} if outcome.state is TrialState.COMPLETE else None
        self._search.on_trial_complete(str(outcome.number), result, error=outcome.state is TrialState.FAIL)
