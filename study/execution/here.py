"""A search in this process: what workers do, one task after the other, without Ray and without a disk."""

from __future__ import annotations

import platform
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from study.config import StudyConfig
from study.data.encoding import EncodedData
from study.execution.faults import Blame
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Keeper, Report
from study.execution.tasks import Tasks
from study.records.short import ShortFormula
from study.records.trees import Trees
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.schema import TrialState
from study.search.arms import ArmSearch
from study.search.plan import Plan
from study.training.device import placed, prepare_tensorflow, quiet
from study.training.short import run_short
from study.training.task import FoldTask, Task, TrainingFailed, TrialTask, Unscored, WinnerTask
from study.training.trees import score_trees
from study.training.trial import run_trial
from study.training.winner import run_winner

if TYPE_CHECKING:
    from study.data.encoding import Encoded
    from study.training.problem import Kept

_ONE = threading.Lock()
"""Programs are shared by all threads of a process, and hold the weights of what trains."""


@dataclass(frozen=True)
class Done:
    """What a task leaves: a record, or the traceback of an exception that is not known to be its own fault.

    files: models, by name. kept: what a network's complete trial has for its arm's winner.
    """

    record: Report | FoldRecord | None
    files: dict[str, bytes] = field(default_factory=dict)
    kept: Kept | None = None
    error: str = ""


def run_task(task: Task, data: Encoded, host: Mapping[str, str], kept: Kept | None = None) -> Done:
    """Run a task in this process; training that leaves the finite numbers becomes a record of its failure.

    host: `node` and `device`, for the record; TensorFlow computes on that device. kept: what a winner's trial left, where that
    is still there.
    """
    begin = time.perf_counter()
    files: dict[str, bytes] = {}
    left = None
    record: Report | FoldRecord
    try:
        with placed(host["device"]):
            if isinstance(task, FoldTask):
                record, files = _work(task, data)
            elif isinstance(task, TrialTask):
                record, left = run_trial(task, data)
            else:
                record, files = run_winner(task, data, kept)
    except TrainingFailed as error:
        record = task.failed(f"{type(error).__name__}: {error}")
    except Exception:
        return Done(None, error=traceback.format_exc())
    record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
    complete = isinstance(record, TrialRecord) and record.state is TrialState.COMPLETE
    return Done(record, files, left if complete else None)


def _work(task: FoldTask, data: Encoded) -> tuple[FoldRecord, dict[str, bytes]]:
    match task.work:
        case Trees():
            return score_trees(data, task.study, task.seed, task.tree_trials)
        case ShortFormula():
            return run_short(task, data)
    raise TypeError(f"no worker knows how to do {task.work.noun}")


class Found(Keeper):
    """All that a search has found, in memory. files: models, by name. unscored: winners that failed."""

    def __init__(self, arms: Mapping[str, ArmSearch], beside: FoldQueue, observer: Observer) -> None:
        super().__init__(arms, beside, observer)
        self.trials: list[TrialRecord] = []
        self.winners: list[WinnerRecord] = []
        self.work: list[FoldRecord] = []
        self.unscored: list[Unscored] = []
        self.files: dict[str, bytes] = {}

    def write(self, record: Report | FoldRecord, files: dict[str, bytes]) -> None:
        """Keep a record and its models."""
        self.files |= files
        match record:
            case TrialRecord():
                self.trials.append(record)
            case WinnerRecord():
                self.winners.append(record)
            case FoldRecord():
                self.work.append(record)
            case Unscored():
                self.unscored.append(record)


def search_here(plan: Plan, data: EncodedData, observer: Observer | None = None) -> Found:
    """Run every trial, winner and work beside the arms of a plan in this process (`work_here`)."""
    arms = {
        arm.key: ArmSearch(plan.config, arm, min(map(len, data[arm.target, arm.outer_fold].train)), plan.trials(arm), {})
        for arm in plan.arms
    }
    found = Found(arms, FoldQueue(plan.beside), observer or Observer())
    found.observer.started(plan, arms, found.beside)
    work_here(plan.config, data, found)
    return found


def work_here(config: StudyConfig, data: EncodedData, keeper: Keeper) -> None:
    """Do in this process what the searches of a keeper have left to do; one of these works at a time, whatever the threads.

    Trials are those that workers would run, to the bit on one kind of CPU, unless TensorFlow was set up by others before. A GPU
    stays visible, to whatever else this process does, and is used where the config has trials of networks train on GPUs. What
    trains later here, with arrays of the same shapes, uses the same compiled programs again. config: of the plan.

    Raises
    ------
    StudyError
        Models cannot be trained in this process, or nothing succeeds in it (`Blame`).
    """
    tasks, blame, here = Tasks(config, keeper.arms, keeper.beside, keeper.give_up), Blame(config.search.max_tries), "here"
    blame.know(here, platform.node())
    best: dict[str, tuple[float, int, Kept]] = {}  # of each arm's trials
    with _ONE:
        with quiet():
            device = prepare_tensorflow(gpu=config.resources.gpus_per_trial > 0)
        while not tasks.finished:
            if (task := tasks.next(lambda each: blame.may(each.key, here))) is None:
                if not tasks.waiting:
                    break
                blame.release({here})
                tasks.judge(blame.verdict)
                continue
            blame.begin(task, here)
            host = {"node": platform.node(), "device": device if task.network else "cpu"}
            left = best.pop(task.arm.key, None) if isinstance(task, WinnerTask) else None
            done = run_task(task, data[task.place], host, left and left[2])
            if done.kept is not None and isinstance(task, TrialTask) and isinstance(done.record, TrialRecord):
                own = (done.record.val_loss or 0.0, task.number, done.kept)
                best[task.arm.key] = min(best.get(task.arm.key, own), own, key=lambda each: each[:2])
            if done.record is None:
                blame.failed(task, done.error)
                tasks.failed(task)
                if blame.left_out:
                    raise blame.broken(on_disk=False)
            else:
                blame.succeeded(task)
                keeper.keep(done.record, done.files)
                tasks.ended(task)
            tasks.judge(blame.verdict)
