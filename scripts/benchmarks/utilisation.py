"""How much of their time many workers are busy: `scripts/benchmark utilisation`.

The shipped dispatcher, tasks and searches, on workers that exist in virtual time. The driver's own
CPU time passes there too: what it takes to suggest, send and record, one task after the other.
"""

from __future__ import annotations

import heapq
import shutil
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.synthetic import config_of
from study.execution.dispatcher import Dispatcher
from study.execution.events import Came, Event, Reported
from study.execution.journal import Journal
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder
from study.execution.run import TaskResult
from study.execution.tasks import Tasks
from study.records.paths import StudyPaths
from study.schema import Kind, TrialState
from study.search.cost import Size
from study.search.plan import make_plan
from study.search.state import SearchState
from study.training.task import Task, TrialTask, Unscored, WinnerTask

SLOTS, FOLDS, TRIALS = 64, 15, 20
START_S, STAGGER_S = 11.0, 0.05
"""Seconds until the first worker can run a task, as measured on two cores shared with other work,
and to each further one."""
SPREAD = 0.3
"""Trials last between 1 - SPREAD and 1 + SPREAD of the mean. A winner lasts as long as two, all
else as long as one."""


class VirtualWorkers:
    """Workers whose tasks last as long as they would, and take no time. now_s: virtual seconds
    since the study began.
    """

    room = SLOTS

    def __init__(self, mean_s: float) -> None:
        self.mean_s = mean_s
        self.now_s = self.busy_s = 0.0
        self._alive = 0
        self._rng, self._order = np.random.default_rng(0), count()
        self._events: list[tuple[float, int, Event]] = []
        self._mark = time.thread_time()

    def _at(self, seconds: float, event: Event) -> None:
        heapq.heappush(self._events, (seconds, next(self._order), event))

    def want(self, count: int, plain: int) -> None:
        """Start the workers that there is room for."""
        for number in range(self._alive, min(self.room, count)):
            self._at(START_S + number * STAGGER_S, Came(f"w{number}"))
            self._alive += 1

    def next(self, timeout_s: float) -> Event | None:
        """What happens next; the driver has been busy since it last asked."""
        self.now_s += time.thread_time() - self._mark
        due, _, event = heapq.heappop(self._events)
        self.now_s = max(self.now_s, due)
        self._mark = time.thread_time()
        return event

    def send(self, worker: str, task: Task) -> None:
        """Let a task last its time."""
        seconds = (
            self.mean_s
            * self._rng.uniform(1 - SPREAD, 1 + SPREAD)
            * (2 if isinstance(task, WinnerTask) else 1)
        )
        self.busy_s += seconds
        record: Any
        if isinstance(task, TrialTask):
            record = task.record(
                state=TrialState.COMPLETE, val_loss=float(self._rng.uniform()), wall_time_s=seconds
            )
        elif isinstance(task, WinnerTask):
            record = Unscored(search=task.search, number=task.number, error="not trained")
        else:
            record = task.failed("not trained")
        self._at(
            self.now_s + time.thread_time() - self._mark + seconds,
            Reported(worker, TaskResult(record)),
        )

    def end(self, worker: str) -> None:
        """None grows."""

    def nodes(self, network: bool = False) -> set[str]:
        """One machine."""
        return {"here"}


def _simulate(mean_s: float) -> tuple[int, float, float]:
    """Tasks, virtual seconds from the beginning to the end, and the share of all workers' time that
    tasks took.
    """
    outer, search = {"folds": 5, "repeats": FOLDS // 5}, {"trials": TRIALS, "sampler": "random"}
    config = config_of(1, outer=outer, search=search, depths=[1, 2, 3, 4])
    plan = make_plan(config, [Size("balloons", Kind.CONTINUOUS, 500, 13)])
    searches = {
        search.key: SearchState(plan.config, search, 400, plan.trials(search), {})
        for search in plan.searches
    }
    folder = Path(tempfile.mkdtemp(prefix="utilisation-"))
    try:
        recorder = Recorder(StudyPaths(folder), Observer(), searches, FoldQueue(plan.beside))
        workers = VirtualWorkers(mean_s)
        tasks = Tasks(plan.config, searches, recorder.beside, recorder.add_failure)
        n_tasks = tasks.left()
        Dispatcher(
            tasks, recorder, workers, Journal(recorder.paths, plan.config.search.max_tries)
        ).run()
    finally:
        shutil.rmtree(folder)
    return n_tasks, workers.now_s, workers.busy_s / (SLOTS * workers.now_s)


def utilisation(means_s: list[float]) -> None:
    """Print the share of the time of SLOTS workers that a plan of FOLDS folds, five searches and
    TRIALS trials each fills.
    """
    print("| trials of | tasks | seconds | at best | busy |\n| ---: | ---: | ---: | ---: | ---: |")
    for mean_s in means_s:
        n_tasks, seconds, share = _simulate(mean_s)
        print(
            f"| {mean_s:g} s | {n_tasks:,} | {seconds:,.0f} | {share * seconds:,.0f} | {share:.0%} |",
            flush=True,
        )
