"""What every family must do, whoever adds it; a new family of study needs no line here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from study.config.options import Range
from study.data.encoding import Encoded
from study.data.matrix import Matrix
from study.families import FAMILIES, HEADS, Architecture, get_family, is_searched
from study.families.stacked import Stack, linear_predictor, unstack
from study.schema import Kind, TrialRecord, TrialState, WinnerRecord
from study.training.problem import Fit
from study.training.trial import architecture_of, make_problem, run_trial, train
from study.training.winner import run_winner

from .problems import N_INNER, Case, cases, encoded_for, loss, response, task_for

every_case = pytest.mark.parametrize("case", cases(), ids=str)
one_a_family = pytest.mark.parametrize("case", {case.family: case for case in reversed(cases())}.values(), ids=str)
shallow = pytest.mark.parametrize("case", [case for case in cases() if case.depth <= 1], ids=str)
networks = pytest.mark.parametrize("case", [case for case in cases() if case.depth], ids=str)


@pytest.fixture(autouse=True)
def installed(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(plugin)


@lru_cache
def searched(case: Case) -> TrialRecord:
    return run_trial(task_for(case), encoded_for(case)[0])[0]


def trained(case: Case, seeds: list[int], **task: Any) -> tuple[Fit, Architecture]:
    own, (encoded, _) = task_for(case, **task), encoded_for(case)
    architecture = architecture_of(own, encoded, N_INNER)
    return train(own, architecture, make_problem(encoded, list(range(N_INNER))), seeds), architecture


def features(encoded: Encoded, rows: slice = slice(None)) -> np.ndarray:
    """What each inner fold's encoder makes of the rows, (N_INNER, n, n_terms)."""
    return np.stack([encoded.x(fold, rows) for fold in range(N_INNER)])


@lru_cache
def won(case: Case) -> tuple[WinnerRecord, dict[str, bytes]]:
    return run_winner(task_for(case).as_winner(0.5), encoded_for(case)[0])


@lru_cache
def usually_trained(case: Case) -> tuple[Fit, Architecture]:
    return trained(case, [1, 2])


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_served_by_a_constant_by_a_regression_and_by_a_network(kind: Kind) -> None:
    serving = [family for family in FAMILIES.values() if kind in family.kinds]

    assert {(family.convex, family.inputs) for family in serving} == {(True, False), (True, True), (False, True)}


@one_a_family
def test_every_hyperparameter_has_a_start_and_some_are_open_by_default(case: Case) -> None:
    family = get_family(case.family)

    space = family.space(1_000)

    assert list(family.start()) == list(space)
    ranges = [form for form in space.values() if isinstance(form, Range)]
    assert all(form.low < form.high for form in ranges)
    assert all(len(form) > 1 for form in space.values() if isinstance(form, list))
    assert is_searched(family, {}) == bool(space)
    assert len({family.label(depth) for depth in ([0] if family.convex else [1, 2, 3])}) == (1 if family.convex else 3)


@every_case
def test_it_builds_for_every_kind_it_serves(case: Case) -> None:
    n_outputs = 3 if case.kind is Kind.MULTICLASS else 1
    task = task_for(case)

    architecture = get_family(case.family).architecture(task.params, case.depth, (2, 5, n_outputs))
    model = Stack(architecture).model

    assert (architecture.n_replicates, architecture.n_features, architecture.n_outputs) == (2, 5, n_outputs)
    assert model(np.zeros((2, 4, 5), np.float32)).shape == (2, 4, n_outputs)


@every_case
def test_it_learns_what_it_can_represent_to_near_the_limit(case: Case) -> None:
    encoded, mean = encoded_for(case)
    held = np.concatenate(encoded.validation)
    limit = loss(case.kind, encoded.y[held], mean[held])
    kept = encoded.y[encoded.development]
    shares = np.bincount(kept.astype(int), minlength=3) / len(kept) if case.kind is Kind.MULTICLASS else kept.mean()
    floor = loss(case.kind, encoded.y[held], np.broadcast_to(shares, mean[held].shape))

    record = searched(case)

    assert record.state is TrialState.COMPLETE
    assert record.val_loss is not None
    if get_family(case.family).inputs:
        assert record.val_loss - limit < 0.08 * (floor - limit)
    else:
        assert record.val_loss == pytest.approx(floor, rel=0.01)


