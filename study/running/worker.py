"""The Ray Tune trainable: a worker's life, which runs one task after the other."""

from __future__ import annotations

import asyncio
import platform
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import ray
from ray import tune

from study.explain.trees import score_trees
from study.records.trees import TreesRecord
from study.schema import TrialRecord, WinnerRecord
from study.training.task import Task, TreesTask, TrialTask, Unscored
from study.training.trial import prepare_tensorflow, run_trial
from study.training.winner import run_winner


@dataclass(frozen=True)
class Report:
    """What a worker says of a task. record: JSON. files: a winner's, by name. grown: whether the worker is to be replaced."""

    record: str
    files: dict[str, bytes] = field(default_factory=dict)
    grown: bool = False


class StudyWorker(tune.Trainable):  # type: ignore[misc]
    """A worker from its start to its end, which is one trial of Ray Tune: an actor that others send tasks to meanwhile.

    Tune calls `train` twice: the first result says that the worker is there, the second comes when it is told to leave.
    Tasks run in a thread of their own, one at a time, so that the actor answers while it imports TensorFlow or trains.
    """

    @classmethod
    def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
        """What each worker may have (`machines/slots.py`)."""
        return tune.PlacementGroupFactory([config["needs"]])

    def setup(self, config: dict[str, Any]) -> None:
        """Begin to import TensorFlow. worker_bytes: memory of its own above which this worker is replaced after a task."""
        self.worker_bytes = config["worker_bytes"]
        self.came = False
        self.leaving = asyncio.Event()
        self.hands = ThreadPoolExecutor(1)
        self.device = self.hands.submit(prepare_tensorflow, gpu=bool(ray.get_gpu_ids()))
        self.data = lru_cache(maxsize=2)(ray.get)

    async def train(self) -> dict[str, Any]:
        """Answer at once that this worker is there, and the next time when it may go."""
        if self.came:
            await self.leaving.wait()
        result: dict[str, Any] = super().train()
        self.came = True
        return result

    def step(self) -> dict[str, Any]:
        """What Tune hears: the worker itself, to whom tasks may be sent, and its node; or that it is done."""
        if self.came:
            return {"done": True}
        return {"done": False, "worker": ray.get_runtime_context().current_actor, "node": platform.node()}

    async def leave(self) -> None:
        """End this life; what runs is not waited for."""
        self.leaving.set()

    async def work(self, task: Task, data: tuple[ray.ObjectRef]) -> Report:
        """Run a task. data: a reference of the encoded data of its place, in a tuple, so that Ray hands it on unread."""
        return await asyncio.get_running_loop().run_in_executor(self.hands, self._run, task, *data)

    def _run(self, task: Task, data: ray.ObjectRef) -> Report:
        """Run a task here. An exception in it becomes a FAIL record; only a dying worker leaves none."""
        host = {"node": platform.node(), "device": "cpu" if isinstance(task, TreesTask) else self.device.result()}
        begin = time.perf_counter()
        files: dict[str, bytes] = {}
        record: TrialRecord | WinnerRecord | TreesRecord | Unscored
        try:
            encoded = self.data(data)
            if isinstance(task, TreesTask):
                record = score_trees(encoded, task.study, task.seed, task.trials)
            elif isinstance(task, TrialTask):
                record = run_trial(task, encoded)
            else:
                record, files = run_winner(task, encoded)
        except Exception as error:
            from study.training.problem import TrainingFailed

            expected = isinstance(error, TrainingFailed)
            record = task.failed(f"{type(error).__name__}: {error}" if expected else traceback.format_exc())
        record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
        return Report(record.model_dump_json(), files, grown=_own_memory() > self.worker_bytes)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save: the records are all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""


def _own_memory() -> int:
    """Bytes of this process that it shares with no other: Ray's object store is not its own."""
    import psutil

    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
