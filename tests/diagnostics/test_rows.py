"""Which test rows are looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.rows import checked_rows
from tests.diagnostics.predicted import incumbents_of, predicted


def test_the_network_is_what_each_outer_fold_chose_and_the_constant_and_single_depths_are_left_out() -> (
    None
):
    models = {
        ("baseline", 0): 0,
        ("linear", 0): 1,
        ("formula", 0): 2,
        ("neural", 1): 3,
        ("neural", 2): 4,
        ("trees", 0): 5,
    }
    predictions = predicted(
        np.zeros(8), {key: np.full(8, float(value)) for key, value in models.items()}
    )

    rows = checked_rows(predictions, incumbents_of(predictions[predictions["family"] != "trees"]))

    network = rows[rows["family"] == "network"].set_index("row")
    assert set(rows["family"]) == {"linear", "network", "trees"}
    assert network["predicted"].tolist() == np.where(network["outer_fold"] % 2, 3.0, 4.0).tolist()
    assert sorted(network.index) == list(range(8))


def test_several_predictions_of_a_row_stay_apart_and_share_it() -> None:
    predictions = predicted(np.zeros(8), {("linear", 0): np.arange(8.0)}, repeats=3)
    two_seeds = pd.concat(
        [predictions, predictions.assign(seed=1, predicted=predictions["predicted"] + 1)]
    )

    rows = checked_rows(two_seeds, incumbents_of(predictions))

    assert len(rows) == 24
    assert rows["share"].sum() == pytest.approx(8)
    assert rows["predicted"].tolist() == (rows["row"] + 0.5).tolist()


def test_a_study_without_test_rows_has_none() -> None:
    assert checked_rows(pd.DataFrame(), pd.DataFrame()).empty
