"""All arms of a study behind the one searcher that Ray Tune asks for trials."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ray.tune import Callback
from ray.tune.search import Searcher

from study.machines.scratch import is_there
from study.running.assignments import Assignment, TreesAssignment, TrialAssignment, WinnerAssignment
from study.running.trees import TreesQueue
from study.schema import StudyError
from study.search.generations import ArmSearch

KEPT_BY_TUNE = {"done"}
"""What stays of a trial's result in Tune's own state."""


class StudySearcher(Searcher):  # type: ignore[misc]
    """Hands out trials and winners arm by arm in turn, so that workers are busy while one arm waits for its generation.

    Trees are handed out where every arm waits or is done. What comes back is told to the arm or the trees by whoever keeps
    the records, before Tune reports its trial complete. One that Tune reports ended with an error and without a record
    (`recorded`) was lost with its worker: it is handed out again, up to `max_tries` times, then `give_up` tells its failure.

    told: turns an assignment into the config of a Tune trial. deadline: `time.monotonic()` after which no new trial is
    suggested; what is out finishes, and winners and trees are scored. until: `time.monotonic()` by which all must have ended:
    nothing is handed out that would last longer, judged by the longest trial of its arm so far (of all arms, before its
    first), or by the longest trees.
    """

    def __init__(
        self,
        arms: Sequence[ArmSearch],
        trees: TreesQueue,
        told: Callable[[Assignment], dict[str, Any]],
        give_up: Callable[[Assignment, int], None],
        max_tries: int,
        deadline: float | None = None,
        until: float | None = None,
    ) -> None:
        super().__init__(metric="val_loss", mode="min")
        self.arms = list(arms)
        self.trees = trees
        self._ready = OrderedDict((arm.arm.key, arm) for arm in arms)  # who may have something to hand out, next in turn first
        self.told = told
        self.give_up = give_up
        self.max_tries = max_tries
        self.deadline = deadline
        self.until = until
        self.stopping = False
        self._out: dict[str, Assignment] = {}
        self._done: set[str] = set()
        self.retiring = 0  # workers that have grown and will each drop one trial without starting it
        self._tries: dict[str, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as nothing: Tune writes a copy of its searcher that is never read."""
        return {}

    def assignment(self, trial_id: str) -> Assignment:
        """What Tune's trial of that id runs."""
        return self._out[trial_id]

    def recorded(self, trial_id: str) -> None:
        """Say that the trial has left its record and is not to be handed out again."""
        self._done.add(trial_id)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Config of the next trial; None while every arm waits; FINISHED when all are done."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.deadline = None
            for arm in self.arms:
                arm.close()
        assignment = None if self.stopping else self._next()
        if assignment is None:
            ending = self.stopping or self.until is not None  # with nothing out, what is left is too long
            finished = not self._out and (ending or all(arm.finished for arm in self.arms))
            return Searcher.FINISHED if finished else None
        self._out[trial_id] = assignment
        return self.told(assignment)

    def _next(self) -> Assignment | None:
        while self._ready:
            key, arm = self._ready.popitem(last=False)
            if not self._in_time(arm):
                continue
            suggestion = arm.next_trial()
            if suggestion is not None:
                self._ready[key] = arm
                return TrialAssignment(arm, suggestion)
            incumbent = arm.next_winner()
            if incumbent is not None:
                return WinnerAssignment(arm, incumbent)
        if self._in_time(self.trees) and (trees := self.trees.next()) is not None:
            return TreesAssignment(self.trees, trees)
        return None

    def _in_time(self, source: ArmSearch | TreesQueue) -> bool:
        """Whether what comes next of it would end by `until`; a winner, and the first trees, last as long as two trials."""
        if self.until is None:
            return True
        longest = source.longest_s or max((arm.longest_s for arm in self.arms), default=0.0)
        if isinstance(source, TreesQueue):
            times = 1 if source.longest_s else 2
        else:
            times = 2 if len(source.records) >= source.trials else 1
        return time.monotonic() + times * longest < self.until

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Forget a trial that left its record; hand out again, or give up, one that did not."""
        assignment = self._out.pop(trial_id, None)
        if isinstance(assignment, TrialAssignment | WinnerAssignment):
            self._ready.setdefault(assignment.search.arm.key, assignment.search)
        if assignment is None or trial_id in self._done:
            self._done.discard(trial_id)
            return
        if not error:  # stopped, not lost: the study is ending
            return
        tries = self._tries.get(assignment.key, 0) + (not self.retiring)
        self.retiring = max(0, self.retiring - 1)
        self._tries[assignment.key] = tries
        if tries >= self.max_tries:
            self.give_up(assignment, tries)
        else:
            assignment.give_back()

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Do nothing: a trial reports once, at its end."""

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
