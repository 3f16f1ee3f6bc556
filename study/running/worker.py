"""The Ray Tune trainable: one config in, one record out, in a worker that is used again and again."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

import ray
from ray import tune

from study.explain.trees import score_trees
from study.records.trees import TreesRecord
from study.schema import TrialRecord, WinnerRecord
from study.training.task import Task, TreesTask, TrialTask, Unscored
from study.training.trial import prepare_tensorflow, run_trial
from study.training.winner import run_winner


class StudyTrial(tune.Trainable):  # type: ignore[misc]
    """Runs tasks in a reused worker. An exception becomes a FAIL record; only a dying worker leaves none."""

    def setup(self, config: dict[str, Any], store: Mapping[tuple[str, int], Any], memory_gb: float) -> None:
        """Take the first task.

        store: object references of the encoded data by (target, outer fold). memory_gb: memory of its own above which this
        worker is replaced after a task.
        """
        self.grown = False
        self.memory_gb = memory_gb
        self.task: Task = config["task"]
        self.data = lru_cache(maxsize=2)(lambda place: ray.get(store[place]))

    @cached_property
    def device(self) -> str:
        """The device that trains. The first step that trains asks for it, and imports TensorFlow.

        In `setup` that would be too slow: Tune drops a worker that is still starting when another falls idle, so with short
        trials a single worker would do everything.
        """
        return prepare_tensorflow(gpu=bool(ray.get_gpu_ids()))

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next task, or leave it to a new worker when this one has grown.

        The worker ends itself: Tune hangs where a reset is refused. The searcher hands the task out again.
        """
        if self.grown:
            ray.actor.exit_actor()
        self.task = new_config["task"]
        return True

    def step(self) -> dict[str, Any]:
        """Run the task; the result carries a record (JSON), a winner's files, and whether this worker has grown."""
        task = self.task
        host = {"node": platform.node(), "device": "cpu" if isinstance(task, TreesTask) else self.device}
        begin = time.perf_counter()
        files: dict[str, bytes] = {}
        record: TrialRecord | WinnerRecord | TreesRecord | Unscored
        try:
            encoded = self.data(task.place)
            if isinstance(task, TreesTask):
                record = score_trees(encoded, task.study, task.seed, task.trials)
            elif isinstance(task, TrialTask):
                record, _ = run_trial(task, encoded)
            else:
                record, files = run_winner(task, encoded)
        except Exception as error:
            from study.training.problem import TrainingFailed

            expected = isinstance(error, TrainingFailed)
            record = task.failed(f"{type(error).__name__}: {error}" if expected else traceback.format_exc())
        record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
        self.grown = _own_memory() > self.memory_gb * 1e9
        return {"done": True, "val_loss": 0.0, "record": record.model_dump_json(), "files": files, "grown": self.grown}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save: the record is all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""


def _own_memory() -> int:
    """Bytes of this process that it shares with no other: Ray's object store is not its own."""
    import psutil

    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
