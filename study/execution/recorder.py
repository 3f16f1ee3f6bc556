"""What workers report becomes records on disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from study.data.encoding import EncodedData
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.records.outcome import Outcome
from study.records.packs import pack
from study.records.paths import StudyPaths
from study.records.reading import write_trial, write_winner, write_work
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord, reason
from study.search.plan import Plan
from study.search.state import SearchState
from study.training.task import Task, Unscored

Report = TrialRecord | WinnerRecord | FoldRecord | Unscored


def search_states(
    plan: Plan,
    data: EncodedData,
    records: Mapping[str, dict[int, Outcome]],
    scored: Mapping[str, int],
) -> dict[str, SearchState]:
    """States of a plan's searches by key, as records, and numbers of scored winners, by key have
    left them.
    """
    return {
        search.key: SearchState(
            config=plan.config,
            spec=search,
            n_rows=min(map(len, data[search.target, search.outer_fold].train)),
            trials=plan.trials(search),
            records=records.get(search.key, {}),
            scored=scored.get(search.key),
        )
        for search in plan.searches
    }


@dataclass
class RecordSink(ABC):
    """Keeps the records of a study: writes each, then tells it to the search that waits for it,
    then to the observer.

    searches: by key. beside: the work beside them.
    """

    searches: Mapping[str, SearchState]
    beside: FoldQueue
    observer: Observer

    @abstractmethod
    def write(self, record: Report, files: dict[str, bytes]) -> None:
        """Put a record, and the files that belong to it, where they stay."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.beside.finished and all(search.finished for search in self.searches.values())

    def add_failure(self, task: Task, error: str) -> None:
        """Keep the failure of a task that is at fault."""
        self.add(task.failed(error), {})

    def add(self, record: Report, files: dict[str, bytes]) -> None:
        """Write a record and tell it."""
        self.write(record, files)
        match record:
            case TrialRecord():
                self.searches[record.search.key].tell(record)
            case WinnerRecord():
                self.searches[record.search.key].score(record.number)
            case FoldRecord():
                self.beside.tell(record)
            case Unscored():
                key = record.search.key
                self.searches[key].score(record.number)
                self.observer.note(f"The refit of {key} failed: {reason(record.error)}")
                return
        self.observer.finished(record)


class Recorder(RecordSink):
    """Keeps records on disk, but what must be tried again."""

    def __init__(
        self,
        paths: StudyPaths,
        observer: Observer,
        searches: Mapping[str, SearchState],
        beside: FoldQueue,
    ) -> None:
        super().__init__(searches, beside, observer)
        self.paths = paths

    def write(self, record: Report, files: dict[str, bytes]) -> None:
        """Write a record to disk."""
        match record:
            case TrialRecord():
                write_trial(self.paths, record)
            case WinnerRecord():
                write_winner(self.paths, record, files)
            case FoldRecord():
                write_work(self.paths, record, files)

    def add(self, record: Report, files: dict[str, bytes]) -> None:
        """Write a record and tell it; the last one of a search, its winner if it has one, packs the
        search's.
        """
        super().add(record, files)
        if (
            isinstance(record, TrialRecord | WinnerRecord)
            and self.searches[record.search.key].finished
        ):
            pack(self.paths, record.search)
