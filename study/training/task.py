"""What a worker is told."""

from __future__ import annotations

from typing import Any

from study.config import StudyConfig
from study.schema import Arm, Frozen, TrialRecord


class Task(Frozen):
    """All that a worker is told, beside the data: which trial of which arm, and how it is trained.

    worker_memory_gb: memory of its own above which the worker is replaced after the task.
    winner: None for a trial of the search; else the mean validation loss of the incumbent whose hyperparameters these are.
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
    winner: float | None = None

    @classmethod
    def of(
        cls, config: StudyConfig, arm: Arm, number: int, generation: int, params: dict[str, Any], winner: float | None = None
    ) -> Task:
        """Task of one trial, or of an arm's winner, under a config whose budget is filled in."""
        return cls(
            study=config.name,
            seed=config.seed,
            arm=arm,
            number=number,
            generation=generation,
            params=params,
            inner_seeds=config.inner.seeds or 1,
            epochs=config.training.epochs or 1,
            patience=config.training.patience or 1,
            iterations=config.training.iterations,
            worker_memory_gb=config.resources.worker_memory_gb,
            winner=winner,
        )

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
