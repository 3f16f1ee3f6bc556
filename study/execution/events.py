"""What happens to workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from study.execution.run import TaskResult


@dataclass(frozen=True)
class Came:
    """A worker is there and idle.

    node: Ray's id of its node, another one after it was lost. host: what people call it. gpu:
    whether it has a share of a GPU, where some have; None where all are alike.
    """

    worker: str
    node: str = "here"
    host: str = "here"
    gpu: bool | None = None


@dataclass(frozen=True)
class Reported:
    """A worker has run its task."""

    worker: str
    done: TaskResult


@dataclass(frozen=True)
class Lost:
    """A worker could not run its task: it died, or is of no use.

    error: what Ray says. died: whether its process is gone, as the kernel ends one where memory
    runs out.
    """

    worker: str
    error: str = ""
    died: bool = True


@dataclass(frozen=True)
class Ended:
    """A worker's life is over, whether or not it ever came; there is room for another. error: what
    Ray says, if it failed.
    """

    worker: str
    error: str = ""


@dataclass(frozen=True)
class Broken:
    """No worker can live any more. error: why."""

    error: BaseException


Event = Came | Reported | Lost | Ended | Broken
