"""Who hands tasks to workers, and takes what they report."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from study.execution.events import Broken, Came, Ended, Event, Lost, Reported, Unfit
from study.execution.faults import Blame
from study.execution.journal import Journal
from study.execution.recorder import Recorder
from study.execution.tasks import FIRST, LEAST_BEGUN, Tasks, serves
from study.records.work import reason
from study.schema import StudyError
from study.training.task import Task

if TYPE_CHECKING:
    from study.execution.pool import Pool

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the clock while nothing happens."""
MOST_UNBORN = 3
"""Workers that may end before their first task while nothing is out, one after the other, for each that there is room for."""


class Dispatcher:
    """Keeps every worker busy until nothing is left to do, and knows which task each of them has.

    Whose a failure is says `Blame`; a task that failed waits in `Tasks` until it is handed out again or given up. journal:
    notes each task before it is handed out.
    """

    def __init__(self, tasks: Tasks, recorder: Recorder, workers: Pool, journal: Journal) -> None:
        self.tasks, self.recorder, self.workers, self.journal = tasks, recorder, workers, journal
        self.blame = Blame(tasks.config.search.max_tries)
        self._failure: OSError | None = None
        self._gpu: dict[str, bool | None] = {}  # whether each worker has one
        self._idle: dict[bool | None, deque[str]] = {gpu: deque() for gpu in FIRST}  # by that
        self._nodes: dict[str, str] = {}  # of every worker that came
        self._out: dict[str, Task] = {}  # by worker
        self._kept_free: dict[str, str] = {}  # nodes that get nothing until they are idle, and the task that gets them then
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
            Workers cannot live here, or every node fails at whatever it is given. Whatever else has broken them is raised as
            it is.
        """
        self._want()
        while not self.tasks.finished:
            self._take(self.workers.next(LOOK_EVERY_S))
            self._judge()
            self._hand_out()
        if self._failure is not None:
            raise self._failure

    def _judge(self) -> None:
        """Give up what is at fault; end where every node is."""
        self._written(lambda: self.tasks.judge(lambda task: self.journal.verdict(task) or self.blame.verdict(task)))
        if (out := self.blame.left_out) and self.tasks.quiet and not self.tasks.finished:
            useless = sum(node in out for node in self._nodes.values())
            if useless >= self.workers.room or self.workers.nodes(network=not self.tasks.left_plain) <= out.keys():
                raise self.blame.broken()

    def _hand_out(self) -> None:
        self._offer()
        while self.tasks.quiet and self._of_use:
            self.blame.release(self.workers.nodes())
            self._judge()
            self._offer()
        self._release()

    @property
    def _of_use(self) -> bool:
        """Whether any idle worker may take a task that waits."""
        left_out = self.blame.left_out
        idle = {self._gpu[worker] for some in self._idle.values() for worker in some if self._nodes[worker] not in left_out}
        return any(serves(gpu, task) for gpu in idle for task in self.tasks.waiting)

    def _offer(self) -> None:
        """Give every idle worker a task, as far as there are any for its node; a network that runs alone waits for no other."""
        self.tasks.begun = max(LEAST_BEGUN, 2 * self.workers.room)  # fewer would leave some idle towards the end
        for gpu in sorted(self._idle, key=lambda gpu: gpu is False and bool(self.journal.deaths)):
            idle = self._idle[gpu]
            none_for: set[str] = set()
            passed: list[str] = []
            idle_on = {self._nodes[worker] for worker in idle}
            while idle and len(none_for) < len(idle_on):
                worker = idle.popleft()
                node = self._nodes[worker]
                task = None if node in none_for else self._task_for(node, gpu)
                if task is None:
                    passed.append(worker)
                    none_for.add(node)
                else:
                    self._send(worker, task)
            idle.extendleft(reversed(passed))

    def _release(self) -> None:
        """Let workers without a GPU leave when only networks are left, whose workers may be waiting for their cores."""
        idle = self._idle[False]
        if not idle or not all(task.network for task in self._out.values()) or self.tasks.left_plain:
            return
        self._want()
        for worker in [each for each in idle if self._nodes[each] not in self.blame.left_out]:
            self._served.add(worker)  # there was nothing to serve it with
            idle.remove(worker)
            self.workers.end(worker)

    def _send(self, worker: str, task: Task) -> None:
        self._written(lambda: self.journal.out(task))
        self._out[worker] = task
        self._served.add(worker)
        self.blame.begin(task, self._nodes[worker])
        self.workers.send(worker, task)

    def _task_for(self, node: str, gpu: bool | None) -> Task | None:
        """What an idle worker of a node gets. gpu: whether it has one, where some have."""
        waiting = self.tasks.waiting
        if self.blame.closed(node) or self.journal.closed(waiting):
            return None
        busy, kept = self.blame.busy(node), self._kept_free.pop(node, None)
        whole = [each for each in waiting if self.blame.whole(each.key) and self._fits(each, node)]
        own = next((each for each in whole if each.key == kept), None)
        if own is None:
            taken = self._kept_free.values()
            own = next((each for each in whole if serves(gpu, each) and (not busy or each.key not in taken)), None)
        on_gpu = any(self._nodes[worker] == node for worker in self._idle[True])  # here, where others have none
        if own is None or not (busy or serves(gpu, own) or on_gpu):
            return self.tasks.next(lambda task: not self.blame.whole(task.key) and self._fits(task, node), gpu)
        key = own.key
        if busy or not serves(gpu, own):
            self._kept_free[node] = key
            return None
        return self.tasks.next(lambda task: task.key == key, gpu)

    def _fits(self, task: Task, node: str) -> bool:
        return self.blame.may(task.key, node) and self.journal.may(task)

    def _take(self, event: Event | None) -> None:
        match event:
            case Came(worker, node, host, gpu):
                self._nodes[worker], self._gpu[worker] = node, gpu
                self.blame.know(node, host)
                self._idle[gpu].append(worker)
                if node in self.blame.left_out:
                    self._want()  # another one in its place
            case Reported(worker, report) if worker in self._out:
                task = self._out.pop(worker)
                self._unborn = 0
                self.blame.fit(self._nodes[worker], self._gpu[worker])
                if report.grown or (report.error and worker in self._erred):
                    self.workers.end(worker)  # what fails may be its own process
                else:
                    self._idle[self._gpu[worker]].append(worker)
                if report.error:
                    self._erred.add(worker)
                    self._failed(worker, task, report.error)
                    return
                self._erred.discard(worker)
                self.blame.succeeded(task)
                self._offer()  # before the record is written, which a disk may take its time for
                self._written(lambda: self.recorder.report(task, report.record, report.files))
                self._written(lambda: self.journal.back(task))
                self.tasks.ended(task)
            case Unfit(worker, error) if worker in self._out:
                task = self._out.pop(worker)
                self._failed(worker, task, error, unfit=True)
                if self._nodes[worker] not in self.blame.left_out:
                    self.workers.end(worker)  # the next one may do better
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
            self._failed(worker, task, how.error, died=how.died, reached=how.reached, lost=lost)

    def _failed(self, worker: str, task: Task, error: str, *, unfit: bool = False, **how: bool) -> None:
        left_out = {*self.blame.left_out}
        if unfit:
            self.blame.unfit(task, error, self._gpu[worker])
        else:
            self.blame.failed(task, error, **how)
        self._written(lambda: self.journal.back(task))
        self.tasks.failed(task)
        for node in self.blame.left_out.keys() - left_out:
            self._kept_free.pop(node, None)
            why = "a worker there cannot train" if unfit else "one task after the other failed there and none succeeded"
            self.recorder.observer.note(
                f"Node {self.blame.host(node)} is left out: {why}. What failed there is not recorded and runs elsewhere. "
                f"The first error: {reason(self.blame.left_out[node])}"
            )
            self._want()

    def _bury(self, worker: str, error: str) -> None:
        if worker in (idle := self._idle[self._gpu.pop(worker, None)]):
            idle.remove(worker)
        node = self._nodes.pop(worker, None)
        self._kept_free = {node: key for node, key in self._kept_free.items() if node in self._nodes.values()}
        self._unborn += worker not in self._served and node not in self.blame.left_out and self.tasks.quiet
        self._served.discard(worker)
        self._erred.discard(worker)
        if self._unborn > MOST_UNBORN * self.workers.room:
            raise StudyError(
                f"{self._unborn} workers ended one after the other before their first task, so that no trial can run. Ray says "
                f"of the last: {error or 'nothing'}. Every finished trial is kept; --verbose tells more."
            )
        self._want()

    def _want(self) -> None:
        """Ask for a worker a task, beside those of nodes that are left out, which keep their places and take nothing."""
        useless = [self._gpu[worker] for worker, node in self._nodes.items() if node in self.blame.left_out]
        self.workers.want(self.tasks.left + len(useless), self.tasks.left_plain + useless.count(False))

    def _written(self, write: Callable[[], None]) -> None:
        """Note that the disk refuses, and hand out nothing more."""
        try:
            write()
        except OSError as error:
            self._failure = self._failure or error
            self.tasks.stopping = True
