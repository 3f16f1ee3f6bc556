"""Arms, configs and records for the tests of the search."""

from __future__ import annotations

from typing import Any

import numpy as np

from study.config import StudyConfig, make_config
from study.schema import Arm, Kind, Suggestion, TrialRecord, TrialState
from study.search.generations import ArmSearch


def config_of(**more: Any) -> StudyConfig:
    return make_config({"name": "test", "data": {"source": "balloons"}, "targets": {"y": "continuous"}, **more})


def arm_of(family: str = "neural", depth: int | None = None, kind: Kind = Kind.CONTINUOUS, fold: int = 0) -> Arm:
    depth = (1 if family == "neural" else 0) if depth is None else depth
    return Arm(target="y", kind=kind, family=family, depth=depth, outer_fold=fold)


def arm_search(
    family: str = "neural",
    trials: int = 18,
    records: dict[int, TrialRecord] | None = None,
    scored: int | None = None,
    **config: Any,
) -> ArmSearch:
    """An arm's search where `records` have left it, generations of six unless `config` says otherwise."""
    arm = config.pop("arm", arm_of(family))
    return ArmSearch(config_of(**config), arm, 1_000, trials, dict(records or {}), scored)


def loss_of(params: dict[str, Any]) -> float:
    """A bowl in the logarithms of the numbers, so that some hyperparameters are better than others."""
    return float(sum((np.log10(max(value, 1e-9)) + 2) ** 2 for value in params.values() if isinstance(value, float)))


def record_of(
    arm: Arm, trial: Suggestion, *, val_loss: float | None = None, state: TrialState = TrialState.COMPLETE
) -> TrialRecord:
    return TrialRecord(
        study="test",
        trial_id=arm.trial_id(trial.number),
        arm=arm,
        number=trial.number,
        generation=trial.generation,
        state=state,
        params=trial.params,
        val_loss=None if state is TrialState.FAIL else loss_of(trial.params) if val_loss is None else val_loss,
    )


def hand_out(search: ArmSearch) -> list[Suggestion]:
    """Every trial that is to be had without telling a result."""
    trials = []
    while (trial := search.next_trial()) is not None:
        trials.append(trial)
    return trials


def play(search: ArmSearch, order: int = 1, failing: frozenset[int] = frozenset()) -> list[Suggestion]:
    """Run the search to its end, telling each generation forwards (order 1) or backwards (-1)."""
    played = []
    while trials := hand_out(search):
        for trial in trials[::order]:
            state = TrialState.FAIL if trial.number in failing else TrialState.COMPLETE
            search.tell(record_of(search.arm, trial, state=state))
        played += trials
    return played
