"""What a worker is told, beside the data: a trial, an arm's winner, or the trees of a target and outer fold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from study.config import StudyConfig
from study.records.trees import TreesRecord
from study.schema import Arm, Frozen, Suggestion, Trees, TrialRecord, TrialState


class Unscored(Frozen):
    """What a worker says of a winner that could not be scored. It is never written, so the next run tries again."""

    arm: Arm
    number: int
    error: str
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""


class TrainingTask(Frozen):
    """Hyperparameters of one arm, and how they are trained.

    worker_memory_gb: memory of its own above which the worker is replaced after the task.
    """

    study: str
    seed: int
    arm: Arm
    number: int
    generation: int
    params: dict[str, Any]
    inner_seeds: int
    epochs: int
    patience: int
    iterations: int
    worker_memory_gb: float = 3

    @property
    def place(self) -> tuple[str, int]:
        """Target and outer fold, whose data it takes."""
        return self.arm.target, self.arm.outer_fold


class TrialTask(TrainingTask):
    """One trial of the search."""

    sort: Literal["trial"] = "trial"

    @classmethod
    def of(cls, config: StudyConfig, arm: Arm, suggestion: Suggestion) -> TrialTask:
        """Task of a trial under a config whose budget is filled in."""
        return cls(
            study=config.name,
            seed=config.seed,
            arm=arm,
            number=suggestion.number,
            generation=suggestion.generation,
            params=suggestion.params,
            inner_seeds=config.inner.seeds or 1,
            epochs=config.training.epochs or 1,
            patience=config.training.patience or 1,
            iterations=config.training.iterations,
            worker_memory_gb=config.resources.worker_memory_gb,
        )

    def as_winner(self, val_loss: float) -> WinnerTask:
        """Task to score this trial on the test rows. val_loss: what it had in the search."""
        return WinnerTask(**self.model_dump(exclude={"sort"}), val_loss=val_loss)

    def record(self, **found: Any) -> TrialRecord:
        """Record of this trial with what was found."""
        return TrialRecord(
            study=self.study,
            trial_id=self.arm.trial_id(self.number),
            arm=self.arm,
            number=self.number,
            generation=self.generation,
            params=self.params,
            **found,
        )

    def failed(self, error: str) -> TrialRecord:
        """Record of this trial where it failed."""
        return self.record(state=TrialState.FAIL, error=error)


class WinnerTask(TrainingTask):
    """An arm's incumbent on the test rows. val_loss: its mean validation loss."""

    sort: Literal["winner"] = "winner"
    val_loss: float

    def failed(self, error: str) -> Unscored:
        """Word that it could not be scored."""
        return Unscored(arm=self.arm, number=self.number, error=error)


class TreesTask(Frozen):
    """Boosted trees of a target and outer fold. trials: how many hyperparameters are tried."""

    sort: Literal["trees"] = "trees"
    study: str
    seed: int
    trees: Trees
    trials: int
    worker_memory_gb: float = 3

    @property
    def place(self) -> tuple[str, int]:
        """Target and outer fold, whose data it takes."""
        return self.trees.target, self.trees.outer_fold

    def failed(self, error: str) -> TreesRecord:
        """Record of trees that failed."""
        return TreesRecord(study=self.study, trees=self.trees, state=TrialState.FAIL, error=error)


Task = TrialTask | WinnerTask | TreesTask
TASK: TypeAdapter[Task] = TypeAdapter(Annotated[Task, Field(discriminator="sort")])
"""Reads a task of any sort."""
