"""What is handed out to workers: a trial of an arm, an arm's winner, or the trees of a target and outer fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from study.config import StudyConfig
from study.explain.trees import TREE_TRIALS
from study.running.trees import TreesQueue
from study.schema import Suggestion, Trees, TrialRecord
from study.search.generations import ArmSearch
from study.training.task import TreesTask, TrialTask, WinnerTask


@dataclass(frozen=True)
class TrialAssignment:
    """A trial that an arm's search suggests."""

    search: ArmSearch
    suggestion: Suggestion
    noun: ClassVar = "this trial"

    @property
    def key(self) -> str:
        """Its name among all assignments of a study, whose tries are counted by it."""
        return self.search.arm.trial_id(self.suggestion.number)

    def task(self, config: StudyConfig) -> TrialTask:
        """What a worker is told."""
        return TrialTask.of(config, self.search.arm, self.suggestion)

    def give_back(self) -> None:
        """Have it handed out again: its worker was lost."""
        self.search.give_back(self.suggestion)


@dataclass(frozen=True)
class WinnerAssignment:
    """The incumbent of a search that is over, to be scored on the test rows."""

    search: ArmSearch
    incumbent: TrialRecord
    noun: ClassVar = "this winner"

    @property
    def key(self) -> str:
        """As that of a trial."""
        return f"{self.search.arm.key}-winner"

    def task(self, config: StudyConfig) -> WinnerTask:
        """What a worker is told."""
        best = self.incumbent
        assert best.val_loss is not None  # it is complete
        suggestion = Suggestion(number=best.number, generation=best.generation, params=best.params)
        return TrialTask.of(config, best.arm, suggestion).as_winner(best.val_loss)

    def give_back(self) -> None:
        """Have it handed out again: its worker was lost."""
        self.search.retry_winner()


@dataclass(frozen=True)
class TreesAssignment:
    """Boosted trees, to be searched and scored at once."""

    queue: TreesQueue
    trees: Trees
    noun: ClassVar = "these trees"

    @property
    def key(self) -> str:
        """As that of a trial."""
        return self.trees.key

    def task(self, config: StudyConfig) -> TreesTask:
        """What a worker is told."""
        return TreesTask(
            study=config.name,
            seed=config.seed,
            trees=self.trees,
            trials=TREE_TRIALS[config.effort],
            worker_memory_gb=config.resources.worker_memory_gb,
        )

    def give_back(self) -> None:
        """Have it handed out again: its worker was lost."""
        self.queue.give_back(self.trees)


Assignment = TrialAssignment | WinnerAssignment | TreesAssignment
