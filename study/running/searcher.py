"""All arms of a study behind the one searcher that Ray Tune asks for trials."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ray.tune import Callback
from ray.tune.search import Searcher

from study.config import StudyConfig
from study.explain.trees import TREE_TRIALS
from study.machines.scratch import is_there
from study.running.trees import TreesQueue
from study.schema import StudyError
from study.search.arms import ArmSearch
from study.training.task import Task, TreesTask, TrialTask, WinnerTask

KEPT_BY_TUNE = {"done"}
"""What stays of a trial's result in Tune's own state."""


class StudySearcher(Searcher):  # type: ignore[misc]
    """Hands out trials and winners arm by arm in turn, so that workers are busy while one arm waits for its generation.

    Trees are handed out where every arm waits or is done. What comes back is told to the arm or the trees by whoever keeps
    the records, before Tune reports its trial complete. One that Tune reports ended with an error and without a record
    (`recorded`) was lost with its worker: it is handed out again, up to `search.max_tries` times, then `give_up` tells its
    failure.

    arms: by key. deadline: `time.monotonic()` after which no new trial is suggested; what is out finishes, and winners and
    trees are scored, if there was a trial. until: `time.monotonic()` by which all must have ended: nothing is handed out that
    would last longer, judged by the longest trial of its arm so far (of all arms, before its first), or by the longest trees.
    """

    def __init__(
        self,
        config: StudyConfig,
        arms: Mapping[str, ArmSearch],
        trees: TreesQueue,
        give_up: Callable[[Task, int], None],
        deadline: float | None = None,
        until: float | None = None,
    ) -> None:
        super().__init__(metric="val_loss", mode="min")
        self.config = config
        self.arms = arms
        self.trees = trees
        self.give_up = give_up
        self.deadline = deadline
        self.until = until
        self.stopping = False
        self._ready = OrderedDict(arms)  # who may have something to hand out, next in turn first
        self._out: dict[str, Task] = {}
        self._done: set[str] = set()
        self.retiring = 0  # workers that have grown and will each drop one trial without starting it
        self._tries: dict[str, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as nothing: Tune writes a copy of its searcher that is never read."""
        return {}

    def task(self, trial_id: str) -> Task:
        """What Tune's trial of that id runs."""
        return self._out[trial_id]

    def recorded(self, trial_id: str) -> None:
        """Say that the trial has left its record and is not to be handed out again."""
        self._done.add(trial_id)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Config of the next trial; None while every arm waits; FINISHED when all are done."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.deadline = None
            for arm in self.arms.values():
                arm.close()
            if not self._out and not any(arm.records for arm in self.arms.values()):
                self.trees.close()  # there is nothing that they could stand beside
        task = None if self.stopping else self._next()
        if task is None:
            ending = self.stopping or self.until is not None  # with nothing out, what is left is too long
            finished = not self._out and (ending or all(arm.finished for arm in self.arms.values()))
            return Searcher.FINISHED if finished else None
        self._out[trial_id] = task
        return {"task": task}

    def _next(self) -> Task | None:
        while self._ready:
            key, arm = self._ready.popitem(last=False)
            # A winner, and the first trees, last as long as two trials.
            if not self._in_time(arm.longest_s, trials=2 if len(arm.records) >= arm.trials else 1):
                continue
            if (suggestion := arm.next_trial()) is not None:
                self._ready[key] = arm
                return TrialTask.of(self.config, arm.arm, suggestion)
            if (best := arm.next_winner()) is not None:
                assert best.val_loss is not None  # it is complete
                return TrialTask.of(self.config, arm.arm, best).as_winner(best.val_loss)
        known = self.trees.longest_s
        if self._in_time(known, trials=1 if known else 2) and (trees := self.trees.next()) is not None:
            config = self.config
            return TreesTask(study=config.name, seed=config.seed, trees=trees, trials=TREE_TRIALS[config.effort])
        return None

    def _in_time(self, longest_s: float, trials: int) -> bool:
        """Whether what lasts as long as so many of the longest trials (of all arms, where that is 0) would end by `until`."""
        if self.until is None:
            return True
        longest_s = longest_s or max((arm.longest_s for arm in self.arms.values()), default=0.0)
        return time.monotonic() + trials * longest_s < self.until

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Forget a trial that left its record; hand out again, or give up, one that did not."""
        task = self._out.pop(trial_id, None)
        if isinstance(task, TrialTask | WinnerTask):
            self._ready.setdefault(task.arm.key, self.arms[task.arm.key])
        if task is None or trial_id in self._done:
            self._done.discard(trial_id)
            return
        if not error:  # stopped, not lost: the study is ending
            return
        tries = self._tries.get(task.key, 0) + (not self.retiring)
        self.retiring = max(0, self.retiring - 1)
        self._tries[task.key] = tries
        if tries >= self.config.search.max_tries:
            self.give_up(task, tries)
        elif isinstance(task, TreesTask):
            self.trees.give_back(task.trees)
        elif isinstance(task, WinnerTask):
            self.arms[task.arm.key].retry_winner()
        else:
            self.arms[task.arm.key].give_back(task.number)

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: records are the truth, and Tune's own state is never read again."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing."""


class Keeper(Callback):  # type: ignore[misc]
    """Hands what a worker reports to `keep` before Tune counts its trial as complete, and takes it out of Tune's own state.

    scratch: where Ray's own files lie, without which Tune would wait for ever. failure: that they are gone, or the first error
    of the disk, after which nothing new is suggested.
    """

    def __init__(self, searcher: StudySearcher, keep: Callable[[str, dict[str, bytes]], None], scratch: Path) -> None:
        self.searcher = searcher
        self.keep = keep
        self.scratch = scratch
        self.failure: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as nothing: Tune writes a copy of its callbacks that is never read."""
        return {}

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """End where Ray cannot go on."""
        if not is_there(self.scratch):
            self.failure = StudyError(
                f"Ray's files in {self.scratch} were removed while it ran. "
                "Every finished trial is kept; run the same command again."
            )
            raise self.failure

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any) -> None:
        """Keep what a trial reports, once, at its end."""
        record, files = result.pop("record"), result.pop("files")
        self.searcher.retiring += bool(result.pop("grown", False))
        for name in result.keys() - KEPT_BY_TUNE:  # Tune keeps statistics of every number for ever
            del result[name]
        try:
            self.keep(record, files)
            self.searcher.recorded(trial.trial_id)
        except OSError as error:  # raised here it would come out of Tune as something else
            self.failure = self.failure or error
            self.searcher.stopping = True
