"""What every family's winner is made of, and what must not reach its training."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from study.data.matrix import Matrix
from study.data.parts import on_part
from study.data.rows import drawn
from study.diagnostics.probe import AVERAGED
from study.families import HEADS, get_family
from study.families.saved import open_model, predict_raw
from study.schema import ALL_ROWS, Kind, TrialState, derive_seed
from study.training.fit import Shape, compiled
from study.training.scored import scored_parts
from study.training.trial import architecture_of, make_problem, run_trial
from study.training.winner import _on_part, run_winner

from .problems import Case, encoded_for, loss, task_for
from .trained import BRIEF, every_way, shallow, won


@pytest.fixture(autouse=True)
def installed(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(plugin)


def judged(case: Case) -> str:
    return "ensemble" if case.depth else "refit"


@shallow
def test_the_winners_file_predicts_the_test_rows_as_recorded_to_the_bit(
    case: Case, tmp_path: Path
) -> None:
    encoded, _ = encoded_for(case)
    record, files = won(case)
    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)

    predicted = predict_raw(open_model(tmp_path / name), encoded.raw(encoded.test))

    assert record.models == (name,) == (f"y-{task_for(case).search.model_name}-o0.keras",)
    (candidate,) = (each for each in record.candidates if each.name == judged(case))
    np.testing.assert_array_equal(predicted, candidate.predicted)
    np.testing.assert_array_equal(
        HEADS[case.kind].response_loss(predicted, encoded.y[encoded.test]), candidate.loss
    )


@shallow
def test_a_winner_answers_column_by_column_as_the_model_of_its_file(
    case: Case, tmp_path: Path
) -> None:
    encoded, _ = encoded_for(case)
    record, files = won(case)
    if not get_family(case.family).inputs:
        assert record.probed is None
        return
    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)
    model = open_model(tmp_path / name)
    assert record.probed is not None

    for effect in record.probed.effects:
        raw = encoded.raw(drawn(encoded.test, None, AVERAGED, derive_seed(0, "probe", "y", 0)))
        raw[:, [term.name for term in encoded.terms].index(effect.axis.column)] = (
            effect.axis.values[-1]
        )
        expected = predict_raw(model, raw).mean(axis=0)
        curves = np.array(effect.curves)
        np.testing.assert_allclose(
            curves[0, -1],
            expected if curves.shape[2] == np.size(expected) else expected[1],
            rtol=2e-4,
        )
        assert len(curves) == (1 if get_family(case.family).convex else 3)
    assert len(record.probed.effects) == len(record.probed.rises) == 3
    first = next(each.loss for each in record.candidates if each.name == judged(case))
    assert record.probed.loss == pytest.approx(np.mean(first), rel=1e-3, abs=1e-6)


@every_way
def test_of_all_rows_there_is_a_model_and_nothing_is_scored(case: Case, tmp_path: Path) -> None:
    encoded, _ = encoded_for(case)
    every = replace(encoded, outer_fold=ALL_ROWS, test=encoded.test[:0], parts=())
    task = task_for(case, epochs=BRIEF)
    task = task.model_copy(
        update={"search": task.search.model_copy(update={"outer_fold": ALL_ROWS})}
    )

    record, files = run_winner(task.as_winner(0.5), every)

    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)
    assert (record.candidates, record.rows) == ((), [])
    assert name == f"y-{task.search.model_name}-all.keras"
    assert np.isfinite(predict_raw(open_model(tmp_path / name), encoded.raw())).all()


@shallow
def test_each_candidate_of_the_winner_is_scored_by_its_own_predictions(case: Case) -> None:
    encoded, mean = encoded_for(case)
    observed = encoded.y[encoded.test]

    record, _ = won(case)

    first = ["refit", "ensemble"] if get_family(case.family).convex else ["ensemble"]
    assert [candidate.name for candidate in record.candidates] == [*first, "rows-0.5", "rows-0.25"]
    assert record.rows == encoded.test.tolist()
    assert record.observed == observed.tolist()
    for candidate in record.candidates:
        predicted = np.array(candidate.predicted)
        assert predicted.shape == mean[encoded.test].shape
        assert np.mean(candidate.loss) == pytest.approx(
            loss(case.kind, observed, predicted), rel=1e-5
        )


@every_way
def test_a_row_without_a_target_that_stands_first_changes_nothing(case: Case) -> None:
    encoded, _ = encoded_for(case)
    unequal = replace(encoded, validation=(encoded.validation[0][:-7], encoded.validation[1]))
    above = Matrix(
        np.vstack([np.zeros((1, 3), np.float32), encoded.matrix.values]), encoded.matrix.offset
    )
    shifted = replace(unequal, matrix=above, rows=encoded.rows + 1)

    (record, _), (moved, _) = (
        run_trial(task_for(case, epochs=5), each) for each in (unequal, shifted)
    )

    assert moved.state is TrialState.COMPLETE
    assert moved.val_loss == pytest.approx(record.val_loss, rel=1e-4)  # two programs


@every_way
def test_what_a_test_row_holds_is_no_part_of_training(case: Case) -> None:
    encoded, _ = encoded_for(case)
    values = encoded.matrix.values.copy()
    values[encoded.test[0]] = 1e30
    spoiled = replace(encoded, matrix=Matrix(values, encoded.matrix.offset))

    record, other = (run_trial(task_for(case, epochs=5), each)[0] for each in (encoded, spoiled))

    assert other == record


@every_way
def test_a_fold_may_have_its_terms_in_another_order_than_the_matrix(
    case: Case, tmp_path: Path
) -> None:
    encoded, _ = encoded_for(case)
    places = np.array([2, 0, 1])
    values = np.empty_like(encoded.matrix.values)
    values[:, places] = encoded.matrix.values
    turned = replace(encoded, matrix=Matrix(values, encoded.matrix.offset), columns=places)

    record, files = run_winner(task_for(case, epochs=BRIEF).as_winner(0.5), turned)

    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)
    predicted = predict_raw(open_model(tmp_path / name), encoded.raw(encoded.test))
    expected, _ = won(case)
    for found, usual in zip(record.candidates[:2], expected.candidates[:2], strict=True):
        assert np.mean(found.loss) == pytest.approx(np.mean(usual.loss), rel=0.3)
    (candidate,) = (each for each in record.candidates if each.name == judged(case))
    np.testing.assert_array_equal(predicted, candidate.predicted)


@every_way
def test_a_winner_is_the_same_from_what_its_trial_kept_as_from_training_it_again(
    case: Case,
) -> None:
    task, (encoded, _) = task_for(case, epochs=BRIEF), encoded_for(case)
    _, kept = run_trial(task, encoded)

    record, _ = run_winner(task.as_winner(0.5), encoded, kept)

    assert record == won(case)[0]


@every_way
def test_a_part_that_cannot_be_trained_on_is_left_out_alone(case: Case) -> None:
    encoded, _ = encoded_for(case, rows=200)
    first = encoded.development[::2]  # all of them validate in one inner fold, none in the other
    scored = replace(encoded, parts=((0.5, first), *encoded.parts))

    record, _ = run_winner(task_for(case, epochs=5).as_winner(0.5), scored)

    assert [(each.name, each.seed) for each in record.candidates[-2:]] == [
        ("rows-0.5", 1),
        ("rows-0.25", 2),
    ]
    assert "ensemble" in {each.name for each in record.candidates[:-2]}


@every_way
def test_of_a_part_the_judged_procedure_is_scored_as_its_rows_alone_would_have_it(
    case: Case,
) -> None:
    encoded, _ = encoded_for(case)
    (_, half), _ = encoded.parts
    away = np.setdiff1d(encoded.development, half)
    spoiled = encoded.y.copy()
    spoiled[away] = spoiled[half[0]]

    (expected,) = (each for each in won(case)[0].candidates if each.name == "rows-0.5")
    record, _ = run_winner(task_for(case, epochs=BRIEF).as_winner(0.5), replace(encoded, y=spoiled))

    (found,) = (each for each in record.candidates if each.name == "rows-0.5")
    assert found == expected
    assert found.val_loss == pytest.approx(np.mean(found.loss), rel=0.4)


def test_a_part_of_a_network_is_the_mean_of_early_stopped_replicates_in_as_many_steps_an_epoch_as_all_rows() -> (
    None
):
    case = Case("neural", Kind.CONTINUOUS, 1)
    encoded, _ = encoded_for(case)
    _, (_, quarter) = encoded.parts
    task = task_for(case, epochs=15, batch_size=8).model_copy(update={"patience": 2})
    own = on_part(encoded, quarter)
    assert own is not None

    (found,) = scored_parts(
        replace(encoded, parts=((0.25, quarter),)),
        partial(_on_part, task, architecture_of(task, encoded, 2), encoded),
    )

    program = compiled(
        architecture_of(task, encoded, 2),
        HEADS[case.kind],
        Shape.of(make_problem(task, own, [0, 1]), 8),
    )
    steps = len(encoded.train[0]) // 8
    assert int(program.optimizer.iterations.numpy()) % steps == 0
    assert int(program.optimizer.iterations.numpy()) < 15 * steps
    assert np.mean(found.loss) < np.var(encoded.y)


def test_replicates_of_a_fold_share_its_rows() -> None:
    case = Case("neural", Kind.CONTINUOUS, 1)
    encoded, _ = encoded_for(case)

    problem = make_problem(task_for(case), encoded, [1, 0, 1])

    for rows, sets in ((problem.train, encoded.train), (problem.validation, encoded.validation)):
        assert rows[0] is rows[2]
        np.testing.assert_array_equal(rows[0], encoded.rows[sets[1]])
        np.testing.assert_array_equal(rows[1], encoded.rows[sets[0]])


def test_a_trial_above_its_bar_is_pruned_with_what_it_had_there() -> None:
    case = Case("neural", Kind.CONTINUOUS, 1)
    encoded, _ = encoded_for(case)
    task = task_for(case)

    record, _ = run_trial(task.model_copy(update={"prune_above": (0.0,) * 3}), encoded)

    assert record.state is TrialState.PRUNED
    assert record.rungs == pytest.approx([record.val_loss])
    assert {replicate.n_epochs for replicate in record.replicates} == {round(0.1 * task.epochs)}
