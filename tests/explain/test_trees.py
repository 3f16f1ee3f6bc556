"""Boosted trees as a reference line: better where the truth is bent, and blind to the test rows until the end."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from study.config import make_config
from study.data.encoding import Encoded, encode
from study.data.splits import make_splits
from study.data.tables import read_table
from study.explain.trees import MOST_ITERATIONS, tree_reference
from study.families.heads import HEADS


def encoded_of(source: str, target: str, rows: int = 300) -> Encoded:
    config = make_config({"name": "test", "data": {"source": source, "rows": rows}, "targets": [target], "protocol": "holdout"})
    table = read_table(config)
    (split,) = make_splits(table, table.targets[0], config)
    return encode(table, table.targets[0], split)[0]


@pytest.fixture(scope="module")
def balloons() -> Encoded:
    return encoded_of("balloons", "balloons", rows=300)


def test_trees_beat_the_regression_where_the_truth_is_an_interaction(balloons: Encoded) -> None:
    x, y = balloons.x[-1], balloons.y
    linear = LinearRegression().fit(x[balloons.development], y[balloons.development])
    linear_loss = np.mean((linear.predict(x[balloons.test]) - y[balloons.test]) ** 2)

    found = tree_reference(balloons, seed=0, trials=2)

    assert found.predictions["loss"].mean() < linear_loss / 10
    assert found.val_loss == found.trials["val_loss"].min()
    assert found.trials["number"].tolist() == [0, 1]


def test_the_same_seed_gives_the_same_frame_and_another_seed_another() -> None:
    encoded = encoded_of("sklearn:diabetes", "target")

    once, again, other = (tree_reference(encoded, seed, trials=2) for seed in (4, 4, 5))

    pd.testing.assert_frame_equal(once.predictions, again.predictions, check_exact=True)
    pd.testing.assert_frame_equal(once.trials, again.trials, check_exact=True)
    assert not np.array_equal(once.predictions["predicted"], other.predictions["predicted"])


def test_test_targets_change_nothing_but_what_was_observed_and_lost(balloons: Encoded) -> None:
    y = balloons.y.copy()
    y[balloons.test] = 1e6

    found, blind = (tree_reference(e, seed=0, trials=2) for e in (balloons, dataclasses.replace(balloons, y=y)))

    unlooked = found.predictions.columns.drop(["observed", "loss"])
    pd.testing.assert_frame_equal(found.predictions[unlooked], blind.predictions[unlooked], check_exact=True)
    assert (found.val_loss, found.params) == (blind.val_loss, blind.params)
    assert (blind.predictions["loss"] > 1e11).all()


def test_predictions_look_like_those_of_every_other_model(balloons: Encoded) -> None:
    found = tree_reference(balloons, seed=0, trials=1).predictions

    columns = ["target", "kind", "family", "depth", "outer_fold", "number", "candidate", "seed", "row", "group"]
    assert found.columns.tolist() == [*columns, "observed", "predicted", "loss"]
    assert found[["target", "kind", "family", "depth", "candidate"]].drop_duplicates().to_numpy().tolist() == [
        ["balloons", "continuous", "trees", 0, "reference"]
    ]
    np.testing.assert_array_equal(found["row"], balloons.rows[balloons.test])
    np.testing.assert_array_equal(found["loss"], (found["predicted"] - found["observed"]) ** 2)


def test_several_classes_have_a_probability_each() -> None:
    encoded = encoded_of("sklearn:wine", "target")

    found = tree_reference(encoded, seed=0, trials=1).predictions

    shares = found[[f"p_{name}" for name in encoded.classes]].to_numpy()
    observed = found["observed"].to_numpy(int)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(found["predicted"], shares[np.arange(len(shares)), observed])
    np.testing.assert_array_equal(found["loss"], HEADS[encoded.kind].response_loss(shares, encoded.y[encoded.test]))


def test_a_class_of_one_training_row_is_fitted_and_not_set_aside() -> None:
    encoded = encoded_of("sklearn:wine", "target")
    y = encoded.y.copy()
    y[(y == 2) & (np.arange(len(y)) != encoded.development[0])] = 1
    y[encoded.development[0]] = 2

    found = tree_reference(dataclasses.replace(encoded, y=y), seed=0, trials=1)

    assert np.isfinite(found.predictions["loss"]).all()


def test_the_number_of_iterations_is_found_inside_the_training_rows() -> None:
    found = tree_reference(encoded_of("sklearn:diabetes", "target"), seed=0, trials=1)

    assert 1 <= found.params["max_iter"] < MOST_ITERATIONS


def test_a_search_without_a_trial_is_refused(balloons: Encoded) -> None:
    with pytest.raises(ValueError, match=re.escape("A search needs a trial, but trials is 0.")):
        tree_reference(balloons, seed=0, trials=0)
