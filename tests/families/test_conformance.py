"""What every family must do, whoever adds it; a new family of study needs no line here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from study.config.options import Range
from study.families import FAMILIES, get_family, is_searched, searched as searched_space
from study.families.stacked import Stack
from study.schema import TERMS, Kind, TrialState
from study.training.trial import run_trial

from .problems import N_INNER, Case, encoded_for, loss, task_for
from .trained import every_case, every_way, networks, one_a_family, searched, usually_trained


@pytest.fixture(autouse=True)
def installed(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(plugin)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_served_by_a_constant_by_regressions_and_by_a_network(kind: Kind) -> None:
    serving = [family for family in FAMILIES.values() if kind in family.kinds]

    assert {(family.convex, family.inputs) for family in serving} == {
        (True, False),
        (True, True),
        (False, True),
    }


@one_a_family
def test_every_hyperparameter_has_a_start_and_some_are_open_by_default(case: Case) -> None:
    family = get_family(case.family)

    space = family.space(1_000)

    assert list(family.start()) == list(space)
    ranges = [form for form in space.values() if isinstance(form, Range)]
    assert all(form.low < form.high for form in ranges)
    assert all(len(form) > 1 for form in space.values() if isinstance(form, list))
    assert is_searched(family, {}) == bool(searched_space(family, space))
    assert len({family.label(depth) for depth in ([0] if family.convex else [1, 2, 3])}) == (
        1 if family.convex else 3
    )


@every_case
def test_it_builds_for_every_kind_it_serves(case: Case) -> None:
    n_outputs = 3 if case.kind is Kind.MULTICLASS else 1
    task = task_for(case)

    architecture = get_family(case.family).architecture(task.params, case.depth, (2, 5, n_outputs))
    model = Stack(architecture).model

    assert (architecture.n_replicates, architecture.n_features, architecture.n_outputs) == (
        2,
        5,
        n_outputs,
    )
    assert model(np.zeros((2, 4, 5), np.float32)).shape == (2, 4, n_outputs)


@every_case
def test_it_learns_what_it_can_represent_to_near_the_limit(case: Case) -> None:
    encoded, mean = encoded_for(case)
    held = np.concatenate(encoded.validation)
    limit = loss(case.kind, encoded.y[held], mean[held])
    kept = encoded.y[encoded.development]
    shares = (
        np.bincount(kept.astype(int), minlength=3) / len(kept)
        if case.kind is Kind.MULTICLASS
        else kept.mean()
    )
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
    family, n_outputs = get_family(case.family), 3 if case.kind is Kind.MULTICLASS else 1
    if family.convex:
        own = (3 * family.inputs + 1) * n_outputs
    else:
        own = sum(layer[0].size for layer in usually_trained(case)[0].weights)

    record = searched(case)

    assert record.n_parameters == own
    assert record.n_replicates == len(record.replicates) == N_INNER
    assert record.val_loss == pytest.approx(
        np.mean([replicate.val_loss for replicate in record.replicates])
    )


@every_case
def test_a_regression_without_terms_has_coefficients_and_the_constant_intercepts_alone(
    case: Case,
) -> None:
    family, plain = (
        get_family(case.family),
        get_family(case.family).convex and case.family != TERMS,
    )
    outputs = [":a", ":b", ":c"] if case.kind is Kind.MULTICLASS else [""]
    intercepts = {f"intercept{output}" for output in outputs} if plain else set()
    terms = (
        {f"coef_{term}{output}" for term in "uvw" for output in outputs}
        if plain and family.inputs
        else set()
    )

    record = searched(case)

    assert set(record.coefficients) == intercepts | terms
    assert np.isfinite(list(record.coefficients.values())).all()


@pytest.mark.parametrize("beyond", [-1, 1])
def test_it_survives_one_row_more_or_less_than_a_batch(beyond: int) -> None:
    case = Case("neural", Kind.BINARY, 1)
    task = task_for(case, epochs=2, width=8)
    batch = get_family(case.family).schedule(task.params, 2, 2).batch_size
    encoded, _ = encoded_for(case, rows=200, train_rows=batch + beyond)

    record, _ = run_trial(task, encoded)

    assert record.state is TrialState.COMPLETE
    assert all(
        np.isfinite([replicate.val_loss, replicate.train_loss]).all()
        for replicate in record.replicates
    )


@every_way
def test_a_trial_run_again_leaves_the_same_record(case: Case) -> None:
    assert run_trial(task_for(case), encoded_for(case)[0])[0] == searched(case)


@networks
def test_the_study_seed_and_the_trial_number_decide_the_seeds_of_a_trial(case: Case) -> None:
    task, (encoded, _) = task_for(case, epochs=3), encoded_for(case)

    one, again, other_study, other_number = (
        run_trial(task.model_copy(update=change), encoded)[0]
        for change in ({}, {}, {"seed": 1}, {"number": 1})
    )

    assert again == one
    assert len({one.val_loss, other_study.val_loss, other_number.val_loss}) == 3
