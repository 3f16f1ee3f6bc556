"""Plans and filled records of studies of any size, for `scripts/benchmark scaling`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

TRIALS, GENERATION = 30, 6
"""Trials a search and trials a generation."""
REPEAT = 5 * 4 * TRIALS
"""Trials of one repeat of the outer folds: five folds of four searches."""


def config_of(trials: int, **more: Any) -> Any:
    """Config of a study of at least so many trials."""
    from study.config import make_config

    return make_config(
        {
            "name": "scaling",
            "data": {"source": "balloons", "rows": 100},
            "targets": {"balloons": "continuous"},
            "families": ["linear", "neural"],
            "depths": [1, 2, 3],
            "protocol": "nested",
            "outer": {"folds": 5, "repeats": math.ceil(trials / REPEAT)},
            "search": {"trials": TRIALS, "generation": GENERATION},
            "inner": {"folds": 5, "seeds": 2},
            "training": {"epochs": 100},
            **more,
        }
    )


def plan_of(config: Any) -> tuple[Any, dict[tuple[str, int], Any]]:
    """Plan of a config and the data of its searches: one small table that stands for every outer
    fold's.
    """
    from study.plan import prepare
    from study.schema import ALL_ROWS, Kind
    from study.search.cost import Size
    from study.search.plan import make_plan

    one = prepare(config.replace(outer={"folds": 2, "repeats": 1})).data["balloons", 0]
    plan = make_plan(
        config, [Size("balloons", Kind.CONTINUOUS, len(one.development), len(one.terms))]
    )
    return plan, {("balloons", fold): one for fold in (*range(config.n_outer), ALL_ROWS)}


@lru_cache(maxsize=500)
def _found(network: bool, seed: int) -> dict[str, Any]:
    """What a real record holds: a network 10 replicates of 80 epochs, a regression 5 of 50 and 10
    coefficients.
    """
    from study.records.trial import ReplicateRecord
    from study.schema import TrialState

    replicates, epochs, terms = (10, 80, 0) if network else (5, 50, 10)
    rng = np.random.default_rng([network, seed])
    losses = np.sort(rng.uniform(0.5, 1.5, (2, replicates, epochs)))[:, :, ::-1].round(5)
    last = losses[:, :, -1] + rng.normal(0, 1e-9, (2, replicates))
    ends = {"best_epoch": epochs, "n_epochs": epochs, "converged": True}
    return {
        "state": TrialState.COMPLETE,
        "val_loss": float(last[0].mean()),
        "val_loss_se": float(last[0].std()),
        "train_loss": float(last[1].mean()),
        "best_epoch": epochs,
        "n_parameters": 100,
        "n_replicates": replicates,
        "wall_time_s": 1.0,
        "node": "node",
        "device": "cpu",
        "replicates": tuple(
            ReplicateRecord(inner_fold=k % 5, seed=k, val_loss=v, train_loss=t, **ends)
            for k, (v, t) in enumerate(last.T.tolist())
        ),
        "curves": {
            "epoch": list(range(1, epochs + 1)),
            "val_loss": losses[0].tolist(),
            "train_loss": losses[1].tolist(),
        },
        "coefficients": {f"coef_term_{i}": float(c) for i, c in enumerate(rng.normal(size=terms))},
    }


def fill(record: Any) -> Any:
    """Give a record one of 500 bodies."""
    return record.model_copy(
        update=_found(record.search.depth > 0, (record.number + 7 * record.search.outer_fold) % 250)
    )


def records_of(plan: Any, trials: int) -> Iterator[Any]:
    """Filled records of the first `trials` trials of a plan."""
    from study.schema import Suggestion
    from study.training.task import TrialTask

    places = ((search, number) for search in plan.searches for number in range(TRIALS))
    for _, (search, number) in zip(range(trials), places, strict=False):
        params: dict[str, Any] = {"l2": 10 ** (-number / 10)}
        if search.depth:
            params = {
                "learning_rate": 0.01,
                "batch_size": 32,
                "weight_decay": 1e-4,
                "dropout": 0.0,
                "width": 64,
            }
            params |= {"activation": "silu"}
        suggestion = Suggestion(number=number, generation=number // GENERATION, params=params)
        yield fill(TrialTask.of(plan.config, search, suggestion).record(state="COMPLETE"))
