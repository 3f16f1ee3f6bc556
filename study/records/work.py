"""What is done once on a target and outer fold, beside its searches, and what it leaves on disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from study.formatting import times
from study.schema import Frozen, Kind, Search, TrialState, fold_name


class FoldWork(Frozen, ABC):
    """Work on one target and outer fold that is no search.

    sort: names its record and folder. noun: what a sentence calls it. many: what a count calls it.
    without: what a note says of a target where it failed.
    """

    sort: ClassVar[str]
    noun: ClassVar[str]
    many: ClassVar[str]
    without: ClassVar[str]
    target: str
    kind: Kind
    outer_fold: int

    @property
    def key(self) -> str:
        return f"{self.target}-{self.sort}-{fold_name(self.outer_fold)}"

    @property
    def search(self) -> Search:
        """What is scored beside the searches as a family of depth 0."""
        return Search(**self.model_dump(), family=self.sort, depth=0)

    @abstractmethod
    def record(self, study: str, state: TrialState, **found: Any) -> FoldRecord:
        """What it leaves, done or failed."""


class FoldRecord(Frozen):
    """What such work leaves, done or failed (state FAIL, with its error). sort: of its work.
    wall_time_s: seconds.
    """

    sort: ClassVar[str]
    study: str
    work: FoldWork
    state: TrialState
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""
    error: str | None = None

    @property
    def search(self) -> Search:
        return self.work.search

    def outcome(self) -> FoldOutcome:
        return FoldOutcome(self.work, self.state, self.wall_time_s, self.error)


@dataclass(frozen=True)
class FoldOutcome:
    """All that a run needs of such a record."""

    work: FoldWork
    state: TrialState
    wall_time_s: float
    error: str | None


def failure_notes(outcomes: Iterable[FoldOutcome]) -> list[str]:
    """What to know where work failed: a sentence a sort and target, with the reason of the first."""
    failed: dict[tuple[str, str], list[FoldOutcome]] = {}
    for own in outcomes:
        if own.state is not TrialState.COMPLETE:
            failed.setdefault((own.work.sort, own.work.target), []).append(own)
    return [
        f"The {own[0].work.noun} of {own[0].work.target} failed {times(len(own))} ({reason(own[0].error)}). "
        f"{own[0].work.without}."
        for own in failed.values()
    ]


def reason(error: str | None) -> str:
    """Last line of a traceback: what went wrong, without its full stop."""
    return ((error or "").strip().splitlines() or ["no reason given"])[-1].rstrip(".")
