"""Ranks of the models, and where the spread of their losses comes from."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from study.evidence import compare, scores
from tests.evidence.losses import every_model, in_folds, pairs_of, scored, trial

FOLDS = 5


def test_scores_rank_every_model_and_the_network_but_not_boosted_trees(rng: np.random.Generator) -> None:
    validation = {("constant", 0): 1.9, ("linear", 0): 1.1, ("neural", 1): 0.5, ("neural", 2): 0.4}
    winners = pd.DataFrame([trial(*model, loss) for model, loss in validation.items()])
    predictions = every_model(rng)

    found = compare.family_scores(predictions, winners, FOLDS, "rows")

    losses = predictions[predictions["family"] != "trees"].groupby(["family", "depth"])["loss"]
    expected = losses.mean()
    own = found.set_index(["family", "depth"])
    assert found["family"].tolist() == ["constant", "linear", "neural", "neural", "network"]
    assert own["test_loss"].drop(("network", -1)).to_dict() == pytest.approx(expected.to_dict())
    assert own.loc[("network", -1), "test_loss"] == pytest.approx(expected["neural", 2])
    assert own["rank"].drop(("network", -1)).sort_values().index[0] == expected.idxmin()
    assert own.loc[("linear", 0), "optimism"] == pytest.approx(1.1 - expected["linear", 0])
    assert own.loc[("linear", 0), "std_error"] == pytest.approx(losses.sem()["linear", 0])
    assert own.loc[("linear", 0), "low"] < expected["linear", 0] < own.loc[("linear", 0), "high"]


def test_losses_that_differ_by_rounding_share_a_rank() -> None:
    means = {("constant", 0): 1.0, ("linear", 0): 0.5, ("neural", 1): 6.9e-32, ("neural", 2): 6.1e-32}
    predictions = pd.concat([scored(np.full(9, mean), *model) for model, mean in means.items()])
    winners = pd.DataFrame([trial(*model, mean) for model, mean in means.items()])

    found = compare.family_scores(predictions, winners, FOLDS, "rows")

    assert found["rank"].tolist() == [5, 4, 1, 1, 1]


def test_refits_on_parts_of_the_rows_are_no_models(rng: np.random.Generator) -> None:
    models = [
        scored(rng.exponential(size=30), f, d, c) for f, d in [("linear", 0), ("neural", 1)] for c in ("refit", "ensemble")
    ]
    parts = [scored(rng.exponential(size=30), f, d, "rows-0.25") for f, d in [("linear", 0), ("neural", 1), ("neural", 2)]]
    whole, more = pd.concat(models), pd.concat([*models, *parts])
    winners = pd.DataFrame([trial("linear", 0, 1.0), trial("neural", 1, 0.9)])

    pd.testing.assert_frame_equal(pairs_of(more, 0.05, 5, winners), pairs_of(whole, 0.05, 5, winners))
    pd.testing.assert_frame_equal(compare.family_scores(more, winners, 5), compare.family_scores(whole, winners, 5))
    pd.testing.assert_frame_equal(scores.test_scores(more, winners), scores.test_scores(whole, winners))


def test_spread_is_told_apart_by_rows_splits_and_seeds() -> None:
    rng = np.random.default_rng(3)
    repeats, n, seeds = 40, 50, 3
    split, seed = rng.normal(0, 0.2, (repeats, FOLDS, 1, 1)), rng.normal(0, 0.1, (repeats, FOLDS, seeds, 1))
    losses = 10 + split + seed + rng.normal(0, 1.0, (repeats, FOLDS, 1, n))
    r, f, s, i = np.indices(losses.shape).reshape(4, -1)
    predictions = scored(losses.ravel(), "neural", 1, "refit").assign(outer_fold=r * FOLDS + f, row=i + n * f, seed=s)
    winners = pd.DataFrame([trial("neural", 1, 10.0, outer_fold=fold) for fold in range(repeats * FOLDS)])

    found = compare.family_scores(predictions, winners, FOLDS).iloc[0]

    assert found["sd_rows"] == pytest.approx(1 / math.sqrt(n), rel=0.05)
    assert found["sd_seeds"] == pytest.approx(0.1, rel=0.2)
    assert found["sd_splits"] == pytest.approx(math.sqrt(0.2**2 + 0.1**2 / seeds), rel=0.2)


def test_a_spread_by_splits_whose_estimate_is_negative_is_not_told(rng: np.random.Generator) -> None:
    losses = rng.normal(10.0, 1.0, (1, FOLDS, 40))
    alike = losses - losses.mean(axis=2, keepdims=True) + 10  # folds agree more than the luck of their rows allows
    winners = pd.DataFrame([trial("linear", 0, 10.0, outer_fold=fold) for fold in range(FOLDS)])

    found = compare.family_scores(in_folds(alike), winners, FOLDS).iloc[0]

    assert math.isnan(found["sd_splits"])
    assert found["sd_rows"] > 0


def test_one_split_and_one_seed_tell_nothing_of_splits_and_seeds(rng: np.random.Generator) -> None:
    found = compare.family_scores(scored(rng.random(30)), pd.DataFrame([trial("linear", 0, 1.0)]), FOLDS).iloc[0]

    assert math.isnan(found["sd_splits"])
    assert math.isnan(found["sd_seeds"])
    assert found["sd_rows"] > 0
