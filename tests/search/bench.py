"""A searcher as Tune drives it, without Tune."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ray.tune.search import Searcher

from study.records.trees import TreesRecord
from study.running.searcher import StudySearcher
from study.running.trees import TreesQueue
from study.schema import Kind, Suggestion, Trees, TrialState
from study.search.arms import ArmSearch
from study.training.task import Task, TreesTask, TrialTask, WinnerTask

from .helpers import arm_of, arm_search, config_of, record_of


@dataclass
class Bench:
    """A searcher, and the part of workers and of the recorder played by hand. given_up: keys and tries."""

    arms: list[ArmSearch]
    trees: TreesQueue = field(default_factory=lambda: TreesQueue(()))
    max_tries: int = 3
    deadline: float | None = None
    given_up: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = config_of(effort="quick", search={"max_tries": self.max_tries})
        arms = {arm.arm.key: arm for arm in self.arms}
        self.searcher = StudySearcher(config, arms, self.trees, self.give_up, self.deadline)
        self.n_started = 0

    def give_up(self, task: Task, tries: int) -> None:
        self.given_up.append((task.key, tries))
        self.tell(task, TrialState.FAIL)

    def start(self) -> tuple[str, Any]:
        """Ask for a trial under a new id; gives the key of what is handed out, or what the searcher says instead."""
        self.n_started += 1
        trial_id = f"t{self.n_started}"
        suggested = self.searcher.suggest(trial_id)
        return trial_id, self.searcher.task(trial_id).key if isinstance(suggested, dict) else suggested

    def tell(self, task: Task, state: TrialState = TrialState.COMPLETE) -> None:
        match task:
            case TrialTask():
                suggestion = Suggestion(number=task.number, generation=task.generation, params=task.params)
                self.searcher.arms[task.arm.key].tell(record_of(task.arm, suggestion, state=state))
            case WinnerTask():
                self.searcher.arms[task.arm.key].score(task.number)
            case TreesTask():
                self.searcher.trees.tell(trees_record(task.trees, state=state))

    def record(self, trial_id: str) -> None:
        """The trial leaves its record."""
        self.tell(self.searcher.task(trial_id))
        self.searcher.recorded(trial_id)

    def finish(self, trial_id: str) -> None:
        self.record(trial_id)
        self.searcher.on_trial_complete(trial_id, {"val_loss": 0.0})

    def lose(self, trial_id: str) -> None:
        self.searcher.on_trial_complete(trial_id, error=True)

    def run(self) -> list[str]:
        """Finish everything as soon as it is started, until the searcher says that it is done; gives the keys."""
        done = []
        for _ in range(200):
            trial_id, key = self.start()
            if key == Searcher.FINISHED:
                return done
            done.append(key)
            self.finish(trial_id)
        raise AssertionError("the searcher does not end")


def small(family: str = "linear", trials: int = 2, fold: int = 0, **more: Any) -> ArmSearch:
    """An arm of one generation with so many trials, unless `more` says otherwise."""
    return arm_search(family, trials, arm=arm_of(family, fold=fold), **({"search": {"sampler": "random"}} | more))


def trees_of(fold: int = 0) -> Trees:
    return Trees(target="y", kind=Kind.CONTINUOUS, outer_fold=fold)


def trees_record(trees: Trees, **more: Any) -> TreesRecord:
    return TreesRecord(study="test", trees=trees, **({"state": TrialState.COMPLETE} | more))