@every_case
def test_the_record_counts_parameters_and_replicates(case: Case) -> None:
    fit, architecture = usually_trained(case)
    plain = unstack(fit.weights, 0, architecture, HEADS[case.kind])

    record = searched(case)

    assert record.n_parameters == (plain.count_params() if get_family(case.family).inputs else architecture.n_outputs)
    assert record.n_replicates == len(record.replicates) == N_INNER
    assert record.val_loss == pytest.approx(np.mean([replicate.val_loss for replicate in record.replicates]))


@every_case
def test_only_a_convex_family_has_coefficients_and_only_with_inputs_has_it_terms(case: Case) -> None:
    family = get_family(case.family)
    outputs = [":a", ":b", ":c"] if case.kind is Kind.MULTICLASS else [""]
    intercepts = {f"intercept{output}" for output in outputs} if family.convex else set()
    terms = {f"coef_{term}{output}" for term in "uvw" for output in outputs} if family.convex and family.inputs else set()

    record = searched(case)

    assert set(record.coefficients) == intercepts | terms
    assert np.isfinite(list(record.coefficients.values())).all()


@one_a_family
@pytest.mark.parametrize("beyond", [-1, 1])
def test_it_survives_one_row_more_or_less_than_a_batch(case: Case, beyond: int) -> None:
    small = {"width": 8} if case.depth else {}
    family, params = get_family(case.family), task_for(case).params
    batch = 64 if family.convex else family.schedule(params, 2, 2).batch_size
    encoded, _ = encoded_for(case, rows=200, train_rows=batch + beyond)

    record, _ = run_trial(task_for(case, epochs=2, **small), encoded)

    assert record.state is TrialState.COMPLETE
    assert all(np.isfinite([replicate.val_loss, replicate.train_loss]).all() for replicate in record.replicates)


@every_case
def test_a_replicate_unstacks_to_a_model_of_keras_own_layers_that_predicts_the_same(case: Case) -> None:
    encoded, _ = encoded_for(case)
    fit, architecture = usually_trained(case)
    eta = linear_predictor(fit.weights, architecture, features(encoded, slice(50)))
    center, scale = encoded.y_center[1], encoded.y_scale[1]

    model = unstack(fit.weights, 1, architecture, HEADS[case.kind], float(center), float(scale))

    assert {type(part).__module__.partition(".")[0] for part in (model, *model.layers)} == {"keras"}
    expected = response(case.kind, eta[1] * scale + center).reshape(50, -1)
    np.testing.assert_allclose(model(encoded.x(1, slice(50))).numpy(), expected, rtol=2e-5, atol=2e-6)


@every_case
def test_the_stacked_model_and_the_linear_predictor_of_its_weights_agree(case: Case) -> None:
    encoded, _ = encoded_for(case)
    fit, architecture = usually_trained(case)
    stack = Stack(architecture)

    for variable, value in zip(stack.weights, fit.weights, strict=True):
        variable.assign(value)

    np.testing.assert_allclose(
        linear_predictor(fit.weights, architecture, features(encoded)),
        stack.model(features(encoded)).numpy(),
        rtol=1e-5,
        atol=1e-6,
    )


@every_case
def test_a_replicate_reloads_from_disk_with_the_same_predictions(case: Case, tmp_path: Path) -> None:
    encoded, _ = encoded_for(case)
    fit, architecture = usually_trained(case)
    model = unstack(fit.weights, 0, architecture, HEADS[case.kind], 3.0, 2.0)
    model.save(tmp_path / "model.keras")

    reloaded = keras.saving.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(reloaded(encoded.x(0)), model(encoded.x(0)))


@shallow
def test_the_winners_file_predicts_the_test_rows_as_recorded(case: Case, tmp_path: Path) -> None:
    encoded, mean = encoded_for(case)

    record, files = won(case)
    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)
    model = keras.saving.load_model(tmp_path / name)

    assert record.models == (name,)
    refit = next(candidate for candidate in record.candidates if candidate.name == "refit")
    predicted = model(encoded.x(-1, encoded.test)).numpy().reshape(mean[encoded.test].shape)
    np.testing.assert_allclose(predicted, refit.predicted, rtol=2e-5, atol=2e-6)


@shallow
def test_each_candidate_of_the_winner_is_scored_by_its_own_predictions(case: Case) -> None:
    encoded, mean = encoded_for(case)
    observed = encoded.y[encoded.test]

    record, _ = won(case)

    n_refits = 1 if get_family(case.family).convex else 3
    names = [candidate.name for candidate in record.candidates]
    assert names == ["ensemble"] + ["refit"] * n_refits + ["rows-0.5", "rows-0.25"]
    assert record.rows == encoded.test.tolist()
    assert record.observed == observed.tolist()
    for candidate in record.candidates:
        predicted = np.array(candidate.predicted)
        assert predicted.shape == mean[encoded.test].shape
        assert np.mean(candidate.loss) == pytest.approx(loss(case.kind, observed, predicted), rel=1e-5)


