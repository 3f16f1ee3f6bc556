"""One task run in this process, and what it leaves."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from study.execution.recorder import Report
from study.records.formula import FormulaWork
from study.records.trees import Trees
from study.records.trial import TrialRecord
from study.records.work import FoldRecord
from study.schema import TrialState
from study.training.device import placed
from study.training.formula import run_formula
from study.training.task import FoldTask, Task, TrainingFailed, TrialTask
from study.training.trees import score_trees
from study.training.trial import run_trial
from study.training.winner import run_winner

if TYPE_CHECKING:
    from study.data.encoding import Encoded
    from study.families.stacked import Weights


@dataclass(frozen=True)
class TaskResult:
    """What a task leaves: a record, or the traceback of an exception that is not known to be its
    own fault.

    files: models, by name. kept: what a network's complete trial has for its search's winner, or
    Ray's reference of it. grown: whether the worker is to be replaced.
    """

    record: Report | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    kept: Any = None
    error: str = ""
    grown: bool = False


def run_task(
    task: Task, data: Encoded, host: Mapping[str, str], kept: Weights | None = None
) -> TaskResult:
    """Run a task in this process; training that leaves the finite numbers, or a record with others,
    is its failure.

    host: `node` and `device`, for the record; TensorFlow computes on that device. kept: what a
    winner's trial left, where that is still there.
    """
    begin = time.perf_counter()
    files: dict[str, bytes] = {}
    left = None
    record: Report
    try:
        with placed(host["device"]):
            if isinstance(task, FoldTask):
                record, files = _work(task, data)
            elif isinstance(task, TrialTask):
                record, left = run_trial(task, data)
            else:
                record, files = run_winner(task, data, kept)
        record = type(record).model_validate_json(
            record.model_dump_json()
        )  # a file could not be read again otherwise
    except (TrainingFailed, ValidationError) as error:
        record = task.failed(f"{type(error).__name__}: {error}")
        files = {}
    except Exception:
        return TaskResult(error=traceback.format_exc())
    record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
    complete = isinstance(record, TrialRecord) and record.state is TrialState.COMPLETE
    return TaskResult(record, files, left if complete else None)


def _work(task: FoldTask, data: Encoded) -> tuple[FoldRecord, dict[str, bytes]]:
    match task.work:
        case Trees():
            return score_trees(data, task.study, task.seed, task.tree_trials)
        case FormulaWork():
            return run_formula(task, data)
    raise TypeError(f"no worker knows how to do {task.work.noun}")
