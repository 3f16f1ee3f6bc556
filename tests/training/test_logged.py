"""A target whose logarithm is trained: what models answer is in its own unit, its mean not its
median.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from study.data.encoding import Encoded
from study.families.saved import predict_raw
from study.records.trial import WinnerRecord
from study.schema import Kind
from study.training.columns import head_of
from study.training.regression import fit
from study.training.regression_winner import run_regression_winner
from study.training.task import TrialTask
from study.training.trees import score_trees
from study.training.trial import run_trial
from study.training.winner import run_winner
from tests.families.problems import Case, task_for

from .tables import formula_of, saved_encoded

LOG = {"targets": {"y": {"transform": "log"}}, "inner": {"folds": 2}}
SPREAD = 0.5
"""Standard deviation of the noise in the logarithm, so that the mean is exp(1/8) times the median."""


def prices(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, rows))
    return pd.DataFrame(
        {"x": x, "z": z, "y": np.exp(7 + x - 0.5 * z + SPREAD * rng.normal(size=rows))}
    )


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return saved_encoded(tmp_path_factory.mktemp("logged"), prices(), **LOG)[0]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return saved_encoded(tmp_path_factory.mktemp("raw"), prices())[0]


@lru_cache
def won(encoded: Encoded, family: str) -> WinnerRecord:
    return run_winner(task_of(family).as_winner(0.5), encoded)[0]


def task_of(family: str) -> TrialTask:
    more: dict[str, Any] = {} if family == "neural" else {"l2": 0.0}
    return task_for(Case(family, Kind.CONTINUOUS, int(family == "neural")), epochs=10, **more)


def test_logarithms_are_trained_and_values_are_tested(encoded: Encoded) -> None:
    y = prices()["y"].to_numpy()

    np.testing.assert_allclose(encoded.y, np.log(y[encoded.rows]))
    np.testing.assert_array_equal(encoded.observed, y[encoded.rows])
    np.testing.assert_array_equal(encoded.tested["observed"], y[encoded.rows[encoded.test]])


def test_a_regression_answers_with_least_squares_of_the_logarithm_times_duans_factor(
    encoded: Encoded,
) -> None:
    rows, test = encoded.development, encoded.test
    fitted = sm.OLS(encoded.y[rows], sm.add_constant(encoded.raw(rows))).fit()
    factor = np.exp(fitted.resid).mean()

    own, _ = fit(task_of("linear"), encoded, -1, rows)
    model = run_regression_winner(task_of("linear").as_winner(0.5), encoded)

    expected = np.exp(fitted.predict(sm.add_constant(encoded.raw(test)))) * factor
    assert own.smear == pytest.approx(np.log(factor), abs=1e-6)
    assert factor == pytest.approx(np.exp(SPREAD**2 / 2), rel=0.1)
    np.testing.assert_allclose(predict_raw(model.model, encoded.raw(test)), expected, rtol=1e-5)
    np.testing.assert_allclose([row.estimate for row in model.coefficients], fitted.params, 1e-5)


def test_it_predicts_the_mean_and_beats_a_regression_of_the_values(
    encoded: Encoded, raw: Encoded
) -> None:
    logged, plain = (won(own, "linear").test_losses["refit"] for own in (encoded, raw))
    found = next(each for each in won(encoded, "linear").candidates if each.name == "refit")
    observed, predicted = encoded.observed[encoded.test], np.array(found.predicted)
    x, z = encoded.raw(encoded.test).T
    truth = np.exp(7 + x - 0.5 * z + SPREAD**2 / 2)

    assert logged < 0.9 * plain
    assert predicted.mean() == pytest.approx(truth.mean(), rel=0.1)
    np.testing.assert_allclose(found.loss, (predicted - observed) ** 2)


def test_the_baseline_predicts_the_mean_in_the_targets_unit(encoded: Encoded) -> None:
    found = next(each for each in won(encoded, "baseline").candidates if each.name == "refit")

    np.testing.assert_allclose(
        found.predicted, encoded.observed[encoded.development].mean(), rtol=1e-9
    )


def test_networks_are_right_on_average_on_their_development_rows(encoded: Encoded) -> None:
    from study.families.saved import each_replicate, stacked_model
    from study.training.trial import architecture_of, make_problem, replicates_of, train
    from study.training.winner import _smeared

    task = task_of("neural")
    folds, seeds = replicates_of(task, len(encoded.train))
    problem, shape = make_problem(task, encoded, folds), architecture_of(task, encoded, len(folds))
    weights = train(task, shape, problem, seeds).weights
    rows = encoded.development

    answers, medians = (
        each_replicate(model)(encoded.raw(rows))[..., 0]
        for model in (
            _smeared(weights, shape, problem, encoded),
            stacked_model(weights, shape, problem),
        )
    )

    np.testing.assert_allclose((encoded.observed[rows] / answers).mean(axis=1), 1.0, rtol=1e-6)
    assert (answers > 1.02 * medians).all()


def test_validation_losses_are_those_of_the_logarithm(encoded: Encoded) -> None:
    losses = [
        run_trial(task_of(family), encoded)[0].val_loss or 0 for family in ("linear", "neural")
    ]

    assert SPREAD**2 / 2 < losses[0] < 2 * SPREAD**2
    assert SPREAD**2 / 2 < losses[1] < 1.5


def test_trees_predict_the_mean_and_are_above_zero(encoded: Encoded) -> None:
    (found,) = score_trees(encoded, "test", 0, 1)[0].candidates
    observed, predicted = encoded.observed[encoded.test], np.array(found.predicted)

    assert (predicted > 0).all()
    assert predicted.mean() == pytest.approx(observed.mean(), rel=0.2)
    np.testing.assert_allclose(found.loss, (predicted - observed) ** 2)


def test_what_a_column_is_worth_is_asked_in_the_targets_unit(encoded: Encoded) -> None:
    probed = won(encoded, "linear").probed
    mean = encoded.observed[encoded.development].mean()

    assert probed is not None
    assert probed.constant > 0.1 * encoded.observed[encoded.test].var()
    (effect,) = (each for each in probed.effects if each.axis.column == "x")
    curve = np.array(effect.curves)[0, :, 0]
    assert (np.diff(curve) > 0).all()
    assert curve[0] < mean < curve[-1]


def test_a_formula_is_the_logarithm_of_what_its_model_predicts(tmp_path: Path) -> None:
    from study.diagnostics.formula import formula, value_of
    from study.families.saved import open_model

    frame = prices()
    encoded = saved_encoded(
        tmp_path, frame.assign(y=frame["y"] * np.exp(frame.x * frame.z)), **LOG
    )[0]
    record, content = formula_of(encoded)
    (tmp_path / "model.keras").write_bytes(content)

    cells = pd.DataFrame(encoded.raw(encoded.test), columns=[t.name for t in encoded.terms])
    eta = sum(row.weight * value_of(row, cells) for row in record.terms)

    predicted = predict_raw(open_model(tmp_path / "model.keras"), encoded.raw(encoded.test))
    np.testing.assert_allclose(np.exp(eta), predicted, rtol=1e-6)
    assert formula(record.terms, encoded, 0.01).startswith("log(y) ≈ ")


def test_without_a_transform_models_answer_as_they_did(raw: Encoded) -> None:
    own, _ = fit(task_of("linear"), raw, -1, raw.development)

    assert raw.measured is None
    assert (raw.observed is raw.y, own.smear, head_of(raw).activation) == (True, 0.0, "linear")
