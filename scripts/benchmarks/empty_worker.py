"""A worker whose tasks cost nothing, for `scripts/benchmark scaling driver`."""

from __future__ import annotations

from typing import Any

from benchmarks.synthetic import fill
from study.execution.run import TaskResult
from study.execution.worker import StudyWorker
from study.records.trial import WinnerRecord
from study.schema import TrialState
from study.training.task import FoldTask, Task, WinnerTask


class EmptyWorker(StudyWorker):
    """Gives a filled record at once."""

    def _run(self, task: Task, *references: Any) -> TaskResult:
        record: Any
        if isinstance(task, FoldTask):
            record = task.work.record(task.study, TrialState.COMPLETE)
        elif isinstance(task, WinnerTask):
            same = {
                "study": task.study,
                "search": task.search,
                "number": task.number,
                "params": task.params,
            }
            nothing: dict[str, Any] = {
                "rows": [],
                "observed": [],
                "candidates": (),
                "coefficients": (),
            }
            record = WinnerRecord(val_loss=task.val_loss, **same, **nothing)
        else:
            record = fill(task.record(state=TrialState.COMPLETE))
        return TaskResult(record)
