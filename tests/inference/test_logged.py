"""A study of a target whose logarithm is trained: from the config to predictions of new rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import study
from study.config.loading import differing_keys
from study.diagnostics.coefficients.figure import data
from study.inference.models import judged_rows
from study.inference.predictions import predict
from study.results import Results

from .made import awkward_frame, made_study
from .test_estimators import SHORT

LOG = {"price": {"transform": "log"}}


def dear_frame() -> pd.DataFrame:
    frame = awkward_frame()
    return frame.assign(price=np.exp(frame["price"] / 100).round(3))


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return made_study(tmp_path_factory.mktemp("logged"), dear_frame(), LOG)


@pytest.mark.parametrize("model", ["regression", "network", "trees", "formula"])
def test_new_rows_are_predicted_as_the_test_rows_were_and_intervals_are_above_zero(
    logged: Results, model: str
) -> None:
    scored = judged_rows(logged, "price", model, 0)
    rows = dear_frame().iloc[scored["row"]]

    found = predict(logged, rows, model=model, fold=0, interval=0.8).frame

    np.testing.assert_array_equal(found["predicted"], scored["predicted"])
    np.testing.assert_array_equal(scored["observed"], rows["price"])
    np.testing.assert_allclose(scored["loss"], (scored["predicted"] - scored["observed"]) ** 2)
    assert (found["low"] > 0).all()


def test_intervals_are_as_wide_in_the_logarithm_for_large_values_as_for_small(
    logged: Results,
) -> None:
    found = predict(logged, dear_frame(), interval=0.8).frame

    width = np.log(found["high"] / found["low"])
    assert found["predicted"].max() > 5 * found["predicted"].min()
    assert width.max() < 2 * width.min()


def test_coefficients_and_their_reference_are_those_of_the_logarithm(logged: Results) -> None:
    own = logged.coefficients[logged.coefficients["family"] == "linear"]

    np.testing.assert_allclose(own["estimate"], own["ref_estimate"], rtol=1e-4, atol=1e-6)
    assert own["note"].str.startswith("of log(price)").all()
    assert set(data(logged)["scale"]) == {"log(price)"}


def test_test_losses_are_not_compared_with_validation_losses_of_the_logarithm(
    logged: Results,
) -> None:
    assert logged.scores["test_loss"].notna().all()
    assert logged.scores[["val_loss", "optimism"]].isna().all().all()
    assert logged.trials["val_loss"].max() < np.log(dear_frame()["price"]).var() * 1.5
    assert not {"S003", "S004", "S017"} & {warning.id for warning in logged.warnings}


def test_another_transform_is_another_study(logged: Results) -> None:
    plain = logged.config.replace(targets={"price": "continuous"})

    assert set(differing_keys(logged.config, plain)) & {"targets.price.transform"}
    assert logged.config.replace() == logged.config


def test_an_estimator_trains_on_the_logarithm_too(rng: np.random.Generator) -> None:
    X = rng.normal(size=(80, 2))
    y = np.exp(3 + X[:, 0] + rng.normal(0, 0.1, 80))

    plain, logged = (
        study.FamilyRegressor(model="regression", target_transform=transform, config=SHORT).fit(
            X, y
        )
        for transform in (None, "log")
    )

    assert logged.score(X, y) > 0.98 > plain.score(X, y)
    assert (logged.predict(X) > 0).all()
    with pytest.raises(ValueError, match=r"'targets\.y\.transform'.*'log'.*'sqrt'"):
        logged.set_params(target_transform="sqrt").fit(X, y)
    with pytest.raises(ValueError, match=r"-1.* row 0.*targets\.y\.transform"):
        logged.set_params(target_transform="log").fit(X, np.r_[-1.0, y[1:]])
