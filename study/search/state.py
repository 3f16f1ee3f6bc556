"""The state of one search: a window of trials, each suggested from the results before the window
and from nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from study.config import StudyConfig
from study.config.options import Space
from study.config.samplers import SAMPLERS
from study.families import Family, first_trials, get_family, outside, penalties, searched
from study.families.chosen import search_space, search_window
from study.families.schedule import RUNGS
from study.records.outcome import Outcome
from study.records.trial import TrialRecord
from study.schema import REGRESSIONS, Search, StudyError, Suggestion, TrialState, derive_seed

if TYPE_CHECKING:
    from study.search.window import Window

LEAST_KNOWN = 3
"""Trials by whose median another is given up at least."""


@dataclass
class SearchState:
    """State of one search: what is recorded, what is out, what comes next.

    Trial n is suggested once the results of all trials up to n - width are known, from those alone
    and with the trials between known as running, though some may have ended. So suggestions depend
    neither on the order of results nor on where a search was resumed, and no trial waits for more
    than the one that is `width` before it and those before that.

    trials: the search's budget. width: trials that may be out at once. records: outcomes of
    finished trials by number. best: the best complete trial by mean validation loss, the earlier
    one of a tie. scored: number of the best trial that was scored on the test rows, if any; a
    search that went on since may have found a better one, which is then scored instead.

    Raises
    ------
    StudyError
        A record of a search that is to go on lies outside its space.
    """

    config: StudyConfig
    spec: Search
    n_rows: int
    trials: int
    records: dict[int, Outcome]
    scored: int | None = None
    closed: bool = False
    best: Outcome | None = field(default=None, init=False)
    width: int = field(init=False)
    _out: dict[int, Suggestion] = field(default_factory=dict, init=False)
    _back: dict[int, Suggestion] = field(
        default_factory=dict, init=False
    )  # given back, the last of them is the next
    _next: int = field(
        default=0, init=False
    )  # the first number that is neither recorded nor suggested
    _known: int = field(default=0, init=False)  # the results of all numbers below are known
    _winner_out: bool = field(default=False, init=False)
    _window: Window | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.width = search_window(self.config, self.spec)
        space = {} if self.searched else self.space
        for outcome in self.records.values():
            self._rank(outcome)
            if space and (wrong := outside(space, outcome.params)):
                raise StudyError(
                    f"The record of trial {outcome.trial_id} has {wrong}. Another version of study or of a package wrote it: "
                    "choose another --name."
                )

    @property
    def family(self) -> Family:
        return get_family(self.spec.family)

    @property
    def space(self) -> Space:
        """The space (`search_space`)."""
        return search_space(self.config, self.spec, self.n_rows)

    @property
    def penalties(self) -> tuple[float, ...]:
        """What every trial of a regression scores, the strongest first; of a network those of the
        regression that it starts as.
        """
        if self.family.convex:
            return penalties(self.family, self.space)
        plain = self.spec.model_copy(update={"family": REGRESSIONS[self.spec.kind], "depth": 0})
        space = search_space(self.config, plain, self.n_rows)
        return penalties(get_family(plain.family), space)

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Hyperparameters of the best complete trial for each candidate beside the winner, by its
        name.

        None of a candidate that no trial was made for alone: too small a budget tells nothing of
        it.
        """
        complete = [
            each
            for each in self.records.values()
            if each.state is TrialState.COMPLETE and each.val_loss is not None
        ]
        named = [(each, self.family.parts(each.params)) for each in complete]
        wanted = sorted({names[0] for _, names in named if len(names) == 1})
        return {
            name: reduce(_better, [each for each, names in named if name in names]).params
            for name in wanted
        }

    @property
    def searched(self) -> bool:
        """Whether no trial is left to suggest or to wait for."""
        return (
            not self._out and not self._back and (self.closed or len(self.records) >= self.trials)
        )

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: searched, and the winner scored where there is one."""
        return self.searched and (self.best is None or self.scored == self.best.number)

    def next_trial(self) -> Suggestion | None:
        """The next trial, or None while the window must be waited for."""
        trial = self._back.popitem()[1] if self._back else self._new_trial()
        if trial is not None:
            self._out[trial.number] = trial
        return trial

    def _new_trial(self) -> Suggestion | None:
        while self._next in self.records:
            self._next += 1
        while self._known in self.records:
            self._known += 1
        if self._next >= self.trials:
            self._window = None  # it was asked for the last time
        if self.closed or self._next >= min(self.trials, self._known + self.width):
            return None
        number, self._next = self._next, self._next + 1
        return Suggestion(number, number // self.config.search.generation, self._suggest(number))

    def prune_above(self, number: int) -> tuple[float, ...]:
        """Mean best loss above which a network's trial is given up, at each rung of its schedule:
        the median of those known.

        The median stopping rule (Golovin et al. 2017, KDD, section 3.2.2), by the trials before the
        window, from which its hyperparameters follow too; one that ended before a rung counts with
        what it had then. None where fewer than LEAST_KNOWN are known, for a regression, for a
        sampler that forgets what was given up, and where the patience is all epochs.
        """
        training = self.config.training
        sampler = SAMPLERS[self.config.search.sampler]
        if (
            self.family.convex
            or not sampler.pruned
            or (training.patience or 1) >= (training.epochs or 1)
        ):
            return ()
        known = [self.records[n] for n in range(number - self.width + 1) if self.records[n].rungs]
        if len(known) < LEAST_KNOWN:
            return ()
        passed = [
            [*other.rungs, *[other.val_loss] * (len(RUNGS) - len(other.rungs))] for other in known
        ]
        return tuple(np.median(np.array(passed, float), axis=0).tolist())

    def next_winner(self) -> Outcome | None:
        """The best trial, once, when the search is over and its winner is not recorded yet."""
        if self._winner_out or self.finished or not self.searched:
            return None
        self._winner_out = True
        return self.best

    def score(self, number: int) -> None:
        """Take note that the best trial of that number is scored, or given up."""
        self.scored = number

    def tell(self, record: TrialRecord) -> None:
        """Take in a finished or failed trial."""
        outcome = self.records[record.number] = Outcome.of(record, self.spec)
        self._out.pop(record.number, None)
        self._back.pop(record.number, None)
        self._rank(outcome)

    def _rank(self, outcome: Outcome) -> None:
        if outcome.state is TrialState.COMPLETE and outcome.val_loss is not None:
            self.best = _better(self.best or outcome, outcome)

    def give_back(self, number: int) -> None:
        """Take back a trial that was handed out and left no record; it is handed out again next."""
        self._back[number] = self._out.pop(number)

    def close(self) -> None:
        """Suggest nothing more; what is out may finish."""
        self.closed = True
        self._window = None
        self._back.clear()

    def _suggest(self, number: int) -> dict[str, Any]:
        """Hyperparameters of a trial: those of the first are the family's own, the others' are
        sampled.
        """
        space = searched(self.family, self.space)
        if number < len(first := first_trials(self.family, space)):
            return first[number]
        if self._window is None:
            from study.search.window import Window  # Optuna, which those who only look do not need

            seed, key = self.config.seed, self.spec.seed_key
            self._window = Window(
                space, self.config.search.sampler, lambda n: derive_seed(seed, key, n)
            )
        window = self._window
        for n in range(window.asked, number + 1):
            if n >= self.width:
                window.tell(self.records[n - self.width])
            before = self.records.get(n) or self._out.get(n)
            params = window.suggest(before.params if before else None)
        return params


def _better(one: Outcome, other: Outcome) -> Outcome:
    """The complete one of less validation loss, the earlier one of a tie."""
    return min(one, other, key=lambda rival: (rival.val_loss, rival.number))
