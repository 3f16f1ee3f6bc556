"""The simple formula: found where it is known, chosen without the test rows, saved as it is
written.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from study.data.encoding import Encoded
from study.families.heads import HEADS
from study.families.saved import open_model, predict_raw
from study.records.formula import FormulaRecord
from study.schema import ALL_ROWS, Kind
from study.training import columns, formula
from study.training.regression import fit
from study.training.regression_winner import term_rows
from study.training.task import TrialTask
from study.training.termed import term_model
from tests.diagnostics.formulas import predictor
from tests.records.examples import search
from tests.training.tables import encoded_of, formula_of, mixed, saved_encoded

PRODUCT = "{}\N{MULTIPLICATION SIGN}{}"
BALLOONS = {PRODUCT.format("relationship", "children"), PRODUCT.format("relationship", "age")}


def targets(kind: Kind, eta: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    noisy = eta + rng.logistic(size=len(eta)) / 2
    return {
        Kind.CONTINUOUS: eta + rng.normal(size=len(eta)) / 2,
        Kind.BINARY: np.where(noisy > 0, "yes", "no"),
        Kind.MULTICLASS: np.array(["low", "mid", "top"])[np.digitize(noisy, [-0.7, 0.7])],
        Kind.COUNT: rng.poisson(np.exp(0.6 * eta)),
    }[kind]


def encoded_mixed(folder: Path, kind: Kind) -> dict[int, Encoded]:
    frame = mixed(n=600)
    return saved_encoded(
        folder, frame.drop(columns="eta").assign(y=targets(kind, frame["eta"].to_numpy()))
    )


def strange(encoded: Encoded, n: int = 1_000) -> np.ndarray:
    """Raw rows inside and outside the range of the table, with gaps."""
    rng = np.random.default_rng(2)
    raw = np.repeat(encoded.raw(), 2, axis=0)[:n]
    measured = np.array([len(np.unique(column[~np.isnan(column)])) > 2 for column in raw.T])
    raw[::2, measured] += (
        rng.normal(size=(len(raw[::2]), measured.sum())) * 6 * encoded.scale[-1][measured]
    )
    raw[rng.random(raw.shape) < 0.05] = np.nan
    return raw


def test_the_two_interactions_of_balloons_are_found_and_the_formula_is_exact() -> None:
    encoded = encoded_of("balloons", "balloons")[0]

    record, _ = formula_of(encoded)

    assert {*record.names} == BALLOONS
    assert len(record.names) == 2
    assert record.path["n_terms"][0] == 0
    assert record.val_loss is not None
    assert record.val_loss < 1e-12 * record.path["val_loss"][0]
    assert float(np.median(record.candidates[0].loss)) < 1e-14


def test_hardly_a_term_is_chosen_where_the_truth_is_linear_and_none_makes_the_plain_regression(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 800))
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "y": a - b + rng.normal(size=800)})

    outer = {"folds": 2, "repeats": 1}
    found = [
        formula_of(each)[0]
        for each in saved_encoded(tmp_path, frame, protocol="nested", outer=outer).values()
    ]

    plain = [record for record in found if not record.names]
    assert len(plain) >= len(found) - 1
    assert {record.penalty for record in plain} == {None}
    assert {record.val_loss for record in plain} == {record.path["val_loss"][0] for record in plain}
    assert [len(record.candidates) for record in found] == [
        record.work.outer_fold != ALL_ROWS for record in found
    ]


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.MULTICLASS])
def test_the_formula_says_what_the_saved_model_predicts_inside_and_outside_the_range(
    tmp_path: Path, kind: Kind
) -> None:
    encoded = encoded_mixed(tmp_path, kind)[0]

    record, content = formula_of(encoded)

    assert PRODUCT.format("height", "sex[m]") in record.names
    assert len(record.names) <= formula.MOST_TERMS
    path = tmp_path / "formula.keras"
    path.write_bytes(content)
    raw, head = strange(encoded), HEADS[kind]
    frame = pd.DataFrame(raw, columns=[term.name for term in encoded.terms])
    expected = head.response(predictor(record.terms, frame))
    np.testing.assert_allclose(predict_raw(open_model(path), raw), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(
        predict_raw(open_model(path), encoded.raw(encoded.test)), record.candidates[0].predicted
    )


@pytest.mark.parametrize("kind", [Kind.BINARY, Kind.COUNT])
def test_the_weights_of_the_regression_with_terms_say_what_its_model_predicts(
    tmp_path: Path, kind: Kind
) -> None:
    encoded = encoded_mixed(tmp_path, kind)[0]
    params = {"products": 0.3, "curves": 0.1, "l2": 1.0}
    own = search("terms", target="y", kind=kind)
    rest = {"inner_seeds": 1, "epochs": 1, "patience": 1, "iterations": 2_000}
    task = TrialTask(
        study="test", seed=0, search=own, number=0, generation=0, params=params, **rest
    )

    with threadpool_limits(1):
        fitted, _ = fit(task, encoded, -1, encoded.development)

    raw, head = strange(encoded), HEADS[kind]
    frame = pd.DataFrame(raw, columns=[term.name for term in encoded.terms])
    eta = predictor(term_rows(fitted, encoded), frame)
    model = term_model(fitted, head)
    usual = np.abs(eta).max(axis=1) < 20
    np.testing.assert_allclose(
        predict_raw(model, raw[usual]), head.response(eta)[usual], rtol=1e-6, atol=1e-6
    )
    assert usual.sum() > 300


def test_test_targets_choose_no_term_and_no_weight_and_a_record_comes_back_from_its_text() -> None:
    encoded = encoded_of("sklearn:diabetes", "target")[0]
    y = encoded.y.copy()
    y[encoded.test] = np.random.default_rng(0).normal(size=len(encoded.test))

    (found, _), (blind, _) = (
        formula_of(each) for each in (encoded, dataclasses.replace(encoded, y=y))
    )

    assert (blind.terms, blind.path) == (found.terms, found.path)
    assert FormulaRecord.model_validate_json(found.model_dump_json()) == found


def test_a_long_table_is_searched_by_some_rows_and_fitted_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded = encoded_of("balloons", "balloons")[0]
    seen: list[int] = []
    of = columns.Columns.of.__func__  # type: ignore[attr-defined]

    def spy(cls: type[columns.Columns], *args: object) -> columns.Columns:
        seen.append(len(args[-1]))  # type: ignore[arg-type]
        return of(cls, *args)  # type: ignore[no-any-return]

    monkeypatch.setattr(columns.Columns, "of", classmethod(spy))
    monkeypatch.setattr("study.training.regression.MOST_CELLS", 2_400)

    record, _ = formula_of(encoded)

    assert {*record.names} == BALLOONS
    assert sorted(seen)[-1] == len(encoded.development)
    assert sorted(seen)[-2] < 500


def test_fewer_terms_win_a_tie_and_a_sure_gain_wins_over_fewer() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)
    noise = rng.normal(scale=0.1, size=200)
    noise -= noise.mean()

    assert formula._simplest([base, base + noise - 1e-4, base - 1e-3 + noise], [0, 5, 3]) == 0
    assert formula._simplest([base, base - 0.5 + noise, base - 0.5], [0, 5, 3]) == 2
