"""Who hands tasks to workers, and takes what they report."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from study.running.events import Broken, Came, Ended, Event, Lost, Reported, Workers
from study.running.recorder import Recorder
from study.running.tasks import FIRST, LEAST_BEGUN, Tasks
from study.schema import StudyError
from study.training.task import Task

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the clock while nothing happens."""
MOST_UNBORN = 3
"""Workers that may end before their first task, one after the other and for each that there is room for."""


class Dispatcher:
    """Keeps every worker busy until nothing is left to do, and knows which task each of them has."""

    def __init__(self, tasks: Tasks, recorder: Recorder, workers: Workers) -> None:
        self.tasks, self.recorder, self.workers = tasks, recorder, workers
        self._failure: OSError | None = None
        self._gpu: dict[str, bool | None] = {}  # whether each worker has one
        self._idle: dict[bool | None, deque[str]] = {gpu: deque() for gpu in FIRST}  # by that
        self._out: dict[str, Task] = {}  # by worker
        self._served: set[str] = set()  # workers that have had a task
        self._unborn = 0

    def run(self) -> None:
        """Work until nothing is left, or nothing that may still be handed out.

        Raises
        ------
        OSError
            A record could not be written: the first such error, once what was out then has ended.
        StudyError
            Workers cannot live here. Whatever else has broken them is raised as it is.
        """
        self.workers.want(self.tasks.left, self.tasks.left_plain)
        while not self.tasks.finished:
            self._take(self.workers.next(LOOK_EVERY_S))
            self._hand_out()
        if self._failure is not None:
            raise self._failure

    def _hand_out(self) -> None:
        self.tasks.begun = max(LEAST_BEGUN, 2 * self.workers.room)  # fewer would leave some idle towards the end
        for gpu, idle in self._idle.items():
            while idle and (task := self.tasks.next(gpu)) is not None:
                worker = idle.popleft()
                self._out[worker] = task
                self._served.add(worker)
                self.workers.send(worker, task)
        self._release()

    def _release(self) -> None:
        """Let workers without a GPU leave when only networks are left, whose workers may be waiting for their cores."""
        idle = self._idle[False]
        if not idle or not all(task.network for task in self._out.values()) or self.tasks.left_plain:
            return
        self.workers.want(self.tasks.left, 0)
        self._served.update(idle)  # there was nothing to serve them with
        while idle:
            self.workers.end(idle.popleft())

    def _take(self, event: Event | None) -> None:
        match event:
            case Came(worker, gpu):
                self._gpu[worker] = gpu
                self._idle[gpu].append(worker)
            case Reported(worker, report) if worker in self._out:
                task = self._out.pop(worker)
                self._unborn = 0
                if report.grown:
                    self.workers.end(worker)
                else:
                    self._idle[self._gpu[worker]].append(worker)
                    self._hand_out()  # before the record is written, which a disk may take its time for
                self._written(lambda: self.recorder.report(task, report.record, report.files))
                self.tasks.ended(task)
            case Lost(worker):
                self._give_back(worker)
                self.workers.end(worker)  # if it lives, it is of no use
            case Ended(worker, error):
                self._give_back(worker)
                self._bury(worker, error)
            case Broken(error):
                raise error

    def _give_back(self, worker: str) -> None:
        task = self._out.pop(worker, None)
        if task is not None:
            self._written(lambda: self.tasks.lost(task))

    def _bury(self, worker: str, error: str) -> None:
        if worker in (idle := self._idle[self._gpu.pop(worker, None)]):
            idle.remove(worker)
        self._unborn += worker not in self._served
        self._served.discard(worker)
        if self._unborn > MOST_UNBORN * self.workers.room:
            raise StudyError(
                f"{self._unborn} workers ended one after the other before their first task, so that no trial can run. Ray says "
                f"of the last: {error or 'nothing'}. Every finished trial is kept; --verbose tells more."
            )
        self.workers.want(self.tasks.left, self.tasks.left_plain)

    def _written(self, write: Callable[[], None]) -> None:
        """Note that the disk refuses, and hand out nothing more."""
        try:
            write()
        except OSError as error:
            self._failure = self._failure or error
            self.tasks.stopping = True
