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
from study.schema import TrialRecord, TrialState, WinnerRecord
from study.trial import Task, prepare_tensorflow, run_trial
from study.winner import run_winner

RECYCLE_BYTES = 3 * 2**30
"""A worker whose own memory is above this is replaced before its next trial."""


class StudyTrial(tune.Trainable):  # type: ignore[misc]
    """Runs tasks in a reused worker. An exception becomes a FAIL record; only a dying worker leaves none."""

    def setup(self, config: dict[str, Any], store: Mapping[tuple[str, int], Any] | None = None) -> None:
        """Take the first task. store: object references of the encoded data by (target, outer fold).

        TensorFlow is imported by the first step, once: Tune drops a worker that is still starting when another falls idle,
        so with a slow start and short trials a single worker would do everything.
        """
        self.device = ""
        self.store = store or {}
        self.task = Task.model_validate(config["task"])
        self.data = lru_cache(maxsize=2)(self._fetch)

    def _fetch(self, target: str, outer_fold: int) -> Encoded:
        import ray

        encoded: Encoded = ray.get(self.store[target, outer_fold])
        return encoded

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next task; False, and so a new worker, when this one has grown."""
        import psutil

        self.task = Task.model_validate(new_config["task"])
        memory = psutil.Process().memory_info()
        return bool(memory.rss - getattr(memory, "shared", 0) < RECYCLE_BYTES)

    def step(self) -> dict[str, Any]:
        """Run the task; the result carries a record (JSON) and, for a winner, its files."""
        task = self.task
        if not self.device:
            import ray

            self.device = prepare_tensorflow(gpu=bool(ray.get_gpu_ids()))
        begin = time.perf_counter()
        host = {"node": platform.node(), "device": self.device}
        files: dict[str, bytes] = {}
        record: TrialRecord | WinnerRecord
        try:
            encoded = self.data(task.arm.target, task.arm.outer_fold)
            if task.winner is None:
                record = run_trial(task, encoded)
            else:
                record, files = run_winner(task, encoded)
        except Exception as error:
            message = traceback.format_exc() if not _expected(error) else f"{type(error).__name__}: {error}"
            record = task.record(state=TrialState.FAIL, error=message)
        record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
        return {"done": True, "val_loss": 0.0, "record": record.model_dump_json(), "files": files}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save: the record is all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""


def _expected(error: Exception) -> bool:
    from study.training.problem import TrainingFailed

    return isinstance(error, TrainingFailed)
