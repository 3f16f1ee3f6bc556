"""What a worker is told, beside the data: a trial, a search's winner, or work on an outer fold
beside its searches.

key: its name among all tasks of a study. place: target and outer fold, whose data it takes.
network: whether it trains networks, which a GPU may do; a CPU computes all else.
"""

from __future__ import annotations

from typing import Any, ClassVar

from study.config import StudyConfig
from study.config.options import Space
from study.families import get_family
from study.records.trial import TrialRecord
from study.records.work import FoldRecord, FoldWork
from study.schema import Frozen, Search, Suggestion, TrialState


class TrainingFailed(Exception):
    """Training left the finite numbers; the trial is recorded as FAIL and the study goes on."""


class Unscored(Frozen):
    """What a worker says of a winner that could not be scored. It is never written, so the next run
    tries again.
    """

    search: Search
    number: int
    error: str
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""


class TrainingTask(Frozen):
    """Hyperparameters of one search, and how they are trained.

    prune_above: as in a network's Schedule. penalties: path of a regression's trial, the strongest
    first.
    """

    study: str
    seed: int
    search: Search
    number: int
    generation: int
    params: dict[str, Any]
    inner_seeds: int
    epochs: int
    patience: int
    iterations: int
    prune_above: tuple[float, ...] = ()
    penalties: tuple[float, ...] = ()

    @property
    def place(self) -> tuple[str, int]:
        return self.search.target, self.search.outer_fold

    @property
    def network(self) -> bool:
        return not get_family(self.search.family).convex


class TrialTask(TrainingTask):
    """One trial of the search."""

    noun: ClassVar = "this trial"

    @classmethod
    def of(
        cls,
        config: StudyConfig,
        search: Search,
        trial: Suggestion | TrialRecord,
        **own: tuple[float, ...],
    ) -> TrialTask:
        """Task of a trial, suggested or recorded, under a config whose budget is filled in; own:
        prune_above and penalties.
        """
        return cls(
            study=config.name,
            seed=config.seed,
            search=search,
            number=trial.number,
            generation=trial.generation,
            params=trial.params,
            inner_seeds=config.inner.seeds or 1,
            epochs=config.training.epochs or 1,
            patience=config.training.patience or 1,
            iterations=config.training.iterations,
            **own,
        )

    @property
    def key(self) -> str:
        return self.search.trial_id(self.number)

    def as_winner(
        self, val_loss: float, parts: dict[str, dict[str, Any]] | None = None
    ) -> WinnerTask:
        """Task to score this trial, which is complete, on the test rows. val_loss: what it had in
        the search.
        """
        return WinnerTask(**self.model_dump(), val_loss=val_loss, parts=parts or {})

    def record(self, **found: Any) -> TrialRecord:
        return TrialRecord(
            study=self.study,
            trial_id=self.key,
            search=self.search,
            number=self.number,
            generation=self.generation,
            **{"params": self.params, **found},
        )

    def failed(self, error: str) -> TrialRecord:
        return self.record(state=TrialState.FAIL, error=error)


class WinnerTask(TrainingTask):
    """A search's best trial on the test rows.

    val_loss: its mean validation loss. parts: hyperparameters of the best trials for the candidates
    beside it, by their names.
    """

    noun: ClassVar = "this winner"
    val_loss: float
    parts: dict[str, dict[str, Any]] = {}

    @property
    def key(self) -> str:
        return f"{self.search.key}-winner"

    def failed(self, error: str) -> Unscored:
        return Unscored(search=self.search, number=self.number, error=error)


class FoldTask(Frozen):
    """Work on a target and outer fold.

    tree_trials: how many hyperparameters are tried of trees. override, iterations: what the config
    says of the space of the kind's regression, and of its iterations.
    """

    network: ClassVar = False
    study: str
    seed: int
    work: FoldWork
    tree_trials: int
    override: Space = {}
    iterations: int = 2_000

    @property
    def noun(self) -> str:
        return f"the {self.work.noun}"

    @property
    def key(self) -> str:
        return self.work.key

    @property
    def place(self) -> tuple[str, int]:
        return self.work.target, self.work.outer_fold

    def failed(self, error: str) -> FoldRecord:
        return self.work.record(self.study, TrialState.FAIL, error=error)


Task = TrialTask | WinnerTask | FoldTask
