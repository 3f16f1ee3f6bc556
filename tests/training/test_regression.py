"""The regression with terms and the plain one: trials that score a path, and what their winners are
made of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from study.config.options import Range
from study.data.encoding import Encoded
from study.data.matrix import Matrix
from study.families import HEADS, get_family, penalties
from study.families.saved import predict_raw
from study.records.trial import TermRow
from study.schema import REGRESSIONS, TERMS, Kind
from study.training import columns as columns_module, regression as regression_module
from study.training.regression import all_terms, enough, fit, run_path
from study.training.regression_winner import run_regression_winner, term_rows
from study.training.task import TrainingFailed
from study.training.winner import run_winner
from tests.families.problems import Case, draw, encoded_for, response, task_for

PLAIN = {"products": 0.0, "curves": 0.0}
BOTH = {"products": 0.3, "curves": 0.3}
every_kind = pytest.mark.parametrize("kind", Kind)
each_solver = pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.MULTICLASS])
"""A kind with a closed form, and one without."""


def case_of(kind: Kind, family: str = TERMS) -> Case:
    return Case(REGRESSIONS[kind] if family == "plain" else family, kind, 0)


def curved(kind: Kind, rows: int = 1_000) -> Encoded:
    """A table whose truth has a product and a curve, which its columns alone cannot say."""
    encoded, _ = encoded_for(case_of(kind), rows)
    x = (encoded.raw() - [5.0, -3.0, 0.0]) / [2.0, 10.0, 0.1]
    value = 0.5 * x[:, 0] + 0.7 * x[:, 0] * x[:, 1] + 0.8 * np.maximum(x[:, 2], 0.0)
    eta = (
        np.stack([2 * value, -2 * value, np.zeros(len(x))], axis=1)
        if kind is Kind.MULTICLASS
        else value[:, None]
    )
    y = draw(
        kind, response(kind, 3 * eta if kind is Kind.BINARY else eta), np.random.default_rng(5)
    )
    if kind is not Kind.CONTINUOUS:
        return replace(encoded, y=y)
    fitting = [*encoded.train, encoded.development]
    units = {
        "y_center": [y[rows].mean() for rows in fitting],
        "y_scale": [y[rows].std() for rows in fitting],
    }
    return replace(encoded, y=y, **{name: np.array(values) for name, values in units.items()})


@each_solver
def test_without_terms_it_is_the_plain_regression(kind: Kind) -> None:
    encoded = curved(kind)

    plain, none = (
        run_path(task_for(case_of(kind, "plain")), encoded),
        run_path(task_for(case_of(kind), **PLAIN), encoded),
    )

    assert none.path["l2"] == plain.path["l2"]
    assert none.path["val_loss"] == pytest.approx(plain.path["val_loss"], rel=1e-9)
    assert none.val_loss == min(none.path["val_loss"])
    assert none.params == PLAIN | plain.params


@each_solver
def test_terms_find_what_columns_cannot_say_each_sort_its_share(kind: Kind) -> None:
    encoded = curved(kind)

    losses = {
        name: run_path(task_for(case_of(kind), **PLAIN | weights), encoded).val_loss or np.nan
        for name, weights in {
            "none": {},
            "products": {"products": 0.3},
            "curves": {"curves": 0.3},
            "both": BOTH,
        }.items()
    }

    assert losses["both"] < losses["products"] < losses["none"]
    assert losses["both"] < losses["curves"] < losses["none"]


@every_kind
def test_a_trials_record_is_the_best_point_of_its_path(kind: Kind) -> None:
    task = task_for(case_of(kind), **BOTH)

    record = run_path(task, curved(kind))

    l2, losses = record.path["l2"], record.path["val_loss"]
    assert l2 == list(task.penalties[: len(l2)]) == sorted(l2, reverse=True)
    assert (
        record.val_loss
        == min(losses)
        == pytest.approx(np.mean([each.val_loss for each in record.replicates]))
    )
    assert record.params["l2"] == l2[int(np.argmin(losses))]
    assert len(l2) == len(task.penalties) or min(losses[-4:]) >= record.val_loss
    assert len(l2) == len(task.penalties) or kind is not Kind.CONTINUOUS


def test_a_path_goes_on_until_a_penalty_was_better_than_the_strongest_and_four_more_brought_nothing() -> (
    None
):
    assert [enough(Kind.BINARY, number, place) for number, place in ((9, 0), (5, 2), (6, 2))] == [
        False,
        False,
        True,
    ]
    assert not enough(Kind.CONTINUOUS, 6, 2)


def test_a_weak_penalty_whose_loss_is_not_finite_ends_the_path_and_not_the_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task, encoded = task_for(case_of(Kind.COUNT, "plain")), curved(Kind.COUNT)
    step = regression_module._Fold.step

    def limited(fold: Any, first: float) -> Any:
        point, loss = step(fold)
        return point, loss if point.l2 > first else np.inf

    monkeypatch.setattr(
        regression_module._Fold, "step", lambda fold: limited(fold, task.penalties[3])
    )
    record = run_path(task, encoded)
    monkeypatch.setattr(
        regression_module._Fold, "step", lambda fold: limited(fold, task.penalties[0])
    )

    assert record.path["l2"] == list(task.penalties[:3])
    assert record.val_loss == min(record.path["val_loss"])
    with pytest.raises(TrainingFailed, match="not finite"):
        run_path(task, encoded)


def test_all_trials_of_a_search_are_compared_on_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded = curved(Kind.CONTINUOUS)
    monkeypatch.setattr(regression_module, "MOST_CELLS", 100 * sum(all_terms(encoded).sizes))
    drawn, taken = Encoded.drawn, []

    def noted(*given: Any) -> Any:
        taken.append(drawn(*given))
        return taken[-1]

    monkeypatch.setattr(Encoded, "drawn", noted)
    for weights in (PLAIN, BOTH, {"products": 0.3, "curves": 0.0}):
        run_path(task_for(case_of(Kind.CONTINUOUS), **weights), encoded)

    assert len(taken) == 3 * 2 * len(encoded.train)
    for rows, again, once_more in zip(taken[:4], taken[4:8], taken[8:], strict=True):
        np.testing.assert_array_equal(rows, again)
        np.testing.assert_array_equal(rows, once_more)
        assert len(rows) == 100


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ([0.0, 3.0, 0.5], (3.0, 0.5, 0.0)),
        (2.0, (2.0,)),
        (0, (0.0,)),
        (Range(low=1, high=3), tuple(np.linspace(3, 1, 50))),
        (Range(low=0.1, high=10, log=True, zero=True), (*np.geomspace(10, 0.1, 50), 0.0)),
    ],
)
def test_the_path_of_any_space_is_scored_from_its_strongest_penalty_on(
    form: Any, expected: tuple[float, ...]
) -> None:
    family = get_family("linear")
    found = penalties(family, {"l2": form})
    task = task_for(case_of(Kind.CONTINUOUS, "plain")).model_copy(
        update={"penalties": found, "params": {}}
    )

    record = run_path(task, curved(Kind.CONTINUOUS))

    assert found == pytest.approx(expected)
    assert record.path["l2"] == list(found[: len(record.path["l2"])])
    assert record.params["l2"] in found


def test_a_penalty_of_zero_is_least_squares() -> None:
    encoded = curved(Kind.CONTINUOUS)
    own, _ = fit(
        task_for(case_of(Kind.CONTINUOUS, "plain"), l2=0.0), encoded, -1, encoded.development
    )
    x = encoded.raw(encoded.development)

    expected = np.linalg.lstsq(
        np.column_stack([x, np.ones(len(x))]), encoded.y[encoded.development], rcond=None
    )[0]

    np.testing.assert_allclose([*own.kernel[:, 0], *own.bias], expected, rtol=1e-8)


@each_solver
def test_a_column_that_is_constant_in_a_training_part_has_weight_0_there_and_nothing_is_lost(
    kind: Kind,
) -> None:
    encoded = curved(kind)
    values = encoded.matrix.values.copy()
    values[encoded.train[0], 2] = 0.25
    still = replace(encoded, matrix=Matrix(values, encoded.matrix.offset))
    task = task_for(case_of(kind), **BOTH)

    record = run_path(task, still)
    own, _ = fit(task.model_copy(update={"params": record.params}), still, 0, still.train[0])

    assert np.isfinite(record.path["val_loss"]).all()
    assert not own.kernel[2].any()
    assert np.isfinite(own.kernel).all()
    assert np.isfinite(own.predictor(still.raw())).all()


@each_solver
def test_a_search_of_drawn_rows_ends_near_that_of_all_and_one_of_blocks_at_it(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded, task = curved(kind), task_for(case_of(kind), **BOTH)
    whole = run_path(task, encoded).val_loss
    cells = sum(regression_module.terms_of(encoded, (1.0, 0.3, 0.3)).sizes)

    monkeypatch.setattr(columns_module, "MOST_CELLS", 90 * cells)
    in_blocks = run_path(task, encoded)
    monkeypatch.setattr(regression_module, "MOST_CELLS", 300 * cells)
    drawn = run_path(task, encoded)

    assert in_blocks.val_loss == pytest.approx(whole, rel=1e-4)
    assert in_blocks.val_loss != drawn.val_loss
    assert drawn.val_loss == pytest.approx(whole, rel=0.25)


@pytest.mark.parametrize("level", [0.0, 9.0])
def test_large_rates_are_fitted_without_a_step_to_infinity(level: float) -> None:
    encoded, _ = encoded_for(case_of(Kind.COUNT))
    x = (encoded.raw() - [5.0, -3.0, 0.0]) / [2.0, 10.0, 0.1]
    y = (
        np.random.default_rng(0)
        .poisson(np.exp(level + x[:, 0] + 0.5 * x[:, 1] * x[:, 2]))
        .astype(float)
    )

    record = run_path(task_for(case_of(Kind.COUNT), **BOTH), replace(encoded, y=y))

    assert np.isfinite(record.path["val_loss"]).all()
    assert all(each.converged for each in record.replicates)
    assert record.val_loss is not None
    assert (
        0.3 < record.val_loss < 1.5
    )  # about half a nat, whatever the rate, where the truth is all but found


def test_a_winner_that_has_not_arrived_says_so() -> None:
    task, encoded = task_for(case_of(Kind.BINARY), **BOTH, l2=0.01), curved(Kind.BINARY)

    assert run_winner(task.as_winner(0.5), encoded)[0].converged
    assert not run_winner(task.model_copy(update={"iterations": 2}).as_winner(0.5), encoded)[
        0
    ].converged


@each_solver
def test_the_parts_of_a_winner_are_refits_of_other_hyperparameters(kind: Kind) -> None:
    encoded, own = curved(kind), {**PLAIN, "products": 0.3, "l2": 1.0}
    half = encoded.development[len(encoded.development) // 2 :]
    encoded = replace(encoded, parts=(*encoded.parts, (0.5, half)))
    parts = {"products": own, "curves": {**PLAIN, "curves": 0.3, "l2": 1.0}}
    task = task_for(case_of(kind), **own)

    won = run_regression_winner(task.as_winner(0.5, parts), encoded)

    found = {candidate.name: np.array(candidate.predicted) for candidate in won.candidates}
    names = ["refit", "ensemble", "products", "curves", "rows-0.5", "rows-0.25", "rows-0.5"]
    assert [
        candidate.name for candidate in won.candidates
    ] == names  # two draws of one fraction are two
    np.testing.assert_allclose(found["products"], found["refit"], rtol=1e-9)
    assert np.abs(found["curves"] - found["refit"]).max() > 0.01


def worth(row: TermRow, raw: np.ndarray, names: list[str]) -> np.ndarray:
    """Of a term, by what its row says alone."""
    columns = [raw[:, names.index(column)] for column in row.columns]
    x = [
        np.where(np.isnan(column), fill, column)
        for column, fill in zip(columns, row.fill, strict=True)
    ]
    inside = (
        [np.clip(v, low, high) for v, low, high in zip(x, row.low, row.high, strict=True)]
        if row.low
        else x
    )
    match row.form:
        case "product":
            (one, other), (m, n) = inside, row.centers
            return np.asarray((one - m) * (other - n))
        case "hinge":
            return np.asarray(np.maximum(inside[0] - row.knot, 0.0))
        case "column":
            return np.asarray(inside[0])
    return np.ones(len(raw))


@every_kind
def test_the_rows_of_its_terms_say_all_that_its_model_says(kind: Kind) -> None:
    encoded = curved(kind)
    raw = encoded.raw().copy()
    raw[::7, 0], raw[::5] = np.nan, raw[::5] * 4
    task = task_for(case_of(kind), **BOTH, l2=1.0)
    won = run_regression_winner(task.as_winner(0.5), encoded)
    names, outputs = (
        [term.name for term in encoded.terms],
        list(dict.fromkeys(row.output for row in won.terms)),
    )

    eta = np.stack(
        [
            sum(row.weight * worth(row, raw, names) for row in won.terms if row.output == output)
            for output in outputs
        ],
        axis=1,
    )

    head = HEADS[kind]
    np.testing.assert_allclose(
        predict_raw(won.model, raw), head.response(eta), rtol=1e-9, atol=1e-12
    )
    assert {row.form for row in won.terms} == {"intercept", "column", "product", "hinge"}
    own, _ = fit(task, encoded, -1, encoded.development)
    assert term_rows(own, encoded) == won.terms
    assert won.clipped == own.terms.clipped(encoded.raw(encoded.test))
