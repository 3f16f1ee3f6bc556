"""The workers of a study on Ray: Tune starts, places and buries them, and tasks go to them
directly.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from study.config import StudyConfig
from study.data.encoding import EncodedData
from study.execution.cluster.allocation import Allocation
from study.execution.cluster.checks import import_ray
from study.execution.cluster.others import JOIN_S, give_back_nodes, node_resources
from study.execution.cluster.ray import ray_cluster
from study.execution.cluster.slots import Slots
from study.execution.events import Broken, Came, Ended, Event, Lost, Reported
from study.execution.kept import KeptBest
from study.execution.observer import Interrupted
from study.training.task import Task

if TYPE_CHECKING:
    from ray.actor import ActorHandle


class Pool:
    """Workers on a Ray of the study's own, or on one that is there, from `start` to the end of the
    block.

    Ray and Tune run in a thread, so that workers start while this one prepares the study; all that
    happens to them comes out of `next`. An error of that thread, a StudyError too, comes out there
    as Broken.

    room: slots of all nodes, once they are up.
    """

    def __init__(self, config: StudyConfig, data_bytes: int, verbose: bool = False) -> None:
        self.config = config
        self.data_bytes = data_bytes
        self.verbose = verbose
        self.room = 1
        self.wanted = self.wanted_plain = 0
        self.done = False
        self._awaited: Set[str] = (
            set()
        )  # nodes of the job, until a time by which they should have come
        self._awaited_until = 0.0
        self.over = threading.Event()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._workers: dict[str, ActorHandle] = {}
        self._data: EncodedData = {}
        self._references: dict[tuple[str, int], Any] = {}
        self._matrix: Any = None
        self._left = KeptBest()
        self._nodes: list[dict[str, Any]] = []  # that live, as Ray tells of them
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all workers, and Ray. Who presses Ctrl-C again waits no longer."""
        self.finish()
        if self._thread is not None:
            with suppress(KeyboardInterrupt, RuntimeError):  # one that has not even begun
                self._thread.join()

    def start(self, wanted: int) -> None:
        """Begin to start workers, at most so many, unless that has begun."""
        self.want(wanted, wanted)
        if self._thread is None:
            import_ray(
                self.config, self.verbose
            )  # in this thread, which may be about to set filters of warnings
            self._thread = threading.Thread(target=self._live, daemon=True)
            self._thread.start()

    def finish(self, done: bool = False) -> None:
        """Let all workers and Ray end, which nobody has to wait for; nothing of Ray's may be left
        here when it does.

        done: nothing is left to train, so that other nodes of a SLURM job go back to the site.
        """
        self.done = self.done or done
        self._workers.clear()
        self._references.clear()
        self._left.clear()
        self._matrix = None
        self.over.set()
        if done and self._thread is None:
            self._give_back()

    def serve(self, data: EncodedData) -> None:
        """Say what tasks are about: the encoded data of every place, of which each goes to Ray with
        its first task.
        """
        self._data = data

    @contextmanager
    def stopped_by_ctrl_c(self) -> Iterator[None]:
        """Let the first Ctrl-C in the block be an event, so that what has come in is recorded; the
        second acts at once.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT) or signal.default_int_handler

        def stop(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, before)
            self.tell(Broken(Interrupted()))

        signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def want(self, count: int, plain: int) -> None:
        """Let no more than so many live, and no more than `plain` of those without a GPU, where
        others have one.
        """
        self.wanted, self.wanted_plain = count, plain

    def next(self, timeout_s: float) -> Event | None:
        """What happens next; None if nothing does for so long."""
        event = None
        with suppress(Empty):
            event = self._events.get(timeout=timeout_s)
        if isinstance(event, Ended):
            self._workers.pop(event.worker, None)
        if isinstance(event, Reported):
            self._left.add(event.done)
        return event

    def send(self, worker: str, task: Task) -> None:
        """Let an idle worker run a task; one that has ended meanwhile loses it."""
        if task.place not in self._references:
            import ray

            encoded = self._data[task.place]
            self._matrix = self._matrix or ray.put(encoded.matrix)
            self._references[task.place] = ray.put(encoded.apart())
        references = [self._matrix, self._references[task.place]]
        if (left := self._left.take(task)) is not None:
            references.append(left)
        reference = self._workers[worker].work.remote(task, references)
        reference.future().add_done_callback(lambda future: self._hear(worker, future))

    def end(self, worker: str) -> None:
        """Let a worker leave that is idle or of no use."""
        if worker in self._workers:
            self._workers[worker].leave.remote()

    def tell(self, event: Event) -> None:
        """Add to what happens, from any thread, or from a handler of a signal."""
        self._events.put(event)

    def came(self, worker: str, handle: ActorHandle, *where: Any) -> None:
        """Take a worker in that Tune has started. where: as in `Came`."""
        self._workers[worker] = handle
        self.tell(Came(worker, *where))

    def nodes(self, network: bool = False) -> Set[str]:
        """Nodes on which workers can live now, by Ray's ids, and the names of those of a job that
        may come yet.

        network: whether workers that train networks can.
        """
        import ray

        own = self.config.resources
        least = {"CPU": own.cpus_per_trial, "GPU": own.gpus_per_trial if network else 0}
        with suppress(
            Exception
        ):  # Ray's control server is gone, and Ray is about to end this process
            self._nodes = [node for node in ray.nodes() if node["Alive"]]
        able = [
            node
            for node in self._nodes
            if all(node["Resources"].get(name, 0) >= n for name, n in least.items())
        ]
        late = self._awaited if time.monotonic() < self._awaited_until else set()
        return {node["NodeID"] for node in able} | (
            late - {node["NodeName"] for node in self._nodes}
        )

    def _hear(self, worker: str, future: Any) -> None:
        from ray.exceptions import RayTaskError

        error = future.exception()
        lost = error and Lost(worker, str(error), died=not isinstance(error, RayTaskError))
        self.tell(lost or Reported(worker, future.result()))

    def _live(self) -> None:
        """Ray from its start to its end, in a thread of its own, whose processes hear no Ctrl-C from
        their first moment.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with ray_cluster(self.config, self.data_bytes, self.verbose) as scratch:
                if not self.over.is_set():
                    self._tune(scratch)
            if self.done:
                self._give_back()
        except BaseException as error:
            self.tell(Broken(error))

    def _give_back(self) -> None:
        if self.config.cluster.address == "slurm":
            give_back_nodes()

    def _tune(self, scratch: Path) -> None:
        """Have Ray Tune keep workers alive until the pool is over, its own files in `scratch`."""
        from ray import tune

        from study.execution.tune_hooks import Over, TrialSearcher, WorkerCallback
        from study.execution.worker import StudyWorker

        if self.config.cluster.address == "slurm":
            self._awaited = {*Allocation.current().others}
            self._awaited_until = time.monotonic() + JOIN_S
        found = Slots.of(self.config, node_resources(self.config))
        self.room = found.count
        tuner = tune.Tuner(
            StudyWorker,
            tune_config=tune.TuneConfig(
                search_alg=TrialSearcher(self, found),
                num_samples=-1,
                max_concurrent_trials=found.count,  # without a number Tune starts one worker at a time
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="study",
                storage_path=str(scratch / "tune"),
                callbacks=[WorkerCallback(self, scratch)],
                stop=Over(self.over),
                verbose=1 if self.verbose else 0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        )
        tuner.fit()
        if not self.over.is_set():
            raise RuntimeError("Ray Tune ended before the study did.")
