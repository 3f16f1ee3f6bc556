"""What Ray Tune is told of a study: that each of its trials is a worker's life, and when there are
enough.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray.tune import Callback, Stopper
from ray.tune.search import Searcher

from study.execution.cluster.scratch import is_there
from study.execution.events import Broken, Ended
from study.records.work import reason
from study.schema import StudyError

if TYPE_CHECKING:
    from study.execution.cluster.slots import Slots
    from study.execution.pool import Pool


class _Unpickled:
    """Pickled as nothing: Tune writes copies of its parts that are never read."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class TrialSearcher(_Unpickled, Searcher):  # type: ignore[misc]
    """Suggests a life as long as fewer live than the pool wants. slots: how many may live, and what
    one is given.

    A worker with a share of a GPU goes before one without, which would take its core.
    """

    def __init__(self, pool: Pool, slots: Slots) -> None:
        super().__init__()
        self.pool, self.slots = pool, slots
        self.alive: dict[bool, set[str]] = {
            True: set(),
            False: set(),
        }  # by whether it is one of `slots.plain`

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Config of the next life, if one is wanted; FINISHED when the pool is over, where Tune
        waits for a first one.
        """
        if self.pool.over.is_set():
            return str(Searcher.FINISHED)
        slots, pool = self.slots, self.pool
        for plain, most in (
            (False, min(slots.count - slots.plain, pool.wanted)),
            (True, min(slots.plain, pool.wanted_plain)),
        ):
            if len(self.alive[plain]) < most:
                self.alive[plain].add(trial_id)
                needs = {**slots.needs, "GPU": 0 if plain else slots.needs["GPU"]}
                return {
                    "needs": needs,
                    "worker_bytes": slots.worker_bytes,
                    "gpu": not plain if slots.plain else None,
                }
        return None

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Make room for another life."""
        for alive in self.alive.values():
            alive.discard(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: records are the truth, and Tune's own state is never read again."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing."""


class WorkerCallback(_Unpickled, Callback):  # type: ignore[misc]
    """Tells the pool which workers come and which are over. scratch: Ray's files, without which
    Tune waits for ever.
    """

    def __init__(self, pool: Pool, scratch: Path) -> None:
        self.pool, self.scratch = pool, scratch

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """End where Ray cannot go on."""
        if not is_there(self.scratch):
            gone = StudyError(
                f"Ray's files in {self.scratch} were removed while it ran. "
                "Every finished trial is kept; run the same command again."
            )
            self.pool.tell(Broken(gone))  # raised here it comes out of Tune as something else
            raise gone

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Take the worker out of its first result, which Tune keeps."""
        if (worker := result.pop("worker", None)) is not None:
            self.pool.came(
                trial.trial_id, worker, result["node"], result["host"], trial.config["gpu"]
            )

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Pass on that a worker has left."""
        self.pool.tell(Ended(trial.trial_id))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Pass on that a worker was lost."""
        said = ""
        with suppress(OSError, TypeError):  # Tune writes it into a file, if it can
            said = reason(Path(trial.error_file).read_text(encoding="utf-8"))
        self.pool.tell(Ended(trial.trial_id, said))


class Over(_Unpickled, Stopper):  # type: ignore[misc]
    """Ends all lives, those that wait for a lost node's cores too, when the pool is over."""

    def __init__(self, over: threading.Event) -> None:
        self.over = over

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self.over.is_set()
