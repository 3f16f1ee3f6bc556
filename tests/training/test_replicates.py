"""Stacked replicates of a network: what one owes the others, and the batches, padding and dropout
of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from harness.networks import linear_predictor
from study.families.stacked import Stack, StackedDropout
from study.training import fit as fit_module
from study.training.batches import batches
from study.training.fit import CHUNK, fit
from study.training.problem import padded
from study.training.task import TrainingFailed
from tests.training.helpers import (
    N_ROWS,
    NETWORK,
    SCHEDULE,
    SEEDS,
    assert_same_bits,
    network_of,
    problem_of,
)


class InOrder:
    """A generator that leaves rows in their order."""

    def permutation(self, rows: np.ndarray) -> np.ndarray:
        return rows


def compiled(layer: Any) -> Callable[[np.ndarray], np.ndarray]:
    """`layer` while training, as it always runs then: its generator of random numbers exists only
    inside XLA.
    """
    program = tf.function(lambda v: layer(v, training=True), jit_compile=True)
    return lambda x: np.asarray(program(x))


@pytest.mark.parametrize(("where", "bad"), [("x", np.inf), ("y", np.inf), ("y", np.nan)])
def test_a_row_that_is_not_finite_in_one_replicate_alone_ends_the_trial(
    where: str, bad: float
) -> None:
    problem = problem_of()
    spoiled = problem.matrix.values[:, 0] if where == "x" else problem.y
    spoiled[problem.validation[1][0]] = bad

    with pytest.raises(TrainingFailed, match=r"epoch 1;.*0\.02"):
        fit(problem, NETWORK, SCHEDULE, SEEDS)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_the_rows_of_one_replicate_do_not_touch_another(rate: float) -> None:
    # Order of rows and dropout are drawn for the whole stack, from all its seeds; the data of one
    # never reach another.
    network, schedule = network_of(dropout=rate), replace(SCHEDULE, dropout=rate)
    problem, other = problem_of(), problem_of()
    other.y[N_ROWS:] *= -1
    other.matrix.values[N_ROWS:, 2] += 1

    found, changed = (fit(p, network, schedule, SEEDS) for p in (problem, other))

    np.testing.assert_array_equal(found.curve_val[0], changed.curve_val[0])
    np.testing.assert_array_equal(found.curve_train[0], changed.curve_train[0])
    assert_same_bits(found.weights, changed.weights, replicate=0)
    assert (found.curve_val[1] != changed.curve_val[1]).all()


def test_replicates_on_the_same_rows_differ_by_their_seeds() -> None:
    problem = problem_of()
    problem = replace(
        problem, train=(problem.train[0],) * 2, validation=(problem.validation[0],) * 2
    )

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    assert (found.curve_val[0, 1:] != found.curve_val[1, 1:]).all()


@pytest.mark.parametrize(("n_rows", "own"), [(80, 16), (83, 16), (79, 15), (20, 4), (5, 1), (3, 1)])
def test_a_replicate_with_fewer_rows_goes_over_them_in_as_many_smaller_batches(
    n_rows: int, own: int
) -> None:
    found = batches(np.arange(n_rows), steps=5, batch=16)

    assert found.shape == (5, 16)
    assert [len(np.unique(step)) for step in found] == [own] * 5
    assert len(np.unique(found)) == min(n_rows, 5 * own)
    for step in found:
        counts = np.unique(step, return_counts=True)[1]
        assert counts.max() - counts.min() <= 1


def test_half_the_rows_train_as_with_batches_of_half_the_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, schedule = problem_of(), replace(SCHEDULE, epochs=8)
    part = problem.train[1][:40]
    unshuffled = np.random.default_rng
    monkeypatch.setattr(
        fit_module.np.random,
        "default_rng",
        lambda seed: unshuffled(seed) if np.isscalar(seed) else InOrder(),
    )

    mixed = fit(replace(problem, train=(problem.train[0], part)), NETWORK, schedule, SEEDS)
    halved = replace(problem, train=(problem.train[0][:40], part), epoch_rows=40)
    alone = fit(halved, NETWORK, replace(schedule, batch_size=8), SEEDS)

    for one, other in zip(mixed.weights, alone.weights, strict=True):
        np.testing.assert_allclose(
            one[1], other[1], rtol=1e-3, atol=2e-3
        )  # two programs, and Adam enlarges what is rounded


def test_every_epoch_goes_once_over_the_training_rows_in_a_fresh_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = problem_of()
    problem = replace(
        problem, train=(problem.train[0][:75], problem.train[1])
    )  # five steps of 15 and of 16 rows
    seen: list[np.ndarray] = []
    program_of = fit_module.compiled

    class Watched:
        """A program that is compiled already, and notes which rows it is given."""

        def __init__(self, *key: Any) -> None:
            self.program = program_of(*key)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.program, name)

        def epochs(self, data: Any, span: Any, order: Any, *rest: Any) -> Any:
            seen.append(order.numpy().transpose(0, 2, 1, 3).reshape(CHUNK, 2, -1)[: int(span[0])])
            return self.program.epochs(data, span, order, *rest)

    monkeypatch.setattr(fit_module, "compiled", Watched)
    fit(problem, NETWORK, replace(SCHEDULE, epochs=2 * CHUNK), SEEDS)

    order = np.concatenate(seen)
    assert order.shape == (2 * CHUNK, 2, 80)
    for k, rows in enumerate(problem.train):
        assert all(set(epoch) == set(rows.tolist()) for epoch in order[:, k])
        assert all((one != other).any() for one, other in pairwise(order[:, k]))


def test_rows_of_unequal_length_are_padded_and_masked() -> None:
    index, mask = padded((np.arange(5, 45), np.array([7, 9])), 64)

    assert index.shape == mask.shape == (2, 64)
    np.testing.assert_array_equal(index[0, :40], np.arange(5, 45))
    np.testing.assert_array_equal(index[1, :2], [7, 9])
    np.testing.assert_array_equal(mask.sum(axis=1), [40, 2])
    assert mask[0, :40].all()
    assert mask[1, :2].all()


def test_the_padding_of_a_shorter_validation_fold_does_not_change_its_loss() -> None:
    problem = problem_of()
    equal = replace(problem, validation=(problem.validation[0][:21], problem.validation[1]))

    unequal_folds, equal_folds = (fit(p, NETWORK, SCHEDULE, SEEDS) for p in (problem, equal))

    np.testing.assert_allclose(unequal_folds.curve_val[1], equal_folds.curve_val[1], rtol=1e-2)
    assert (unequal_folds.curve_val[0] != equal_folds.curve_val[0]).all()


def test_dropout_follows_its_seed_drops_its_share_of_units_while_training_and_none_while_predicting() -> (
    None
):
    layer = StackedDropout()
    x = np.ones((2, 500, 20), np.float32)
    layer.build(x.shape)
    layer.rate.assign(0.3)
    training = compiled(layer)

    def seeded(seed: int) -> np.ndarray:
        layer.seed.assign([0, seed])
        return training(x)

    predicting, once, again, same, other = (
        layer(x).numpy(),
        seeded(1),
        training(x),
        seeded(1),
        seeded(2),
    )

    np.testing.assert_array_equal(predicting, x)
    np.testing.assert_array_equal(once, same)
    assert (once == 0).mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(once[once != 0], 1 / 0.7, rtol=1e-6)
    for one, two in ((once, again), (once, other), (once[0], once[1])):
        assert ((one == 0) != (two == 0)).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.02)


def test_a_network_drops_units_in_training_and_predicts_with_all() -> None:
    network = network_of(depth=2, dropout=0.5)
    stack = Stack(network)
    stack.reset(SEEDS, problem_of().regressions)
    stack.weights[-2].assign(np.random.default_rng(0).normal(size=(2, 8, 1)))
    weights = stack.whole([variable.numpy() for variable in stack.weights])
    for layer in stack.dropouts:
        layer.rate.assign(0.5)
    x = np.stack([problem_of().matrix.values[:40]] * 2)

    trained, predicted = compiled(stack.model)(x), stack.model(x, training=False).numpy()

    np.testing.assert_allclose(
        predicted, linear_predictor(weights, network, x), rtol=1e-4, atol=1e-6
    )
    assert (trained != predicted).mean() > 0.5
