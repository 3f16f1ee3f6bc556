"""Scores and ranks of the models and of the network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence import scores
from tests.evidence.losses import every_model, pairs_of, scored, trial

FOLDS = 5


def test_scores_rank_every_model_and_the_network_but_not_boosted_trees(
    rng: np.random.Generator,
) -> None:
    validation = {("baseline", 0): 1.9, ("linear", 0): 1.1, ("neural", 1): 0.5, ("neural", 2): 0.4}
    winners = pd.DataFrame([trial(*model, loss) for model, loss in validation.items()])
    predictions = every_model(rng)

    found = scores.model_scores(predictions, winners, FOLDS)

    losses = predictions[predictions["family"] != "trees"].groupby(["family", "depth"])["loss"]
    expected = losses.mean()
    own = found.set_index(["family", "depth"])
    assert set(found["family"]) == {"baseline", "linear", "neural", "network", "trees"}
    assert own.loc["trees", "rank"].isna().all()
    assert own["test_loss"].drop([("network", -1), ("trees", 0)]).to_dict() == pytest.approx(
        expected.to_dict()
    )
    assert own.loc[("network", -1), "test_loss"] == pytest.approx(expected["neural", 2])
    assert own["rank"].drop(("network", -1)).dropna().sort_values().index[0] == expected.idxmin()
    assert own.loc[("linear", 0), "optimism"] == pytest.approx(expected["linear", 0] - 1.1)
    assert own.loc[("linear", 0), "std_error"] == pytest.approx(losses.sem()["linear", 0])
    assert own.loc[("linear", 0), "low"] < expected["linear", 0] < own.loc[("linear", 0), "high"]


def test_losses_that_differ_by_rounding_share_a_rank() -> None:
    means = {
        ("baseline", 0): 1.0,
        ("linear", 0): 0.5,
        ("neural", 1): 6.9e-32,
        ("neural", 2): 6.1e-32,
    }
    predictions = pd.concat([scored(np.full(9, mean), *model) for model, mean in means.items()])
    winners = pd.DataFrame([trial(*model, mean) for model, mean in means.items()])

    found = scores.model_scores(predictions, winners, FOLDS)

    own = found.set_index(["family", "depth"])["rank"]
    assert own[[*means, ("network", -1)]].tolist() == [5, 4, 1, 1, 1]


def test_refits_on_parts_of_the_rows_are_no_models(rng: np.random.Generator) -> None:
    models = [
        scored(rng.exponential(size=30), f, d, c)
        for f, d in [("linear", 0), ("neural", 1)]
        for c in ("refit", "ensemble")
    ]
    parts = [
        scored(rng.exponential(size=30), f, d, "rows-0.25")
        for f, d in [("linear", 0), ("neural", 1), ("neural", 2)]
    ]
    whole, more = pd.concat(models), pd.concat([*models, *parts])
    winners = pd.DataFrame([trial("linear", 0, 1.0), trial("neural", 1, 0.9)])

    pd.testing.assert_frame_equal(
        pairs_of(more, 0.05, 5, winners), pairs_of(whole, 0.05, 5, winners)
    )
    pd.testing.assert_frame_equal(
        scores.model_scores(more, winners, FOLDS), scores.model_scores(whole, winners, FOLDS)
    )
