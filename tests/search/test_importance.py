"""How much each hyperparameter mattered to a search."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.config.options import Range, Space
from study.diagnostics.hyperparameters.compute import LEAST_TRIALS, choice_word, compute
from study.diagnostics.hyperparameters.compute import measured as measured_of
from study.evidence.winners import ARM
from study.schema import Arm
from tests.diagnostics.predicted import context_of
from tests.search.helpers import config_of

SPACE: Space = {
    "learning_rate": Range(low=1e-4, high=1.0, log=True),
    "width": [32, 64],
    "activation": "relu",
    "dropout": [0.0],
}


def trials(n: int, folds: int = 1, by: str = "learning_rate", seed: int = 0) -> pd.DataFrame:
    """Trials of a network whose loss follows one hyperparameter; folds differ a hundredfold in their losses."""
    rng = np.random.default_rng(seed)
    rows = []
    for fold in range(folds):
        for number in range(n):
            params = {"learning_rate": 10 ** rng.uniform(-4, 0), "width": int(rng.choice([32, 64]))}
            far = abs(np.log10(params["learning_rate"]) + 2) if by == "learning_rate" else params["width"] == 32
            loss = 100.0**fold * (1 + far + 0.01 * rng.random())
            row = {"target": "y", "kind": "continuous", "family": "neural", "depth": 1, "outer_fold": fold, "number": number}
            row |= {"state": "COMPLETE", "val_loss": loss, "wall_time_s": 1.0, "n_parameters": 9}
            rows.append(row | {f"params_{name}": value for name, value in params.items()} | {"params_activation": "relu"})
    return pd.DataFrame(rows).astype({"n_parameters": "Int64"})


def measured(frame: pd.DataFrame, space: Space = SPACE) -> pd.DataFrame:
    arms = [Arm.model_validate(row) for row in frame[ARM].drop_duplicates().to_dict("records")]
    return measured_of(frame, dict.fromkeys(arms, space)).set_index("name")


def test_what_decides_the_loss_matters_and_shares_sum_to_one() -> None:
    found = measured(trials(15, folds=2, by="width"))

    assert found.loc["width", "importance"] > 0.8
    assert found["importance"].sum() == pytest.approx(1)
    assert found.loc["width", "least"] > found.loc["learning_rate", "most"]
    assert found["n_trials"].tolist() == [30, 30]


def test_what_is_fixed_or_has_one_choice_is_not_searched() -> None:
    found = measured(trials(20))

    assert found.index.tolist() == ["learning_rate", "width"]
    assert found[["least", "most"]].isna().all(axis=None)


def test_too_few_trials_and_those_that_all_did_the_same_are_told_of_instead_of_measured() -> None:
    few, same = measured(trials(LEAST_TRIALS - 1)), measured(trials(20).assign(params_learning_rate=0.01, params_width=32))

    assert few["importance"].isna().all()
    assert same["importance"].isna().all()
    assert [re.findall(r"\d+", note) for note in few["note"].unique()] == [[str(LEAST_TRIALS - 1), str(LEAST_TRIALS)]]
    assert "" not in same["note"].unique()


def test_a_value_beside_a_range_counts_as_its_edge_and_one_that_no_choice_has_is_left_out() -> None:
    frame = trials(20)
    frame.loc[0, "params_learning_rate"] = 0.0
    frame.loc[1, "params_width"] = 48

    assert measured(frame)["n_trials"].tolist() == [19, 19]


def test_frames_of_a_search_follow_the_spaces_of_its_config() -> None:
    frame = pd.concat([trials(20), trials(20).assign(outer_fold=-1)]).assign(params_dropout=0.0)
    config = config_of(space={"neural": {"learning_rate": {"low": 1e-5, "high": 2.0, "log": True}, "width": [32, 64]}})

    places: Any = {("y", 0): SimpleNamespace(train=[range(400)])}

    told = compute(context_of(pd.DataFrame(), frame, config=config, data=places)).set_index("name")

    assert told["n_trials"].unique().tolist() == [20]
    assert told.loc["dropout", "importance"] == 0.0


@pytest.mark.parametrize(("config", "frame"), [(64, 64.0), (0, 0.0), ("relu", "relu"), (True, "True"), (np.float64(0.1), 0.1)])
def test_a_choice_is_the_same_in_a_config_and_in_a_frame(config: object, frame: object) -> None:
    assert choice_word(config) == choice_word(frame)
