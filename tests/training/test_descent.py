"""The descent of the convex families ends at the optimum that statisticians' software finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from study.training.descent import descend

from study.families import HEADS
from study.schema import Kind
from study.training.problem import Fit, Problem
from tests.training.helpers import standardised, with_ones

DIABETES = standardised(load_diabetes().data)
DIABETES_Y = standardised(load_diabetes().target)


def solved(
    x: np.ndarray,
    y: np.ndarray,
    kind: Kind,
    l2: float = 0.0,
    n_outputs: int = 1,
    *,
    iterations: int = 2_000,
    inputs: bool = True,
    train: tuple[np.ndarray, ...] | None = None,
) -> Fit:
    """Every row trains and validates, in one replicate unless `train` says otherwise."""
    rows = (np.arange(len(x)),) if train is None else train
    problem = Problem.of(x.astype(np.float32), y, rows, rows, HEADS[kind], n_outputs)
    return descend(problem, l2, iterations, inputs)


def assert_weights(fit: Fit, kernel: np.ndarray, bias: Any, share: float = 0.002, replicate: int = 0) -> None:
    """Equal to within `share` of the largest weight."""
    kernel = np.asarray(kernel).reshape(fit.weights[0].shape[1:])
    scale = np.abs(kernel).max()
    np.testing.assert_allclose(fit.weights[0][replicate], kernel, rtol=0, atol=share * scale)
    np.testing.assert_allclose(fit.weights[1][replicate, 0], np.atleast_1d(bias), rtol=0, atol=share * scale)


def binary_targets(x: np.ndarray) -> np.ndarray:
    odds = np.exp(0.5 + x[:, 0] - 2 * x[:, 2])
    return (np.random.default_rng(0).random(len(x)) < odds / (1 + odds)).astype(float)


def counts(x: np.ndarray, intercept: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).poisson(np.exp(intercept + 0.4 * x[:, 2] - 0.3 * x[:, 8])).astype(float)


def test_linear_is_least_squares_even_where_columns_are_nearly_collinear() -> None:
    bias, *kernel = np.linalg.lstsq(with_ones(DIABETES), DIABETES_Y, rcond=None)[0]

    fit = solved(DIABETES, DIABETES_Y, Kind.CONTINUOUS)

    assert fit.converged.all()
    assert_weights(fit, kernel, bias)


@pytest.mark.parametrize("l2", [0.05, 5.0, 500.0, 5_000.0])
def test_linear_with_a_penalty_is_ridge_with_that_penalty(l2: float) -> None:
    ridge = Ridge(alpha=l2).fit(DIABETES, DIABETES_Y)

    fit = solved(DIABETES, DIABETES_Y, Kind.CONTINUOUS, l2)

    assert fit.converged.all()
    assert_weights(fit, ridge.coef_, ridge.intercept_)


def test_logistic_is_maximum_likelihood() -> None:
    y = binary_targets(DIABETES)
    bias, *kernel = sm.Logit(y, with_ones(DIABETES)).fit(disp=0).params

    fit = solved(DIABETES, y, Kind.BINARY)

    assert fit.converged.all()
    assert_weights(fit, kernel, bias)


@pytest.mark.parametrize("l2", [0.5, 50.0])
def test_logistic_with_a_penalty_is_that_of_scikit_learn(l2: float) -> None:
    y = binary_targets(DIABETES)
    expected = LogisticRegression(C=1 / (2 * l2), tol=1e-10, max_iter=10_000).fit(DIABETES, y)

    fit = solved(DIABETES, y, Kind.BINARY, l2)

    assert fit.converged.all()
    assert_weights(fit, expected.coef_, expected.intercept_)


def test_multinomial_with_a_penalty_is_that_of_scikit_learn_up_to_a_common_shift_of_the_intercepts() -> None:
    x, y = standardised(load_iris().data), load_iris().target
    expected = LogisticRegression(C=1 / (2 * 1.5), tol=1e-10, max_iter=10_000).fit(x, y)

    fit = solved(x, y, Kind.MULTICLASS, 1.5, n_outputs=3)

    shift = fit.weights[1].mean() - expected.intercept_.mean()
    assert fit.converged.all()
    assert_weights(fit, expected.coef_.T, expected.intercept_ + shift)


def test_multinomial_is_maximum_likelihood_relative_to_a_first_class() -> None:
    x = DIABETES[:, :3]
    y = np.digitize(DIABETES_Y + np.random.default_rng(0).normal(size=len(x)), [-0.5, 0.7])
    expected = np.asarray(sm.MNLogit(y, with_ones(x)).fit(disp=0, method="newton", tol=1e-12).params)

    fit = solved(x, y, Kind.MULTICLASS, n_outputs=3)

    kernel, bias = fit.weights[0][0], fit.weights[1][0, 0]
    assert fit.converged.all()
    np.testing.assert_allclose(kernel[:, 1:] - kernel[:, :1], expected[1:], atol=0.002 * np.abs(expected).max())
    np.testing.assert_allclose(bias[1:] - bias[0], expected[0], atol=0.002 * np.abs(expected).max())


@pytest.mark.parametrize("intercept", [-2.0, 1.0, 4.0])
def test_poisson_is_maximum_likelihood_for_rare_and_for_large_counts(intercept: float) -> None:
    y = counts(DIABETES, intercept)
    bias, *kernel = sm.GLM(y, with_ones(DIABETES), family=sm.families.Poisson()).fit(tol=1e-12).params

    fit = solved(DIABETES, y, Kind.COUNT)

    assert fit.converged.all()
    assert_weights(fit, kernel, bias)


def test_poisson_with_a_penalty_is_that_of_scikit_learn() -> None:
    y = counts(DIABETES)
    expected = PoissonRegressor(alpha=2 * 50.0 / len(y), tol=1e-10, max_iter=10_000).fit(DIABETES, y)

    fit = solved(DIABETES, y, Kind.COUNT, 50.0)

    assert fit.converged.all()
    assert_weights(fit, expected.coef_, expected.intercept_)


def test_separable_classes_without_a_penalty_end_unconverged_and_finite() -> None:
    x = np.linspace(-1.5, 1.5, 60)[:, None]
    y = (x[:, 0] > 0).astype(float)

    free, bound = (solved(x, y, Kind.BINARY, l2, iterations=300) for l2 in (0.0, 0.5))

    assert not free.converged.any()
    assert bound.converged.all()
    assert free.n_epochs.tolist() == [300]
    assert np.isfinite(free.weights[0]).all()
    assert 0 < free.train_loss[0] < bound.train_loss[0]


@pytest.mark.parametrize(
    ("kind", "y", "link"),
    [
        (Kind.CONTINUOUS, [0.0, 1.0, 5.0, 4.0], [2.5]),
        (Kind.BINARY, [0.0, 1.0, 1.0, 1.0], [np.log(3)]),
        (Kind.MULTICLASS, [0.0, 1.0, 2.0, 2.0], np.log([0.25, 0.25, 0.5])),
        (Kind.COUNT, [0.0, 1.0, 5.0, 4.0], [np.log(2.5)]),
    ],
)
def test_without_inputs_the_optimum_is_the_link_of_the_mean(kind: Kind, y: list[float], link: Any) -> None:
    x, targets = np.arange(40.0).reshape(20, 2), np.tile(y, 5)

    fit = solved(x, targets, kind, n_outputs=len(link), inputs=False)

    assert fit.converged.all()
    np.testing.assert_array_equal(fit.weights[0], np.zeros((1, 2, len(link))))
    np.testing.assert_allclose(fit.weights[1][0, 0], link, rtol=1e-6)


def test_of_a_rank_deficient_design_the_minimum_norm_solution_is_taken() -> None:
    x = np.column_stack(
        [DIABETES[:, 2], DIABETES[:, 8], DIABETES[:, 2], DIABETES[:, 2] - DIABETES[:, 8], np.zeros(len(DIABETES))]
    )
    kernel = np.linalg.pinv(x, rcond=1e-6) @ DIABETES_Y

    fit = solved(x, DIABETES_Y, Kind.CONTINUOUS)

    assert fit.converged.all()
    assert_weights(fit, kernel, 0.0)


def test_a_replicate_reaches_its_own_optimum_whoever_stands_beside_it() -> None:
    # A replicate goes on as long as any of the stack, so its last digits may differ; its optimum may not.
    y = binary_targets(DIABETES)
    first, second = np.arange(300), np.arange(100, 442)

    pair = solved(DIABETES, y, Kind.BINARY, 0.001, train=(first, second))
    alone = solved(DIABETES, y, Kind.BINARY, 0.001, train=(second,))

    assert_weights(pair, alone.weights[0][0], alone.weights[1][0, 0], share=1e-4, replicate=1)
    np.testing.assert_allclose(pair.val_loss[1], alone.val_loss[0], rtol=1e-6)


def test_losses_are_those_of_the_final_weights_without_the_penalty() -> None:
    train, validation = np.arange(300), np.arange(300, 442)
    x, y = DIABETES.astype(np.float32), DIABETES_Y.astype(np.float32)
    problem = Problem.of(x, y, (train,), (validation,), HEADS[Kind.CONTINUOUS])

    fit = descend(problem, 0.5, 2_000)

    residual = y - x.astype(float) @ fit.weights[0][0, :, 0] - fit.weights[1][0, 0, 0]
    np.testing.assert_allclose(fit.train_loss, [(residual[train] ** 2).mean()], rtol=1e-5)
    np.testing.assert_allclose(fit.val_loss, [(residual[validation] ** 2).mean()], rtol=1e-5)
    np.testing.assert_allclose(fit.curve_val[0, -1], fit.val_loss[0], rtol=1e-4)
