"""The Ray Tune trainable: one config in, one record out, in a worker that is used again and again."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ray import tune

from study.data.encoding import Encoded
from study.explain.trees import score_trees
from study.records.trees import TreesRecord
from study.schema import TrialRecord, WinnerRecord
from study.training.task import TASK, TreesTask, TrialTask, Unscored
from study.training.trial import prepare_tensorflow, run_trial
from study.training.winner import run_winner


class StudyTrial(tune.Trainable):  # type: ignore[misc]
    """Runs tasks in a reused worker. An exception becomes a FAIL record; only a dying worker leaves none."""

    def setup(self, config: dict[str, Any], store: Mapping[tuple[str, int], Any] | None = None) -> None:
        """Take the first task. store: object references of the encoded data by (target, outer fold).

        TensorFlow is imported by the first step that trains, once: Tune drops a worker that is still starting when another
        falls idle, so with a slow start and short trials a single worker would do everything.
        """
        self.grown = False
        self.store = store or {}
        self.task = TASK.validate_python(config["task"])
        self.data = lru_cache(maxsize=2)(self._fetch)
        self.device = lru_cache(maxsize=1)(self._prepare)

    def _prepare(self) -> str:
        import ray

        return prepare_tensorflow(gpu=bool(ray.get_gpu_ids()))

    def _fetch(self, target: str, outer_fold: int) -> Encoded:
        import ray

        encoded: Encoded = ray.get(self.store[target, outer_fold])
        return encoded

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next task, or leave it to a new worker when this one has grown.

        The worker ends itself: Tune hangs where a reset is refused. The searcher hands the task out again.
        """
        if self.grown:
            import ray

            ray.actor.exit_actor()
        self.task = TASK.validate_python(new_config["task"])
        return True

    def step(self) -> dict[str, Any]:
        """Run the task; the result carries a record (JSON), a winner's files, and whether this worker has grown."""
        task = self.task
        host = {"node": platform.node(), "device": "cpu" if isinstance(task, TreesTask) else self.device()}
        begin = time.perf_counter()
        files: dict[str, bytes] = {}
        record: TrialRecord | WinnerRecord | TreesRecord | Unscored
        try:
            encoded = self.data(*task.place)
            if isinstance(task, TreesTask):
                record = score_trees(encoded, task.study, task.seed, task.trials)
            elif isinstance(task, TrialTask):
                record = run_trial(task, encoded)
            else:
                record, files = run_winner(task, encoded)
        except Exception as error:
            record = task.failed(traceback.format_exc() if not _expected(error) else f"{type(error).__name__}: {error}")
        record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
        self.grown = _own_memory() > task.worker_memory_gb * 1e9
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


def _expected(error: Exception) -> bool:
    from study.training.problem import TrainingFailed

    return isinstance(error, TrainingFailed)
