"""All arms of a study behind the one searcher that Ray Tune asks for trials."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from ray.tune import Callback
from ray.tune.search import Searcher

from study.search.generations import ArmSearch

KEPT_BY_TUNE = {"done"}
"""What stays of a trial's result in Tune's own state."""
Job = tuple[ArmSearch, tuple[int, int, dict[str, Any]], bool]
"""An arm, one of its trials (number, generation, params), and whether it is the arm's winner that is scored."""


class StudySearcher(Searcher):  # type: ignore[misc]
    """Hands out trials arm by arm in turn, so that workers are busy while one arm waits for its generation.

    What comes back is told to the arm by whoever keeps the records (`recorded`, `scored`), before Tune reports the trial
    complete. A trial that Tune reports ended with an error and without a record was lost with its worker: it is handed out
    again, up to `max_tries` times, then `give_up` must leave its FAIL record.

    make_config: turns a job into the config of a Tune trial. deadline: `time.monotonic()` after which nothing new is
    suggested; what is out finishes and the winners are scored. until: `time.monotonic()` by which all must have ended: nothing
    is handed out that would last longer, judged by the longest trial of its arm so far (of all arms, before its first).
    """

    def __init__(
        self,
        arms: Sequence[ArmSearch],
        make_config: Callable[[Job], dict[str, Any]],
        give_up: Callable[[Job, int], None],
        max_tries: int,
        deadline: float | None = None,
        until: float | None = None,
    ) -> None:
        super().__init__(metric="val_loss", mode="min")
        self.arms = list(arms)
        self._ready = OrderedDict((arm.arm.key, arm) for arm in arms)  # who may have something to hand out, next in turn first
        self.make_config = make_config
        self.give_up = give_up
        self.max_tries = max_tries
        self.deadline = deadline
        self.until = until
        self.stopping = False
        self._jobs: dict[str, Job] = {}
        self._done: set[str] = set()
        self.retiring = 0  # workers that have grown and will each drop one trial without starting it
        self._tries: dict[tuple[str, int, bool], int] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as nothing: Tune writes a copy of its searcher that is never read."""
        return {}

    def job(self, trial_id: str) -> Job:
        """What Tune's trial of that id runs."""
        return self._jobs[trial_id]

    def recorded(self, trial_id: str) -> None:
        """Say that the trial has left its record and is not to be handed out again."""
        self._done.add(trial_id)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Config of the next trial; None while every arm waits; FINISHED when all are done."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.deadline = None
            for arm in self.arms:
                arm.close()
        job = None if self.stopping else self._next()
        if job is None:
            ending = self.stopping or self.until is not None  # with nothing out, what is left is too long
            finished = not self._jobs and (ending or all(arm.finished for arm in self.arms))
            return Searcher.FINISHED if finished else None
        self._jobs[trial_id] = job
        return self.make_config(job)

    def _next(self) -> Job | None:
        while self._ready:
            key, arm = self._ready.popitem(last=False)
            if not self._in_time(arm):
                continue
            trial = arm.next_trial()
            if trial is not None:
                self._ready[key] = arm
                return arm, trial, False
            incumbent = arm.next_winner()
            if incumbent is not None:
                return arm, (incumbent.number, incumbent.generation, incumbent.params), True
        return None

    def _in_time(self, arm: ArmSearch) -> bool:
        """Whether the next job of an arm would end by `until`; a winner lasts as long as two trials."""
        if self.until is None:
            return True
        longest = arm.longest_s or max(other.longest_s for other in self.arms)
        return time.monotonic() + longest * (2 if len(arm.records) >= arm.trials else 1) < self.until

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Forget a trial that left its record; hand out again, or give up, one that did not."""
        job = self._jobs.pop(trial_id, None)
        if job is not None:
            self._ready.setdefault(job[0].arm.key, job[0])
        if job is None or trial_id in self._done:
            self._done.discard(trial_id)
            return
        arm, trial, winner = job
        if not error:  # stopped, not lost: the study is ending
            return
        key = (arm.arm.key, trial[0], winner)
        if self.retiring:
            self.retiring -= 1
        else:
            self._tries[key] = self._tries.get(key, 0) + 1
        if self._tries.get(key, 0) >= self.max_tries:
            self.give_up(job, self._tries[key])
        elif winner:
            arm.retry_winner()
        else:
            arm.give_back(trial)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Do nothing: a trial reports once, at its end."""

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: records are the truth, and Tune's own state is never read again."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing."""


class Keeper(Callback):  # type: ignore[misc]
    """Hands each record to `keep` before Tune counts its trial as complete, and takes it out of Tune's own state.

    lost: says why Ray cannot go on, if so; Tune would wait for ever. failure: that, or the first error of the disk, after which
    nothing new is suggested.
    """

    def __init__(
        self,
        searcher: StudySearcher,
        keep: Callable[[Job, str, dict[str, bytes]], None],
        lost: Callable[[], Exception | None] = lambda: None,
    ) -> None:
        self.searcher = searcher
        self.keep = keep
        self.lost = lost
        self.failure: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as nothing: Tune writes a copy of its callbacks that is never read."""
        return {}

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """End where Ray cannot go on."""
        if (reason := self.lost()) is not None:
            self.failure = reason
            raise reason

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any) -> None:
        """Keep what a trial reports, once, at its end."""
        record, files = result.pop("record"), result.pop("files")
        self.searcher.retiring += bool(result.pop("grown", False))
        for name in result.keys() - KEPT_BY_TUNE:  # Tune keeps statistics of every number for ever
            del result[name]
        try:
            self.keep(self.searcher.job(trial.trial_id), record, files)
            self.searcher.recorded(trial.trial_id)
        except OSError as error:  # raised here it would come out of Tune as something else
            self.failure = self.failure or error
            self.searcher.stopping = True
