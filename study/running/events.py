"""What happens to workers, and who tells it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from study.training.task import Task

if TYPE_CHECKING:
    from study.running.worker import Report


@dataclass(frozen=True)
class Came:
    """A worker is there and idle.

    node: Ray's id of its node, another one after it was lost. host: what people call it. gpu: whether the worker has one, where
    some have one; None where all are alike.
    """

    worker: str
    node: str = "here"
    host: str = "here"
    gpu: bool | None = None


@dataclass(frozen=True)
class Reported:
    """A worker has run its task."""

    worker: str
    report: Report


@dataclass(frozen=True)
class Lost:
    """A worker could not run its task: it died, or is of no use.

    error: what Ray says. died: whether its process is gone, as the kernel ends one where memory runs out. reached: whether Ray
    could say so, or only that nobody answers, as where a whole node is lost.
    """

    worker: str
    error: str = ""
    died: bool = True
    reached: bool = True


@dataclass(frozen=True)
class Unfit:
    """A worker has found that it cannot train, and has not begun its task. error: why, in full."""

    worker: str
    error: str


@dataclass(frozen=True)
class Ended:
    """A worker's life is over, whether or not it ever came; there is room for another. error: what Ray says, if it failed."""

    worker: str
    error: str = ""


@dataclass(frozen=True)
class Broken:
    """No worker can live any more. error: why."""

    error: BaseException


Event = Came | Reported | Lost | Unfit | Ended | Broken


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

    def nodes(self, network: bool = False) -> Set[str]:
        """Nodes on which workers can live now, by Ray's ids, and others that may come yet. network: such as train networks."""
