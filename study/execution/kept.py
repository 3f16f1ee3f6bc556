"""What the best trial of each search has left for its winner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from study.records.trial import TrialRecord
from study.training.task import Task, WinnerTask

if TYPE_CHECKING:
    from study.execution.run import TaskResult


class KeptBest:
    """`TaskResult.kept` of each search's best trial so far, until its winner takes it."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, int, Any]] = {}  # loss, number, what it left

    def add(self, done: TaskResult) -> None:
        """Keep what a trial left, if it is the best of its search."""
        if isinstance(record := done.record, TrialRecord) and done.kept is not None:
            own = (record.val_loss or 0.0, record.number, done.kept)
            best = self._left.get(record.search.key, own)
            self._left[record.search.key] = min(best, own, key=lambda each: each[:2])

    def take(self, task: Task) -> Any:
        """What the trial of a winner's task left; None of other tasks, or where it is gone."""
        if not isinstance(task, WinnerTask):
            return None
        _, number, left = self._left.pop(task.search.key, (0.0, None, None))
        return left if number == task.number else None

    def clear(self) -> None:
        self._left.clear()
