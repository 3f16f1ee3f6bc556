"""All tasks of some searches and of the work beside them, with workers and recorder played by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from study.execution.queue import FoldQueue
from study.execution.tasks import Tasks
from study.records.formula import FormulaWork
from study.records.trees import Trees
from study.records.work import FoldRecord, FoldWork
from study.schema import Kind, Suggestion, TrialState
from study.search.state import SearchState
from study.training.task import FoldTask, Task, TrialTask, WinnerTask

from .helpers import config_of, record_of, search_of, search_state


@dataclass
class Bench:
    """Tasks, each by its key. given_up: keys and errors."""

    searches: list[SearchState]
    beside: FoldQueue = field(default_factory=lambda: FoldQueue(()))
    deadline: float | None = None
    given_up: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = config_of(effort="quick")
        searches = {search.spec.key: search for search in self.searches}
        self.tasks = Tasks(config, searches, self.beside, self.give_up, self.deadline)
        self.out: dict[str, Task] = {}

    def give_up(self, task: Task, error: str) -> None:
        self.given_up.append((task.key, error))
        self.record(task, TrialState.FAIL)

    def start(self, fits: Callable[[Task], bool] = lambda task: True) -> str | None:
        """Ask for a task that fits; gives its key."""
        task = self.tasks.next(fits)
        if task is None:
            return None
        self.out[task.key] = task
        return task.key

    def record(self, task: Task, state: TrialState = TrialState.COMPLETE) -> None:
        match task:
            case TrialTask():
                suggestion = Suggestion(
                    number=task.number, generation=task.generation, params=task.params
                )
                self.tasks.searches[task.search.key].tell(
                    record_of(task.search, suggestion, state=state)
                )
            case WinnerTask():
                self.tasks.searches[task.search.key].score(task.number)
            case FoldTask():
                self.tasks.beside.tell(done(task.work, state=state))

    def finish(self, key: str | None) -> None:
        task = self.out.pop(str(key))
        self.record(task)
        self.tasks.ended(task)

    def fail(self, key: str | None) -> None:
        self.tasks.failed(self.out.pop(str(key)))

    def run(self) -> list[str]:
        """Finish everything as soon as it is started, until nothing is left; gives the keys."""
        done = []
        for _ in range(200):
            key = self.start()
            if key is None:
                assert self.tasks.finished, "nothing is handed out and nothing is out"
                return done
            done.append(key)
            self.finish(key)
        raise AssertionError("the tasks do not end")


def small(family: str = "terms", trials: int = 2, fold: int = 0, **more: Any) -> SearchState:
    """A regression with terms with so many trials, all in its window, unless `more` says otherwise."""
    return search_state(
        family,
        trials,
        spec=search_of(family, fold=fold),
        **({"search": {"sampler": "random"}} | more),
    )


def trees_of(fold: int = 0) -> Trees:
    return Trees(target="y", kind=Kind.CONTINUOUS, outer_fold=fold)


def formula_of(fold: int = 0) -> FormulaWork:
    return FormulaWork(target="y", kind=Kind.CONTINUOUS, outer_fold=fold)


def done(work: FoldWork, state: TrialState = TrialState.COMPLETE, **more: Any) -> FoldRecord:
    return work.record("test", state, **more)
