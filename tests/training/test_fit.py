"""The mini-batch fit of networks: what is kept, when it ends, what is compiled, and what a replicate owes the others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from study.families import HEADS, Architecture, get_family
from study.families.stacked import StackedDropout, build_stack, initial_weights, linear_predictor
from study.schema import Kind
from study.training import fit as fit_module
from study.training.fit import CHUNK, PROGRAMS, ProgramCache, Schedule, batches, fit
from study.training.problem import Fit, Problem, TrainingFailed, padded

SCHEDULE = Schedule(learning_rate=0.02, batch_size=16, weight_decay=0.01, dropout=0.0, epochs=40, patience=40)
NETWORK = Architecture(n_replicates=2, n_features=3, n_outputs=1, depth=1, width=8, activation="relu")
SEEDS = [11, 12]
N_ROWS = 120


def problem_of(kind: Kind = Kind.CONTINUOUS, noise: float = 0.5) -> Problem:
    """Two replicates, each on its own copy of 120 rows: 80 train; 40 validate the first and 21 the second."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N_ROWS, 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + noise * rng.normal(size=N_ROWS)).astype(np.float32)
    y = (y > 0).astype(np.float32) if kind is Kind.BINARY else y
    train, validation = np.arange(80), np.arange(80, 120)
    return Problem(
        x=np.concatenate([x, x]),
        y=np.concatenate([y, y]),
        train=(train, train + N_ROWS),
        validation=(validation, validation[:21] + N_ROWS),
        head=HEADS[kind],
        n_outputs=1,
    )


class InOrder:
    """A generator that leaves rows in their order."""

    def permutation(self, rows: np.ndarray) -> np.ndarray:
        return rows


def squared_errors(found: Fit, problem: Problem, replicate: int) -> np.ndarray:
    rows = problem.validation[replicate]
    weights = [weight[replicate : replicate + 1] for weight in found.weights]
    eta = linear_predictor(weights, "relu", problem.x[rows][None])[0, :, 0]
    return np.asarray((eta - problem.y[rows]) ** 2)


def assert_same_bits(one: list[np.ndarray], other: list[np.ndarray], replicate: int | None = None) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(*((a, b) if replicate is None else (a[replicate], b[replicate])))


def compiled(layer: Any, x: np.ndarray) -> np.ndarray:
    """`layer` while training, as it always runs then: its generator of random numbers exists only inside XLA."""
    return np.asarray(tf.function(lambda v: layer(v, training=True), jit_compile=True)(x))


def test_each_replicate_keeps_the_weights_of_its_best_epoch() -> None:
    problem = problem_of()

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    assert found.curve_epochs.tolist() == list(range(1, 41))
    np.testing.assert_array_equal(found.val_loss, found.curve_val.min(axis=1))
    np.testing.assert_array_equal(found.best_epoch, found.curve_val.argmin(axis=1) + 1)
    np.testing.assert_array_equal(found.train_loss, found.curve_train[[0, 1], found.best_epoch - 1])
    assert found.best_epoch.min() < 40  # so that the best are not simply the last
    for k in range(2):
        np.testing.assert_allclose(squared_errors(found, problem, k).mean(), found.val_loss[k], rtol=1e-5)


def test_the_log_loss_is_computed_on_probabilities_of_the_kept_weights() -> None:
    problem = problem_of(Kind.BINARY)

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    for k, rows in enumerate(problem.validation):
        eta = linear_predictor([weight[k : k + 1] for weight in found.weights], "relu", problem.x[rows][None])[0, :, 0]
        p = 1 / (1 + np.exp(-eta))
        expected = -np.where(problem.y[rows] == 1, np.log(p), np.log(1 - p)).mean()
        np.testing.assert_allclose(found.val_loss[k], expected, rtol=1e-5)


def stopped_at(curve: np.ndarray, patience: int) -> int:
    """Best epoch (from 1) of a replicate that gives up after `patience` epochs without a better one."""
    best = 0
    for epoch in range(1, len(curve) + 1):
        if epoch - best > patience:
            break
        if epoch == 1 or curve[epoch - 1] < curve[best - 1]:
            best = epoch
    return best


