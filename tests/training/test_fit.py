"""The mini-batch fit of networks: what its schedule does, which weights it keeps, when it ends, and
what it compiles.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.networks import linear_predictor
from study.data.matrix import Matrix
from study.families.stacked import Stack
from study.schema import Kind
from study.training.fit import CHUNK, fit
from study.training.problem import Fit, Problem
from tests.training.helpers import (
    N_ROWS,
    NETWORK,
    SCHEDULE,
    SEEDS,
    problem_of,
)


def squared_errors(found: Fit, problem: Problem, replicate: int) -> np.ndarray:
    rows = problem.validation[replicate]
    weights = [weight[replicate : replicate + 1] for weight in found.weights]
    eta = linear_predictor(weights, NETWORK, problem.matrix.values[rows][None])[0, :, 0]
    return np.asarray((eta - problem.y[rows]) ** 2)


def test_each_replicate_keeps_the_weights_of_its_best_epoch() -> None:
    problem = problem_of()

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    assert found.curve_val.shape[1] == 40
    np.testing.assert_array_equal(found.val_loss, found.curve_val.min(axis=1))
    np.testing.assert_array_equal(found.best_epoch, found.curve_val.argmin(axis=1) + 1)
    np.testing.assert_array_equal(found.train_loss, found.curve_train[[0, 1], found.best_epoch - 1])
    assert found.best_epoch.min() < 40  # so that the best are not simply the last
    for k in range(2):
        np.testing.assert_allclose(
            squared_errors(found, problem, k).mean(), found.val_loss[k], rtol=1e-4
        )


def test_the_log_loss_is_computed_on_probabilities_of_the_kept_weights() -> None:
    problem = problem_of(Kind.BINARY)

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    for k, rows in enumerate(problem.validation):
        eta = linear_predictor(
            [weight[k : k + 1] for weight in found.weights],
            NETWORK,
            problem.matrix.values[rows][None],
        )[0, :, 0]
        p = 1 / (1 + np.exp(-eta))
        expected = -np.where(problem.y[rows] == 1, np.log(p), np.log(1 - p)).mean()
        np.testing.assert_allclose(found.val_loss[k], expected, rtol=1e-4)


def stopped_at(curve: np.ndarray, patience: int) -> int:
    """Best epoch (from 1) of a replicate that gives up after `patience` epochs without a better
    one.
    """
    best = 0
    for epoch in range(1, len(curve) + 1):
        if epoch - best > patience:
            break
        if epoch == 1 or curve[epoch - 1] < curve[best - 1]:
            best = epoch
    return best


def test_a_fit_ends_when_the_last_replicate_runs_out_of_patience() -> None:
    long = replace(SCHEDULE, epochs=200, patience=200, least_fall=0.0)
    full = fit(problem_of(), NETWORK, long, SEEDS)
    best = [stopped_at(curve, 15) for curve in full.curve_val]
    end = max(best) + 15

    found = fit(problem_of(), NETWORK, replace(long, patience=15), SEEDS)

    assert end < 200
    assert found.curve_val.shape[1] == end
    assert found.best_epoch.tolist() == best
    assert found.converged
    assert not full.converged
    np.testing.assert_array_equal(found.curve_val, full.curve_val[:, :end])
    np.testing.assert_array_equal(
        found.val_loss,
        [curve[epoch - 1] for curve, epoch in zip(full.curve_val, best, strict=True)],
    )


def levelled_at(means: np.ndarray, patience: int, least_fall: float) -> int:
    """Epoch (from 1) after which `patience` epochs have passed since a mean loss last fell by so
    large a share.
    """
    since, level = 0, np.inf
    for epoch, mean in enumerate(means, 1):
        since, level = (0, mean) if mean < (1 - least_fall) * level else (since + 1, level)
        if since == patience:
            return epoch
    return len(means)


def test_a_fit_ends_when_the_mean_of_the_best_losses_has_levelled_though_they_still_fall() -> None:
    long = replace(SCHEDULE, learning_rate=1e-3, epochs=200, patience=200, least_fall=0.01)
    full = fit(problem_of(), NETWORK, long, SEEDS)
    best = np.minimum.accumulate(full.curve_val, axis=1)
    end = levelled_at(best.mean(axis=0), 15, 0.01)

    found = fit(problem_of(), NETWORK, replace(long, patience=15), SEEDS)

    assert 20 < end < 180
    assert best[:, end + 10].mean() < best[:, end - 1].mean()
    assert found.curve_val.shape[1] == end
    assert found.converged
    np.testing.assert_array_equal(found.curve_val, full.curve_val[:, :end])
    np.testing.assert_array_equal(found.val_loss, best[:, end - 1])


def test_a_fit_above_a_bar_is_given_up_at_its_rung_and_another_is_as_without_bars() -> None:
    full = fit(problem_of(), NETWORK, SCHEDULE, SEEDS)
    best = np.minimum.accumulate(full.curve_val, axis=1).mean(axis=0)
    rungs = SCHEDULE.rungs

    held = fit(
        problem_of(),
        NETWORK,
        replace(SCHEDULE, prune_above=tuple(best[rung - 1] + 1e-5 for rung in rungs)),
        SEEDS,
    )
    given_up = fit(
        problem_of(),
        NETWORK,
        replace(SCHEDULE, prune_above=(best[4] + 1e-5, best[7] - 1e-5, 0.0)),
        SEEDS,
    )

    assert rungs == (5, 8, 16)
    np.testing.assert_allclose(full.rungs, best[[4, 7, 15]], rtol=1e-6)
    assert (held.pruned, held.rungs, held.curve_val.shape[1]) == (
        False,
        full.rungs,
        full.curve_val.shape[1],
    )
    np.testing.assert_array_equal(held.curve_val, full.curve_val)
    assert (given_up.pruned, given_up.rungs, given_up.curve_val.shape[1]) == (
        True,
        full.rungs[:2],
        8,
    )
    np.testing.assert_array_equal(given_up.curve_val, full.curve_val[:, :8])


def test_the_bars_of_a_fit_are_in_the_unit_of_the_target() -> None:
    problem = problem_of()
    full = fit(problem, NETWORK, SCHEDULE, SEEDS)
    scaled = replace(problem, y=3 * problem.y, y_scale=3 * problem.y_scale)

    found = fit(scaled, NETWORK, replace(SCHEDULE, prune_above=(8.9 * full.rungs[0],)), SEEDS)

    assert found.pruned
    assert found.rungs == pytest.approx([9 * full.rungs[0]], rel=1e-4)


def test_the_last_epochs_of_a_fit_are_run_though_they_fill_no_chunk() -> None:
    found = fit(problem_of(), NETWORK, replace(SCHEDULE, epochs=2 * CHUNK + 3, patience=100), SEEDS)

    assert found.curve_val.shape == found.curve_train.shape == (2, 2 * CHUNK + 3)
    assert (found.curve_val > 0).all()


def test_the_first_epoch_scores_the_regression_that_a_fit_starts_as() -> None:
    problem = problem_of()
    kernel = np.array([[[0.3], [-0.2], [0.1]]] * 2, np.float32)
    bias = np.array([[[0.5]], [[-0.5]]], np.float32)

    found = fit(replace(problem, regressions=[kernel, bias]), NETWORK, SCHEDULE, SEEDS)

    for k, rows in enumerate(problem.validation):
        eta = problem.matrix.values[rows] @ kernel[k, :, 0] + bias[k, 0, 0]
        expected = np.square(eta - problem.y[rows]).mean()
        np.testing.assert_allclose(found.curve_val[k, 0], expected, rtol=1e-5)


def test_a_regression_that_no_epoch_betters_is_kept() -> None:
    problem = problem_of(noise=0.0)
    truth = replace(problem, y=problem.matrix.values[:, 0].astype(float))
    kernel = np.array([[[1.0], [0.0], [0.0]]] * 2, np.float32)
    regressions = [kernel, np.zeros((2, 1, 1), np.float32)]

    found = fit(replace(truth, regressions=regressions), NETWORK, SCHEDULE, SEEDS)

    assert found.best_epoch.tolist() == [1, 1]
    np.testing.assert_array_equal(found.weights[0], kernel)
    np.testing.assert_array_equal(found.weights[-2], 0)


def test_the_learning_rate_is_0_first_rises_over_a_twentieth_and_falls_along_a_cosine() -> None:
    rates = replace(SCHEDULE, learning_rate=0.5, epochs=100).learning_rates()

    cosine = [0.25 * (1 + np.cos(np.pi * epoch / 100)) for epoch in range(100)]
    np.testing.assert_allclose(
        rates[:5], [cosine[epoch] * epoch / 5 for epoch in range(5)], rtol=1e-6
    )
    np.testing.assert_allclose(rates[5:93], cosine[5:93], rtol=1e-6)
    np.testing.assert_allclose(rates[-5:], 0.005, rtol=1e-6)


@pytest.mark.parametrize("kernel", [0.0, 2.0])
def test_a_kernel_without_a_gradient_decays_by_the_rate_of_each_step_and_the_path_not_at_all(
    kernel: float,
) -> None:
    # On features that are all zero, the first kernels have no gradient and show the decay and the
    # schedule alone.
    problem = replace(
        problem_of(), matrix=Matrix(np.zeros((2 * N_ROWS, 3), np.float32), np.zeros(3))
    )
    schedule = replace(SCHEDULE, learning_rate=0.1, weight_decay=0.3, epochs=25)
    regressions = [np.full((2, 3, 1), kernel, np.float32), problem.regressions[1]]
    stack = Stack(NETWORK)
    stack.reset(SEEDS, regressions)

    found = fit(replace(problem, regressions=regressions), NETWORK, schedule, SEEDS)

    rates = schedule.learning_rates().astype(float)
    shrunk = [np.prod((1 - 0.3 * rates[:best]) ** (80 // 16)) for best in found.best_epoch]
    expected = stack.weights[0].numpy() * np.reshape(shrunk, (2, 1, 1))
    np.testing.assert_allclose(found.weights[2], expected, rtol=1e-4)
    np.testing.assert_array_equal(found.weights[0], kernel)


def test_biases_do_not_decay() -> None:
    problem = replace(
        problem_of(),
        y=np.full(2 * N_ROWS, 3.0),
        matrix=Matrix(np.zeros((2 * N_ROWS, 3), np.float32), np.zeros(3)),
    )

    found = fit(problem, NETWORK, replace(SCHEDULE, learning_rate=0.1, weight_decay=0.3), SEEDS)

    np.testing.assert_allclose(found.weights[1] + found.weights[-1], 3, rtol=0.01)
