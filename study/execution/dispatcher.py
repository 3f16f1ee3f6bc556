"""Who hands tasks to workers, and takes what they report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from study.execution.events import Broken, Came, Ended, Event, Lost, Reported
from study.execution.faults import FaultTracker
from study.execution.journal import Journal
from study.execution.recorder import Recorder
from study.execution.tasks import LEAST_BEGUN, Tasks
from study.records.work import reason
from study.schema import StudyError
from study.training.task import Task

if TYPE_CHECKING:
    from study.execution.pool import Pool

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the clock while nothing happens."""
MOST_UNBORN = 3
"""Workers that may end before their first task while nothing is out, one after the other, for each
that there is room for."""


class Dispatcher:
    """Keeps every worker busy until nothing is left to do, and knows which task each of them has.

    `FaultTracker` tells faults of tasks from faults of nodes. A task that failed waits in `Tasks`
    until it is handed out again or given up. journal: notes each task before it is handed out.
    """

    def __init__(self, tasks: Tasks, recorder: Recorder, workers: Pool, journal: Journal) -> None:
        self.tasks = tasks
        self.recorder = recorder
        self.workers = workers
        self.journal = journal
        self.faults = FaultTracker(tasks.config.search.max_tries)
        self._failure: OSError | None = None
        self._idle: list[str] = []
        self._nodes: dict[str, str] = {}  # of every worker that came
        self._gpu: dict[str, bool | None] = {}  # whether each has a share of a GPU
        self._out: dict[str, Task] = {}  # by worker
        self._served: set[str] = set()  # workers that have had a task
        self._erred: set[str] = set()  # workers whose last task ended in an exception
        self._unborn = 0

    def run(self) -> None:
        """Work until nothing is left, or nothing that may still be handed out.

        Raises
        ------
        OSError
            A record could not be written: the first such error, once what was out then has ended.
        StudyError
            Workers cannot live here, or every node fails at whatever it is given. Whatever else has
            broken them is raised as it is.
        """
        self._want()
        while not self.tasks.finished:
            self._take(self.workers.next(LOOK_EVERY_S))
            self._drop_faulty()
            self._hand_out()
        if self._failure is not None:
            raise self._failure

    def _drop_faulty(self) -> None:
        """Give up what is at fault; end where every node is."""
        self._written(partial(self.tasks.drop_faulty, self._final_error))
        if (out := self.faults.left_out) and self.tasks.quiet and not self.tasks.finished:
            useless = sum(node in out for node in self._nodes.values())
            if (
                useless >= self.workers.room
                or self.workers.nodes(network=not self.tasks.left(networks=False)) <= out.keys()
            ):
                raise self.faults.environment_error()

    def _final_error(self, task: Task) -> str | None:
        return self.journal.final_error(task) or self.faults.final_error(task)

    def _hand_out(self) -> None:
        self._offer()
        while self.tasks.quiet and any(
            self._serves(each, task) for each in self._idle for task in self.tasks.waiting
        ):
            self.faults.attribute(self.workers.nodes())
            self._drop_faulty()
            self._offer()
        self._release()

    def _serves(self, worker: str, task: Task) -> bool:
        """Whether a worker may ever take a task: one without a GPU, where others have one, trains
        no network.
        """
        return self._nodes[worker] not in self.faults.left_out and (
            self._gpu[worker] is not False or not task.network
        )

    def _release(self) -> None:
        """Let workers without a GPU leave when only networks are left, whose workers may be waiting
        for their cores.
        """
        idle = [worker for worker in self._idle if self._gpu[worker] is False]
        if (
            not idle
            or self.tasks.left(networks=False)
            or not all(task.network for task in self._out.values())
        ):
            return
        self._want()
        for worker in idle:
            self._served.add(worker)  # there was nothing to serve it with
            self._idle.remove(worker)
            self.workers.end(worker)

    def _offer(self) -> None:
        """Give every idle worker a task, as far as there are any for its node."""
        self.tasks.begun = max(
            LEAST_BEGUN, 2 * self.workers.room
        )  # fewer would leave some idle towards the end
        none_for = set[tuple[str, bool | None]]()
        for worker in list(self._idle):
            if (kind := (self._nodes[worker], self._gpu[worker])) in none_for:
                continue
            if (task := self._task_for(*kind)) is None:
                none_for.add(kind)
            else:
                self._idle.remove(worker)
                self._send(worker, task)

    def _send(self, worker: str, task: Task) -> None:
        self._written(lambda: self.journal.out(task))
        self._out[worker] = task
        self._served.add(worker)
        self.faults.started(task, self._nodes[worker])
        self.workers.send(worker, task)

    def _task_for(self, node: str, gpu: bool | None) -> Task | None:
        """What an idle worker of a node gets: with a GPU networks before all else, without, where
        others have one, none.

        A task that asks for a whole node waits until one is idle.
        """
        if self.faults.closed(node) or self.journal.closed(self.tasks.waiting):
            return None

        def fits(task: Task) -> bool:
            return self.faults.may_run(task.key, node) and self.journal.may_run(task)

        own = (
            None
            if gpu is None
            else self.tasks.next(lambda task: task.network is gpu and fits(task))
        )
        return self.tasks.next(fits) if own is None and gpu is not False else own

    def _take(self, event: Event | None) -> None:
        match event:
            case Came(worker, node, host, gpu):
                self._nodes[worker], self._gpu[worker] = node, gpu
                self.faults.add_node(node, host)
                self._idle.append(worker)
                if node in self.faults.left_out:
                    self._want()  # another one in its place
            case Reported(worker, done) if worker in self._out:
                task = self._out.pop(worker)
                self._unborn = 0
                if done.grown or (done.record is None and worker in self._erred):
                    self.workers.end(worker)  # what fails may be its own process
                else:
                    self._idle.append(worker)
                if done.record is None:
                    self._erred.add(worker)
                    self._failed(task, done.error)
                    return
                self._erred.discard(worker)
                self.faults.succeeded(task)
                self._offer()  # before the record is written, which a disk may take its time for
                self._written(partial(self.recorder.add, done.record, done.files))
                self._written(lambda: self.journal.back(task))
                self.tasks.ended(task)
            case Lost(worker):
                self._lose(worker, event)
                self.workers.end(worker)  # if it lives, it is of no use
            case Ended(worker, error):
                self._lose(worker, Lost(worker, error))
                self._bury(worker, error)
            case Broken(error):
                raise error

    def _lose(self, worker: str, how: Lost) -> None:
        if (task := self._out.pop(worker, None)) is not None:
            lost = how.died and self._nodes[worker] not in self.workers.nodes()
            self._failed(task, how.error, died=how.died, lost=lost)

    def _failed(self, task: Task, error: str, **how: bool) -> None:
        left_out = {*self.faults.left_out}
        self.faults.failed(task, error, **how)
        self._written(lambda: self.journal.back(task))
        self.tasks.failed(task)
        for node in self.faults.left_out.keys() - left_out:
            self.recorder.observer.note(
                f"Node {self.faults.host(node)} is left out, since every task failed there. "
                f"Other nodes run them. First error: {reason(self.faults.left_out[node])}"
            )
            self._want()

    def _bury(self, worker: str, error: str) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        node = self._nodes.pop(worker, None)
        self._gpu.pop(worker, None)
        self._unborn += (
            worker not in self._served and node not in self.faults.left_out and self.tasks.quiet
        )
        self._served.discard(worker)
        self._erred.discard(worker)
        if self._unborn > MOST_UNBORN * self.workers.room:
            raise StudyError(
                f"{self._unborn} workers ended before their first task. Ray's last error: {error or 'none'}. "
                "For details, run again with --verbose; finished trials are kept."
            )
        self._want()

    def _want(self) -> None:
        """Ask for a worker a task, beside those of nodes that are left out, which keep their places
        and take nothing.
        """
        useless = sum(node in self.faults.left_out for node in self._nodes.values())
        self.workers.want(self.tasks.left() + useless, self.tasks.left(networks=False) + useless)

    def _written(self, write: Callable[[], None]) -> None:
        """Note that the disk refuses, and hand out nothing more."""
        try:
            write()
        except OSError as error:
            self._failure = self._failure or error
            self.tasks.stopping = True