def test_a_fit_ends_at_the_chunk_in_which_the_last_replicate_runs_out_of_patience() -> None:
    long = replace(SCHEDULE, epochs=200, patience=200)
    full = fit(problem_of(), NETWORK, long, SEEDS)
    best = [stopped_at(curve, 15) for curve in full.curve_val]
    end = -(-max(epoch + 15 for epoch in best) // CHUNK) * CHUNK

    found = fit(problem_of(), NETWORK, replace(long, patience=15), SEEDS)

    assert end < 200
    assert found.n_epochs.tolist() == [end] * 2
    assert found.best_epoch.tolist() == best
    assert found.converged.all()
    assert not full.converged.any()
    np.testing.assert_array_equal(found.curve_val, full.curve_val[:, :end])
    np.testing.assert_array_equal(found.val_loss, [curve[epoch - 1] for curve, epoch in zip(full.curve_val, best, strict=True)])


def test_the_last_epochs_of_a_fit_are_run_though_they_fill_no_chunk() -> None:
    found = fit(problem_of(), NETWORK, replace(SCHEDULE, epochs=2 * CHUNK + 3, patience=100), SEEDS)

    assert found.n_epochs.tolist() == [2 * CHUNK + 3] * 2
    assert found.curve_val.shape == found.curve_train.shape == (2, 2 * CHUNK + 3)
    assert (found.curve_val > 0).all()


@pytest.mark.parametrize("stop", [1, CHUNK, CHUNK + 4])
def test_a_fit_with_a_stop_ends_at_that_epoch_of_the_same_schedule_and_keeps_the_last_weights(stop: int) -> None:
    problem = problem_of()
    full = fit(problem, NETWORK, SCHEDULE, SEEDS)

    found = fit(problem, NETWORK, replace(SCHEDULE, stop=stop), SEEDS)

    assert found.n_epochs.tolist() == found.best_epoch.tolist() == [stop, stop]
    np.testing.assert_array_equal(found.curve_train, full.curve_train[:, :stop])
    np.testing.assert_array_equal(found.train_loss, full.curve_train[:, stop - 1])
    assert np.isnan(found.val_loss).all()
    assert np.isnan(found.curve_val).all()
    for k in range(2):
        np.testing.assert_allclose(squared_errors(found, problem, k).mean(), full.curve_val[k, stop - 1], rtol=1e-5)


def test_a_stop_beyond_the_schedule_ends_with_the_schedule() -> None:
    found = fit(problem_of(), NETWORK, replace(SCHEDULE, epochs=CHUNK, stop=99), SEEDS)

    assert found.n_epochs.tolist() == [CHUNK, CHUNK]


def test_a_refit_needs_no_validation_rows() -> None:
    problem = problem_of()
    nothing = np.zeros(0, np.int64)

    found = fit(replace(problem, validation=(nothing, nothing)), NETWORK, replace(SCHEDULE, stop=12), SEEDS)

    beside_validation = fit(problem, NETWORK, replace(SCHEDULE, stop=12), SEEDS)
    assert_same_bits(found.weights, beside_validation.weights)
    assert np.isnan(found.val_loss).all()


def test_the_learning_rate_rises_over_a_twentieth_of_the_epochs_and_falls_along_a_cosine_to_a_hundredth() -> None:
    rates = replace(SCHEDULE, learning_rate=0.5, epochs=100).learning_rates()

    cosine = [0.25 * (1 + np.cos(np.pi * epoch / 100)) for epoch in range(100)]
    np.testing.assert_allclose(rates[:5], [cosine[epoch] * (epoch + 1) / 5 for epoch in range(5)], rtol=1e-6)
    np.testing.assert_allclose(rates[5:93], cosine[5:93], rtol=1e-6)
    np.testing.assert_allclose(rates[-5:], 0.005, rtol=1e-6)


def test_a_kernel_without_a_gradient_only_decays_by_the_rate_of_each_step() -> None:
    # On features that are all zero, the first kernel has no gradient and shows the decay and the schedule alone.
    problem = replace(problem_of(), x=np.zeros((2 * N_ROWS, 3), np.float32))
    schedule = replace(SCHEDULE, learning_rate=0.1, weight_decay=0.3, epochs=25, stop=25)
    start = initial_weights(NETWORK, SEEDS, problem.constants())

    found = fit(problem, NETWORK, schedule, SEEDS)

    steps = 80 // 16
    shrunk = np.prod([(1 - 0.3 * rate) ** steps for rate in schedule.learning_rates().astype(float)])
    assert shrunk < 0.8
    np.testing.assert_allclose(found.weights[0], start[0] * shrunk, rtol=1e-5)


def test_biases_do_not_decay() -> None:
    problem = replace(problem_of(), y=np.full(2 * N_ROWS, 3, np.float32), x=np.zeros((2 * N_ROWS, 3), np.float32))

    found = fit(problem, NETWORK, replace(SCHEDULE, learning_rate=0.1, weight_decay=0.3, stop=25), SEEDS)

    np.testing.assert_allclose(found.weights[-1], 3, rtol=1e-5)


def test_a_loss_that_is_not_finite_ends_the_trial_and_names_the_learning_rate() -> None:
    with pytest.raises(TrainingFailed) as caught:
        fit(problem_of(), NETWORK, replace(SCHEDULE, learning_rate=1e30), SEEDS)

    assert str(caught.value) == "the loss is not finite after epoch 1; a smaller learning rate than 1e+30 may help"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_in_one_replicate_alone_ends_the_trial(bad: float) -> None:
    problem = problem_of()
    problem.x[problem.validation[1][0], 0] = bad

    with pytest.raises(TrainingFailed) as caught:
        fit(problem, NETWORK, SCHEDULE, SEEDS)

    assert str(caught.value) == "the loss is not finite after epoch 1; a smaller learning rate than 0.02 may help"


def test_a_failed_trial_leaves_nothing_behind_in_the_program_it_shares() -> None:
    before = fit(problem_of(), NETWORK, SCHEDULE, SEEDS)

    with pytest.raises(TrainingFailed):
        fit(problem_of(), NETWORK, replace(SCHEDULE, learning_rate=1e30), SEEDS)
    after = fit(problem_of(), NETWORK, SCHEDULE, SEEDS)

    assert_same_bits(before.weights, after.weights)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_the_rows_of_one_replicate_do_not_touch_another(rate: float) -> None:
    # Order of rows and dropout are drawn for the whole stack, from all its seeds; the data of one never reach another.
    network, schedule = replace(NETWORK, dropout=rate > 0), replace(SCHEDULE, dropout=rate)
    problem, other = problem_of(), problem_of()
    other.y[N_ROWS:] *= -1
    other.x[N_ROWS:, 2] += 1

    found, changed = (fit(p, network, schedule, SEEDS) for p in (problem, other))

    np.testing.assert_array_equal(found.curve_val[0], changed.curve_val[0])
    np.testing.assert_array_equal(found.curve_train[0], changed.curve_train[0])
    assert_same_bits(found.weights, changed.weights, replicate=0)
    assert (found.curve_val[1] != changed.curve_val[1]).all()


def test_replicates_on_the_same_rows_differ_by_their_seeds() -> None:
    problem = problem_of()
    problem = replace(problem, train=(problem.train[0],) * 2, validation=(problem.validation[0],) * 2)

    found = fit(problem, NETWORK, SCHEDULE, SEEDS)

    assert (found.curve_val[0] != found.curve_val[1]).all()


def test_another_learning_rate_decay_dropout_rate_and_seed_reuse_the_program() -> None:
    network = replace(NETWORK, dropout=True)
    first = fit(problem_of(), network, replace(SCHEDULE, dropout=0.1), SEEDS)
    n_programs = len(PROGRAMS.programs)
    program = next(reversed(PROGRAMS.programs.values()))

    other = fit(problem_of(), network, replace(SCHEDULE, learning_rate=0.01, weight_decay=0.1, dropout=0.4), [5, 6])

    assert len(PROGRAMS.programs) == n_programs
    assert next(reversed(PROGRAMS.programs.values())) is program
    assert program.epochs.experimental_get_tracing_count() == 1
    assert (first.val_loss != other.val_loss).all()


@pytest.mark.parametrize(("name", "value"), [("learning_rate", 0.002), ("weight_decay", 3.0), ("dropout", 0.6)])
def test_each_number_of_the_schedule_reaches_the_compiled_program(name: str, value: float) -> None:
    network, schedule = replace(NETWORK, dropout=True), replace(SCHEDULE, dropout=0.1)

    found, changed = (fit(problem_of(), network, s, SEEDS) for s in (schedule, replace(schedule, **{name: value})))

    assert (found.val_loss != changed.val_loss).all()


def test_without_dropout_another_program_is_compiled_than_with_any_rate_of_it() -> None:
    params = {"width": 8, "activation": "relu"}
    networks = [get_family("neural").architecture(params | {"dropout": rate}, 1, (2, 3, 1)) for rate in (0.0, 0.1, 0.3)]
    cache = ProgramCache()

    programs = [cache.get(network, HEADS[Kind.CONTINUOUS], ()) for network in networks]

    assert programs[0] is not programs[1]
    assert programs[1] is programs[2]
    assert [len(program.dropouts) for program in programs] == [0, 1, 1]


def test_the_cache_forgets_the_program_that_was_used_longest_ago() -> None:
    cache, head = ProgramCache(size=2), HEADS[Kind.CONTINUOUS]
    first, second = (cache.get(NETWORK, head, (n,)) for n in (1, 2))

    assert cache.get(NETWORK, head, (1,)) is first
    cache.get(NETWORK, head, (3,))

    assert len(cache.programs) == 2
    assert cache.get(NETWORK, head, (1,)) is first
    assert cache.get(NETWORK, head, (2,)) is not second


@pytest.mark.parametrize(("n_rows", "own"), [(80, 16), (83, 16), (79, 15), (20, 4), (5, 1), (3, 1)])
def test_a_replicate_with_fewer_rows_goes_over_them_in_as_many_smaller_batches(n_rows: int, own: int) -> None:
    found = batches(np.arange(n_rows), steps=5, batch=16)

    assert found.shape == (5, 16)
    assert [len(np.unique(step)) for step in found] == [own] * 5
    assert len(np.unique(found)) == min(n_rows, 5 * own)
    for step in found:
        counts = np.unique(step, return_counts=True)[1]
        assert counts.max() - counts.min() <= 1


def test_half_the_rows_train_as_with_batches_of_half_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, schedule = problem_of(), replace(SCHEDULE, epochs=8)
    part = problem.train[1][:40]
    unshuffled = np.random.default_rng
    monkeypatch.setattr(fit_module.np.random, "default_rng", lambda seed: unshuffled(seed) if np.isscalar(seed) else InOrder())

    mixed = fit(replace(problem, train=(problem.train[0], part)), NETWORK, schedule, SEEDS)
    alone = fit(replace(problem, train=(problem.train[0][:40], part)), NETWORK, replace(schedule, batch_size=8), SEEDS)

    for one, other in zip(mixed.weights, alone.weights, strict=True):
        np.testing.assert_allclose(one[1], other[1], rtol=1e-4, atol=1e-5)


def test_rows_of_unequal_length_are_padded_to_a_multiple_of_32_and_masked() -> None:
    index, mask = padded((np.arange(5, 45), np.array([7, 9])))

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

    np.testing.assert_allclose(unequal_folds.curve_val[1], equal_folds.curve_val[1], rtol=1e-5)
    assert (unequal_folds.curve_val[0] != equal_folds.curve_val[0]).all()


def test_dropout_drops_its_share_of_units_while_training_and_none_while_predicting() -> None:
    layer = StackedDropout()
    x = np.ones((2, 500, 20), np.float32)
    layer.build(x.shape)
    layer.rate.assign(0.3)

    predicting, once, again = layer(x).numpy(), compiled(layer, x), compiled(layer, x)

    np.testing.assert_array_equal(predicting, x)
    assert (once == 0).mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(once[once != 0], 1 / 0.7, rtol=1e-6)
    for one, other in ((once, again), (once[0], once[1])):
        assert ((one == 0) != (other == 0)).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.02)


