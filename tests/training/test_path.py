"""The path of a regression ends at the optimum that statisticians' software finds, whichever way it
has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from study.families import HEADS
from study.schema import Kind
from study.training.path import Directions, walk
from tests.training.helpers import standardised, with_ones

DIABETES = standardised(load_diabetes().data)
DIABETES_Y = standardised(load_diabetes().target)


@dataclass(frozen=True)
class Solved:
    kernel: np.ndarray
    bias: np.ndarray
    converged: bool


def solved(
    x: np.ndarray,
    y: np.ndarray,
    kind: Kind,
    *penalties: float,
    n_outputs: int = 1,
    iterations: int = 2_000,
    block: int | None = None,
) -> Solved:
    """The last point of a path of penalties, 0 alone where none is given; of rows in blocks of that
    length, if any.
    """
    directions = Directions.of(x)
    if block is not None:
        parts = [slice(start, min(start + block, len(x))) for start in range(0, len(x), block)]
        directions = Directions.read(lambda: ((part, x[part]) for part in parts), x.shape[1])
    *_, point = walk(
        directions, y.astype(float), HEADS[kind], n_outputs, penalties or (0.0,), iterations, 1e-7
    )
    return Solved(directions.back @ point.weights, point.bias, point.converged)


def assert_weights(fit: Solved, kernel: np.ndarray, bias: Any, share: float = 2e-5) -> None:
    """Equal to within `share` of the largest weight."""
    kernel = np.asarray(kernel).reshape(fit.kernel.shape)
    scale = np.abs(kernel).max()
    np.testing.assert_allclose(fit.kernel, kernel, rtol=0, atol=share * scale)
    np.testing.assert_allclose(fit.bias, np.atleast_1d(bias), rtol=0, atol=share * scale)


def binary_targets(x: np.ndarray) -> np.ndarray:
    odds = np.exp(0.5 + x[:, 0] - 2 * x[:, 2])
    return (np.random.default_rng(0).random(len(x)) < odds / (1 + odds)).astype(float)


def counts(x: np.ndarray, intercept: float = 1.0) -> np.ndarray:
    return (
        np.random.default_rng(0)
        .poisson(np.exp(intercept + 0.4 * x[:, 2] - 0.3 * x[:, 8]))
        .astype(float)
    )


def test_linear_is_least_squares_even_where_columns_are_nearly_collinear() -> None:
    bias, *kernel = np.linalg.lstsq(with_ones(DIABETES), DIABETES_Y, rcond=None)[0]

    fit = solved(DIABETES, DIABETES_Y, Kind.CONTINUOUS)

    assert fit.converged
    assert_weights(fit, kernel, bias)


@pytest.mark.parametrize("l2", [0.05, 5.0, 500.0, 5_000.0])
def test_linear_with_a_penalty_is_ridge_with_that_penalty(l2: float) -> None:
    ridge = Ridge(alpha=l2).fit(DIABETES, DIABETES_Y)

    fit = solved(DIABETES, DIABETES_Y, Kind.CONTINUOUS, l2)

    assert fit.converged
    assert_weights(fit, ridge.coef_, ridge.intercept_)


def test_logistic_is_maximum_likelihood() -> None:
    y = binary_targets(DIABETES)
    bias, *kernel = sm.Logit(y, with_ones(DIABETES)).fit(disp=0).params

    fit = solved(DIABETES, y, Kind.BINARY)

    assert fit.converged
    assert_weights(fit, kernel, bias)


@pytest.mark.parametrize("l2", [0.5, 50.0])
def test_logistic_with_a_penalty_is_that_of_scikit_learn(l2: float) -> None:
    y = binary_targets(DIABETES)
    expected = LogisticRegression(C=1 / (2 * l2), tol=1e-10, max_iter=10_000).fit(DIABETES, y)

    fit = solved(DIABETES, y, Kind.BINARY, l2)

    assert fit.converged
    assert_weights(fit, expected.coef_, expected.intercept_)


def test_multinomial_with_a_penalty_is_that_of_scikit_learn_up_to_a_common_shift_of_the_intercepts() -> (
    None
):
    x, y = standardised(load_iris().data), load_iris().target
    expected = LogisticRegression(C=1 / (2 * 1.5), tol=1e-10, max_iter=10_000).fit(x, y)

    fit = solved(x, y, Kind.MULTICLASS, 1.5, n_outputs=3)

    shift = fit.bias.mean() - expected.intercept_.mean()
    assert fit.converged
    assert_weights(fit, expected.coef_.T, expected.intercept_ + shift)


def test_multinomial_is_maximum_likelihood_relative_to_a_first_class() -> None:
    x = DIABETES[:, :3]
    y = np.digitize(DIABETES_Y + np.random.default_rng(0).normal(size=len(x)), [-0.5, 0.7])
    expected = np.asarray(
        sm.MNLogit(y, with_ones(x)).fit(disp=0, method="newton", tol=1e-12).params
    )

    fit = solved(x, y, Kind.MULTICLASS, n_outputs=3)

    kernel, bias = fit.kernel, fit.bias
    assert fit.converged
    np.testing.assert_allclose(
        kernel[:, 1:] - kernel[:, :1], expected[1:], atol=2e-5 * np.abs(expected).max()
    )
    np.testing.assert_allclose(bias[1:] - bias[0], expected[0], atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("intercept", [-2.0, 1.0, 4.0])
def test_poisson_is_maximum_likelihood_for_rare_and_for_large_counts(intercept: float) -> None:
    y = counts(DIABETES, intercept)
    bias, *kernel = (
        sm.GLM(y, with_ones(DIABETES), family=sm.families.Poisson()).fit(tol=1e-12).params
    )

    fit = solved(DIABETES, y, Kind.COUNT)

    assert fit.converged
    assert_weights(fit, kernel, bias)


def test_poisson_with_a_penalty_is_that_of_scikit_learn() -> None:
    y = counts(DIABETES)
    expected = PoissonRegressor(alpha=2 * 50.0 / len(y), tol=1e-10, max_iter=10_000).fit(
        DIABETES, y
    )

    fit = solved(DIABETES, y, Kind.COUNT, 50.0)

    assert fit.converged
    assert_weights(fit, expected.coef_, expected.intercept_)


@pytest.mark.parametrize("block", [None, 20])
@pytest.mark.parametrize("iterations", [30, 10_000])
def test_separable_classes_without_a_penalty_end_unconverged_and_finite(
    iterations: int, block: int | None
) -> None:
    x = np.linspace(-1.5, 1.5, 60)[:, None]
    y = (x[:, 0] > 0).astype(float)

    free, bound = (
        solved(x, y, Kind.BINARY, l2, iterations=iterations, block=block) for l2 in (0.0, 0.5)
    )

    assert not free.converged
    assert bound.converged
    assert np.isfinite(free.kernel).all()
    assert free.kernel[0, 0] > 3 * bound.kernel[0, 0]


def test_of_a_rank_deficient_design_the_minimum_norm_solution_is_taken() -> None:
    x = np.column_stack(
        [
            DIABETES[:, 2],
            DIABETES[:, 8],
            DIABETES[:, 2],
            DIABETES[:, 2] - DIABETES[:, 8],
            np.zeros(len(DIABETES)),
        ]
    )
    kernel = np.linalg.pinv(x, rcond=1e-6) @ DIABETES_Y

    fit = solved(x, DIABETES_Y, Kind.CONTINUOUS)

    assert fit.converged
    assert_weights(fit, kernel, 0.0)


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.BINARY, Kind.MULTICLASS, Kind.COUNT])
def test_the_optimum_does_not_depend_on_the_penalties_before_nor_on_blocks(kind: Kind) -> None:
    x, n_outputs = DIABETES, 3 if kind is Kind.MULTICLASS else 1
    y = {
        Kind.CONTINUOUS: DIABETES_Y,
        Kind.BINARY: binary_targets(x),
        Kind.MULTICLASS: np.digitize(DIABETES_Y, [-0.5, 0.7]).astype(float),
        Kind.COUNT: counts(x),
    }[kind]

    alone = solved(x, y, kind, 0.3, n_outputs=n_outputs)
    walked = solved(x, y, kind, *np.geomspace(1_000, 0.3, 20), n_outputs=n_outputs)
    in_blocks = solved(x, y, kind, 0.3, n_outputs=n_outputs, block=100)

    for other in (walked, in_blocks):
        assert_weights(other, alone.kernel, alone.bias, share=1e-5)


def test_more_columns_than_rows_give_ridge_too() -> None:
    x = np.random.default_rng(0).normal(size=(40, 90))
    x -= x.mean(axis=0)
    y = x[:, 0] + np.random.default_rng(1).normal(size=40)
    ridge = Ridge(alpha=3.0).fit(x, y)

    assert_weights(solved(x, y, Kind.CONTINUOUS, 3.0), ridge.coef_, ridge.intercept_)
