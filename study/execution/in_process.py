"""A search in this process: what workers do, one task after the other, without Ray and without a
disk.
"""

from __future__ import annotations

import platform
import threading
from dataclasses import dataclass, field

from study.config import StudyConfig
from study.data.encoding import EncodedData
from study.execution.faults import FaultTracker
from study.execution.kept import KeptBest
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import RecordSink, Report, search_states
from study.execution.run import run_task
from study.execution.tasks import Tasks
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.search.plan import Plan
from study.training.device import prepare_tensorflow, quiet
from study.training.task import Unscored

_ONE = threading.Lock()
"""Programs are shared by all threads of a process, and hold the weights of what trains."""


@dataclass
class InMemoryRecords(RecordSink):
    """All that a search has found, in memory. files: models, by name. unscored: winners that
    failed.
    """

    trials: list[TrialRecord] = field(default_factory=list)
    winners: list[WinnerRecord] = field(default_factory=list)
    work: list[FoldRecord] = field(default_factory=list)
    unscored: list[Unscored] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, record: Report, files: dict[str, bytes]) -> None:
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


def search_in_process(plan: Plan, data: EncodedData) -> InMemoryRecords:
    """Run every trial, winner and work beside the searches of a plan in this process
    (`run_in_process`).
    """
    found = InMemoryRecords(search_states(plan, data, {}, {}), FoldQueue(plan.beside), Observer())
    run_in_process(plan.config, data, found)
    return found


def run_in_process(config: StudyConfig, data: EncodedData, sink: RecordSink) -> None:
    """Do in this process what the searches of a sink have left to do; one of these works at a time,
    whatever the threads.

    Trials are those that workers would run, to the bit on one kind of CPU, unless TensorFlow was
    set up by others before. A GPU stays visible, to whatever else this process does, and is used
    where the config has trials of networks train on GPUs. What trains later here, with arrays of
    the same shapes, uses the same compiled programs again. config: of the plan.

    Raises
    ------
    StudyError
        Models cannot be trained in this process, or nothing succeeds in it (`FaultTracker`).
    """
    tasks = Tasks(config, sink.searches, sink.beside, sink.add_failure)
    faults = FaultTracker(config.search.max_tries)
    here = "here"
    faults.add_node(here, platform.node())
    best = KeptBest()
    with _ONE:
        with quiet():
            device = prepare_tensorflow(gpu=config.resources.gpus_per_trial > 0)
        while not tasks.finished:
            if (task := tasks.next(lambda each: faults.may_run(each.key, here))) is None:
                if not tasks.waiting:
                    break
                faults.attribute({here})
                tasks.drop_faulty(faults.final_error)
                continue
            faults.started(task, here)
            host = {"node": platform.node(), "device": device if task.network else "cpu"}
            done = run_task(task, data[task.place], host, best.take(task))
            best.add(done)
            if done.record is None:
                faults.failed(task, done.error)
                tasks.failed(task)
                if faults.left_out:
                    raise faults.environment_error(on_disk=False)
            else:
                faults.succeeded(task)
                sink.add(done.record, done.files)
                tasks.ended(task)
            tasks.drop_faulty(faults.final_error)
