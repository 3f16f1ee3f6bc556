"""The Ray Tune trainable: a worker's life, which runs one task after the other."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ray
from ray import tune
from ray.exceptions import RayError

from study.execution.run import TaskResult, run_task
from study.training.device import hide_gpus, prove
from study.training.task import Task

if TYPE_CHECKING:
    from study.families.stacked import Weights

FETCH_S = 20.0
"""Seconds after which what a trial left is trained again rather than waited for."""


class StudyWorker(tune.Trainable):  # type: ignore[misc]
    """A worker from its start to its end, which is one trial of Ray Tune: an actor that others send
    tasks to meanwhile.

    Tune calls `train` twice: the first result says that the worker is there, the second comes when
    it is told to leave. Tasks run in a thread of their own, one at a time, so that the actor
    answers while it imports TensorFlow or trains.
    """

    @classmethod
    def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
        """What each worker may have (`machines/slots.py`)."""
        return tune.PlacementGroupFactory([config["needs"]])

    def setup(self, config: dict[str, Any]) -> None:
        """Begin to import TensorFlow. worker_bytes: memory of its own above which this worker is
        replaced after a task.
        """
        self.worker_bytes = config["worker_bytes"]
        self.came = False
        self.leaving = asyncio.Event()
        self.hands = ThreadPoolExecutor(1)
        if not (gpu := bool(ray.get_gpu_ids())):
            hide_gpus()
        self.proof = self.hands.submit(prove, gpu)
        matrix = lru_cache(maxsize=1)(ray.get)
        self.data = lru_cache(maxsize=2)(
            lambda whole, apart: replace(ray.get(apart), matrix=matrix(whole))
        )

    async def train(self) -> dict[str, Any]:
        """Answer at once that this worker is there, and the next time when it may go."""
        if self.came:
            await self.leaving.wait()
        result: dict[str, Any] = super().train()
        self.came = True
        return result

    def step(self) -> dict[str, Any]:
        """What Tune hears: the worker itself, to whom tasks may be sent, and its node; or that it
        is done.
        """
        if self.came:
            return {"done": True}
        own = ray.get_runtime_context()
        return {
            "done": False,
            "worker": own.current_actor,
            "node": own.get_node_id(),
            "host": platform.node(),
        }

    async def leave(self) -> None:
        """End this life; what runs is not waited for."""
        self.leaving.set()

    async def work(self, task: Task, references: Sequence[ray.ObjectRef]) -> TaskResult:
        """Run a task. An exception in it is reported; one that is raised is this worker's, which is
        of no use.

        references: the matrix, the encoded data of its place, and for a winner what its trial left,
        if it is still there; in a sequence, so that Ray hands them on unread.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self.hands, self._run, task, *references
        )

    def _run(
        self,
        task: Task,
        matrix: ray.ObjectRef,
        apart: ray.ObjectRef,
        kept: ray.ObjectRef | None = None,
    ) -> TaskResult:
        proof = self.proof.result()
        if proof.error:
            raise RuntimeError(proof.error)
        host = {"node": platform.node(), "device": proof.device if task.network else "cpu"}
        data = self.data(matrix, apart)  # where that fails, the task is not to blame either
        done = run_task(task, data, host, _fetched(kept))
        left = None
        if done.kept is not None:
            with suppress(RayError, OSError):  # the object store has no room
                left = ray.put(done.kept)
        return replace(done, kept=left, grown=_own_memory() > self.worker_bytes)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save: the records are all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""


def _fetched(kept: ray.ObjectRef | None) -> Weights | None:
    """What a trial left, or None where it went with its worker or node; whoever needs it then
    trains it again.
    """
    if kept is None:
        return None
    try:
        found: Weights = ray.get(kept, timeout=FETCH_S)
    except RayError:
        return None
    return found


def _own_memory() -> int:
    """Bytes of this process that it shares with no other: Ray's object store is not its own."""
    import psutil

    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
