"""What happens to workers, and who tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from study.training.task import Task

if TYPE_CHECKING:
    from study.running.worker import Report


@dataclass(frozen=True)
class Came:
    """A worker is there and idle. gpu: whether it has one, where some have one; None where all are alike."""

    worker: str
    gpu: bool | None = None


@dataclass(frozen=True)
class Reported:
    """A worker has run its task."""

    worker: str
    report: Report


@dataclass(frozen=True)
class Lost:
    """A worker could not run its task: it died, or is of no use."""

    worker: str


@dataclass(frozen=True)
class Ended:
    """A worker's life is over, whether or not it ever came; there is room for another. error: what Ray says, if it failed."""

    worker: str
    error: str = ""


@dataclass(frozen=True)
class Broken:
    """No worker can live any more. error: why."""

    error: BaseException


Event = Came | Reported | Lost | Ended | Broken


class Workers(Protocol):
    """Workers as a dispatcher sees them, each by its name.

    room: how many can live at once; 1 as long as that is not known.
    """

    room: int

    def want(self, count: int, plain: int) -> None:
        """Let no more than so many live, and no more than `plain` of those without a GPU, where others have one."""

    def next(self, timeout_s: float) -> Event | None:
        """What happens next; None if nothing does for so long."""

    def send(self, worker: str, task: Task) -> None:
        """Let an idle worker run a task; one that has ended meanwhile loses it."""

    def end(self, worker: str) -> None:
        """Let a worker leave that is idle or of no use."""