@shallow
def test_a_row_without_a_target_that_stands_first_changes_nothing(case: Case) -> None:
    encoded, _ = encoded_for(case)
    unequal = replace(encoded, validation=(encoded.validation[0][:-7], encoded.validation[1]))
    above = Matrix(np.vstack([np.zeros((1, 3), np.float32), encoded.matrix.values]), encoded.matrix.offset)
    shifted = replace(unequal, matrix=above, rows=encoded.rows + 1)

    (record, _), (moved, _) = (run_trial(task_for(case, epochs=5), each) for each in (unequal, shifted))

    assert moved.state is TrialState.COMPLETE
    assert moved.val_loss == pytest.approx(record.val_loss, rel=1e-5)


@shallow
def test_what_a_test_row_holds_is_no_part_of_training(case: Case) -> None:
    encoded, _ = encoded_for(case)
    values = encoded.matrix.values.copy()
    values[encoded.test[0]] = 1e30
    spoiled = replace(encoded, matrix=Matrix(values, encoded.matrix.offset))

    record, _ = run_trial(task_for(case), spoiled)

    assert record == searched(case)


@shallow
def test_a_fold_may_have_its_terms_in_another_order_than_the_matrix(case: Case, tmp_path: Path) -> None:
    encoded, mean = encoded_for(case)
    places = np.array([2, 0, 1])
    values = np.empty_like(encoded.matrix.values)
    values[:, places] = encoded.matrix.values
    turned = replace(encoded, matrix=Matrix(values, encoded.matrix.offset), columns=places)

    record, files = run_winner(task_for(case).as_winner(0.5), turned)
    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)
    predicted = keras.saving.load_model(tmp_path / name)(encoded.x(-1, encoded.test)).numpy().reshape(mean[encoded.test].shape)

    expected, _ = won(case)
    for found, usual in zip(record.candidates[:2], expected.candidates[:2], strict=True):
        assert np.mean(found.loss) == pytest.approx(np.mean(usual.loss), rel=0.3)
    np.testing.assert_allclose(predicted, record.candidates[1].predicted, rtol=2e-5, atol=2e-6)


@shallow
def test_a_winner_is_the_same_from_what_its_trial_kept_as_from_training_it_again(case: Case) -> None:
    task, (encoded, _) = task_for(case), encoded_for(case)
    _, kept = run_trial(task, encoded)

    record, _ = run_winner(task.as_winner(0.5), encoded, kept)

    assert record == won(case)[0]


@pytest.mark.parametrize("case", [case for case in cases() if case.kind is Kind.CONTINUOUS and case.depth <= 1], ids=str)
def test_a_part_that_cannot_be_trained_on_leaves_the_winner_without_parts(case: Case) -> None:
    encoded, _ = encoded_for(case, rows=200)
    spoiled = np.where(np.arange(len(encoded.y)) == encoded.test[-1], np.nan, encoded.y)
    scored = replace(encoded, y=spoiled, test=encoded.test[:-1], parts=((0.5, encoded.test),))

    record, _ = run_winner(task_for(case, epochs=5).as_winner(0.5), scored)

    assert {candidate.name for candidate in record.candidates} == {"ensemble", "refit"}


@every_case
def test_the_same_seed_gives_the_same_result_to_the_bit(case: Case) -> None:
    first, _ = usually_trained(case)

    again, _ = trained(case, [1, 2])

    for one, other in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first.curve_val, again.curve_val)
    np.testing.assert_array_equal(first.val_loss, again.val_loss)


@networks
def test_another_seed_gives_another_network(case: Case) -> None:
    first, _ = usually_trained(case)

    other, _ = trained(case, [3, 4])

    assert (first.val_loss != other.val_loss).all()


@networks
def test_the_study_seed_and_the_trial_number_decide_the_seeds_of_a_trial(case: Case) -> None:
    task, (encoded, _) = task_for(case), encoded_for(case)

    again, _ = run_trial(task, encoded)
    other_study, _ = run_trial(task_for(case, seed=1), encoded)
    other_number, _ = run_trial(task.model_copy(update={"number": 1}), encoded)

    assert again == searched(case)
    assert len({again.val_loss, other_study.val_loss, other_number.val_loss}) == 3
