"""How much each hyperparameter mattered to a search."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.hyperparameters.compute import LEAST_TRIALS, choice_word, compute
from tests.diagnostics.predicted import context_of
from tests.search.helpers import config_of

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1.0, "log": True},
    "width": [32, 64],
    "activation": "relu",
    "dropout": [0.0],
}


def trials(n: int, folds: int = 1, by: str = "learning_rate", seed: int = 0) -> pd.DataFrame:
    """Trials of a network whose loss follows one hyperparameter; folds differ a hundredfold in
    their losses.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for fold in range(folds):
        for number in range(n):
            params = {"learning_rate": 10 ** rng.uniform(-4, 0), "width": int(rng.choice([32, 64]))}
            far = (
                abs(np.log10(params["learning_rate"]) + 2)
                if by == "learning_rate"
                else params["width"] == 32
            )
            loss = 100.0**fold * (1 + far + 0.01 * rng.random())
            row = {
                "target": "y",
                "kind": "continuous",
                "family": "neural",
                "depth": 1,
                "outer_fold": fold,
                "number": number,
            }
            row |= {"state": "COMPLETE", "val_loss": loss, "wall_time_s": 1.0, "n_parameters": 9}
            rows.append(
                row
                | {f"params_{name}": value for name, value in params.items()}
                | {"params_activation": "relu"}
            )
    return pd.DataFrame(rows).astype({"n_parameters": "Int64"})


def measured(frame: pd.DataFrame, space: dict[str, Any] = SPACE) -> pd.DataFrame:
    places: Any = {
        ("y", fold): SimpleNamespace(train=[range(400)]) for fold in frame["outer_fold"].unique()
    }
    context = context_of(
        pd.DataFrame(), frame, config=config_of(space={"neural": space}), data=places
    )
    return compute(context).set_index("name")


def test_what_decides_the_loss_matters_and_shares_sum_to_one() -> None:
    found = measured(trials(15, folds=2, by="width"))

    assert found.loc["width", "importance"] > 0.8
    assert found["importance"].sum() == pytest.approx(1)
    assert found["n_trials"].tolist() == [30, 30]


def test_what_is_fixed_or_has_one_choice_is_not_searched() -> None:
    assert {"learning_rate", "width"} <= set(measured(trials(20)).index)
    assert not {"activation", "dropout"} & set(
        measured(trials(20).assign(params_dropout=0.0)).index
    )


def test_too_few_trials_and_those_that_all_did_the_same_are_not_measured() -> None:
    few, same = (
        trials(LEAST_TRIALS - 1),
        trials(20).assign(params_learning_rate=0.01, params_width=32),
    )

    assert measured(few).empty
    assert measured(same).empty


def test_a_value_beside_a_range_counts_as_its_edge_and_one_that_no_choice_has_is_left_out() -> None:
    frame = trials(20)
    frame.loc[0, "params_learning_rate"] = 0.0
    frame.loc[1, "params_width"] = 48

    assert measured(frame)["n_trials"].tolist() == [19, 19]


def test_the_search_on_all_rows_is_left_out() -> None:
    assert measured(pd.concat([trials(20), trials(20).assign(outer_fold=-1)]))[
        "n_trials"
    ].unique().tolist() == [20]


@pytest.mark.parametrize(
    ("config", "frame"),
    [(64, 64.0), (0, 0.0), ("relu", "relu"), (True, "True"), (np.float64(0.1), 0.1)],
)
def test_a_choice_is_the_same_in_a_config_and_in_a_frame(config: object, frame: object) -> None:
    assert choice_word(config) == choice_word(frame)