def test_the_mask_of_dropout_follows_its_seed() -> None:
    x = np.ones((2, 50, 20), np.float32)

    def masked(seed: int) -> np.ndarray:
        layer = StackedDropout()
        layer.build(x.shape)
        layer.rate.assign(0.5)
        layer.seed.assign([0, seed])
        return compiled(layer, x)

    np.testing.assert_array_equal(masked(1), masked(1))
    assert (masked(1) != masked(2)).any()


def test_a_network_drops_units_in_training_and_predicts_with_all() -> None:
    network = replace(NETWORK, depth=2, dropout=True)
    stack = build_stack(network)
    weights = initial_weights(network, SEEDS, np.zeros((2, 1)))
    for variable, value in zip(stack.trainable_variables, weights, strict=True):
        variable.assign(value)
    for layer in stack.layers:
        if isinstance(layer, StackedDropout):
            layer.rate.assign(0.5)
    x = np.stack([problem_of().x[:40]] * 2)

    trained, predicted = compiled(stack, x), stack(x, training=False).numpy()

    np.testing.assert_allclose(predicted, linear_predictor(weights, "relu", x), rtol=1e-4, atol=1e-6)
    assert (trained != predicted).mean() > 0.5


def test_every_epoch_goes_once_over_the_training_rows_in_a_fresh_order(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of()
    problem = replace(problem, train=(problem.train[0][:75], problem.train[1]))  # five steps of 15 and of 16 rows
    seen: list[np.ndarray] = []

    class Watched(fit_module.Program):
        def epochs(self, x: Any, y: Any, count: Any, order: Any, *rest: Any) -> Any:
            seen.append(order.numpy().transpose(0, 2, 1, 3).reshape(CHUNK, 2, -1))
            return super().epochs(x, y, count, order, *rest)

    monkeypatch.setattr(fit_module, "Program", Watched)
    monkeypatch.setattr(fit_module, "PROGRAMS", ProgramCache())
    fit(problem, NETWORK, replace(SCHEDULE, epochs=2 * CHUNK), SEEDS)

    order = np.concatenate(seen)
    assert order.shape == (2 * CHUNK, 2, 80)
    for k, rows in enumerate(problem.train):
        assert all(set(epoch) == set(rows.tolist()) for epoch in order[:, k])
        assert all((one != other).any() for one, other in pairwise(order[:, k]))
