"""A searcher as Tune drives it, without Tune."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ray.tune.search import Searcher

from study.running.searcher import Job, StudySearcher
from study.schema import TrialState
from study.search.generations import ArmSearch

from .helpers import arm_of, arm_search, record_of


@dataclass
class Bench:
    """A searcher whose configs say arm, number and whether it is a winner, and the runner's part played by hand."""

    arms: list[ArmSearch]
    max_tries: int = 3
    deadline: float | None = None
    given_up: list[tuple[str, int, bool, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.searcher = StudySearcher(self.arms, self.config, self.give_up, self.max_tries, self.deadline)
        self.n_started = 0

    def config(self, job: Job) -> dict[str, Any]:
        arm, (number, _, _), winner = job
        return {"arm": arm.arm.key, "number": number, "winner": winner}

    def give_up(self, job: Job, tries: int) -> None:
        arm, trial, winner = job
        self.given_up.append((arm.arm.key, trial[0], winner, tries))
        if winner:
            arm.score(trial[0])
        else:
            arm.tell(record_of(arm.arm, trial, state=TrialState.FAIL))

    def start(self) -> tuple[str, Any]:
        """Ask for a trial under a new id."""
        self.n_started += 1
        trial_id = f"t{self.n_started}"
        return trial_id, self.searcher.suggest(trial_id)

    def record(self, trial_id: str) -> None:
        """The trial leaves its record."""
        arm, trial, winner = self.searcher.job(trial_id)
        if winner:
            arm.score(trial[0])
        else:
            arm.tell(record_of(arm.arm, trial))
        self.searcher.recorded(trial_id)

    def finish(self, trial_id: str) -> None:
        self.record(trial_id)
        self.searcher.on_trial_complete(trial_id, {"val_loss": 0.0})

    def lose(self, trial_id: str) -> None:
        self.searcher.on_trial_complete(trial_id, error=True)

    def run(self) -> list[tuple[str, int, bool]]:
        """Finish every trial as soon as it is started, until the searcher says that it is done."""
        done = []
        for _ in range(200):
            trial_id, config = self.start()
            if config == Searcher.FINISHED:
                return done
            done.append((config["arm"], config["number"], config["winner"]))
            self.finish(trial_id)
        raise AssertionError("the searcher does not end")


def small(family: str = "linear", trials: int = 2, fold: int = 0, **more: Any) -> ArmSearch:
    """An arm of one generation with so many trials, unless `more` says otherwise."""
    return arm_search(family, trials, arm=arm_of(family, fold=fold), **({"search": {"sampler": "random"}} | more))
