"""A search's Optuna study, asked in order of number while the results before the window are told in
that order too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna

from study.config.options import Range, Space
from study.config.samplers import SAMPLERS
from study.families.distributions import distributions
from study.records.outcome import Outcome
from study.schema import TrialState


class Window:
    """A search's Optuna study, which knows of every trial the params, and the results of those that
    were told.

    Every trial is sampled by a sampler made for its number, so that what was drawn before leaves no
    trace. The study holds 2 kB a trial and can be made again from records at any time, so it lives
    no longer than its search asks.

    sampler: name in SAMPLERS. seed: of a trial's number. asked: trials it knows, the number of the
    next one.
    """

    def __init__(self, space: Space, sampler: str, seed: Callable[[int], int]) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.asked = 0
        self._space = space
        self._seed = seed
        self._sampler = SAMPLERS[sampler]
        self._forms = distributions(space)
        self._open = {name: form for name, form in sorted(self._forms.items()) if not form.single()}
        self._study = optuna.create_study()
        self._running: dict[int, optuna.Trial] = {}

    def suggest(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Hyperparameters of the next trial, which is running from now on: sampled ones, or
        `params` where they are known.

        A zero beside a range counts as the range's lowest value, and what is not in the space for
        nothing.
        """
        if params is None:
            make = getattr(optuna.samplers, self._sampler.optuna)
            own = self._study.sampler = make(seed=self._seed(self.asked), **self._sampler.options)
            forms = self._open
            own.infer_relative_search_space = lambda *_: (
                forms
            )  # which a sampler finds by looking at all trials
        else:
            self._study.sampler = optuna.samplers.RandomSampler()  # is asked for nothing
            given = {name: params[name] for name in self._forms if name in params}
            for name, form in self._space.items():
                if name in given and isinstance(form, Range) and form.zero:
                    given[name] = max(given[name], form.low)
            self._study.enqueue_trial(given)
        trial = self._running[self.asked] = self._study.ask(self._forms)
        self.asked += 1
        return dict(trial.params)

    def tell(self, outcome: Outcome) -> None:
        """Take in how a running trial ended; of a pruned one, what it had lost at each rung."""
        trial = self._running.pop(outcome.number)
        if outcome.state is TrialState.PRUNED:
            for rung, loss in enumerate(outcome.rungs, 1):
                trial.report(loss, rung)
        value = outcome.val_loss if outcome.state is TrialState.COMPLETE else None
        self._study.tell(trial, value, optuna.trial.TrialState[outcome.state.name])
