from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from study.data import encoding
from study.data.encode import encode
from study.data.encoding import Encoded, design
from study.data.matrix import Term
from study.data.reader import make_reader
from study.data.splits import make_splits
from study.data.tables import Table, read_table
from study.schema import StudyError

from .helpers import bare, config_for, plain_frame, saved, table_of


def encoded_of(folder: Path, frame: pd.DataFrame, **more: Any) -> tuple[Table, Encoded]:
    table = table_of(folder, frame, **more)
    (split, *_) = make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))
    return table, encode(table, table.targets[0], split)


def test_terms_are_columns_gaps_and_levels(tmp_path: Path) -> None:
    _, encoded = encoded_of(tmp_path, plain_frame(80))

    assert encoded.terms == (
        Term("age", "age", None, ""),
        Term("seen", "seen", None, "day"),
        Term("smoker", "smoker", None, ""),
        Term("age[missing]", "age", "missing", "level"),
        Term("town[Köln]", "town", "Köln", "level"),
        Term("town[Ulm]", "town", "Ulm", "level"),
        Term("town[missing]", "town", "missing", "level"),
    )
    assert encoded.references == {"town": "Bonn"}


def test_shapes_and_dtypes_are_what_a_worker_expects(tmp_path: Path) -> None:
    frame = plain_frame(80)
    frame.loc[[2, 3], "y"] = np.nan

    _, encoded = encoded_of(tmp_path, frame)

    assert [(encoded.x(e).shape, encoded.x(e).dtype) for e in range(6)] == [
        ((78, 7), np.float32)
    ] * 6
    assert encoded.center.shape == encoded.scale.shape == (6, 7)
    assert encoded.y_center.shape == encoded.y_scale.shape == (6,)
    assert len(encoded.train) == len(encoded.validation) == 5
    np.testing.assert_array_equal(encoded.rows, np.setdiff1d(np.arange(80), [2, 3]))
    np.testing.assert_array_equal(encoded.y, frame["y"].dropna())
    np.testing.assert_array_equal(
        np.sort(np.concatenate([encoded.development, encoded.test])), np.arange(78)
    )


def test_each_encoder_standardises_its_own_fitting_rows(tmp_path: Path) -> None:
    _, encoded = encoded_of(tmp_path, plain_frame(80))

    for e, fitted in enumerate([*encoded.train, encoded.development]):
        np.testing.assert_allclose(encoded.x(e, fitted).mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(encoded.x(e, fitted).std(axis=0), 1, rtol=1e-6)
        np.testing.assert_allclose(encoded.y_center[e], encoded.y[fitted].mean())
        np.testing.assert_allclose(encoded.y_scale[e], encoded.y[fitted].std())


def test_gaps_take_the_median_of_the_fitting_rows(tmp_path: Path) -> None:
    table, encoded = encoded_of(tmp_path, plain_frame(80))
    age = table.frame["age"].to_numpy()
    gaps = np.isnan(age)

    for e, fitted in enumerate([*encoded.train, encoded.development]):
        original = encoded.x(e)[:, 0] * encoded.scale[e, 0] + encoded.center[e, 0]

        np.testing.assert_allclose(original[gaps], np.nanmedian(age[fitted]), rtol=1e-5)
        np.testing.assert_allclose(original[~gaps], age[~gaps], rtol=1e-5)


def test_a_gap_that_no_fitting_row_has_takes_their_median() -> None:
    columns = {
        "a": [*np.linspace(100, 200, 45), *[np.nan] * 5],
        "b": [*np.linspace(0, 1, 30), np.nan, *np.linspace(3, 4, 19)],
    }
    table, target, split = bare(columns, {"a": "numeric", "b": "numeric"})

    encoded = encode(table, target, split)

    np.testing.assert_allclose(
        encoded.fill[0], np.nanmedian([columns["a"][10:40], columns["b"][10:40]], axis=1)
    )


def test_the_design_is_in_original_units(tmp_path: Path) -> None:
    frame = plain_frame(80)
    table, encoded = encoded_of(tmp_path, frame)

    matrix = design(encoded)

    assert list(matrix.columns) == [term.name for term in encoded.terms]
    np.testing.assert_allclose(matrix["seen"], table.frame["seen"], rtol=1e-6)
    np.testing.assert_array_equal(matrix["town[Köln]"], frame["town"] == "Köln")
    np.testing.assert_array_equal(matrix["age[missing]"], frame["age"].isna())
    np.testing.assert_array_equal(matrix.index, encoded.rows)


def test_counts_and_classes_are_not_standardised(tmp_path: Path) -> None:
    _, encoded = encoded_of(tmp_path, plain_frame(90).assign(y=["a", "b", "c"] * 30))

    assert encoded.n_outputs == 3
    np.testing.assert_array_equal(encoded.y, [0, 1, 2] * 30)
    assert (encoded.y_center.tolist(), encoded.y_scale.tolist()) == ([0.0] * 6, [1.0] * 6)


@pytest.mark.parametrize(("y", "outputs"), [([1.5, 2.5, 3.5], 1), (["a", "b", "a"], 1)])
def test_other_kinds_have_one_output(tmp_path: Path, y: list[Any], outputs: int) -> None:
    _, encoded = encoded_of(tmp_path, plain_frame(60).assign(y=y * 20))

    assert encoded.n_outputs == outputs


def test_raw_rows_are_original_cells_with_empty_ones_as_nan(tmp_path: Path) -> None:
    frame = plain_frame(80)
    table, encoded = encoded_of(tmp_path, frame)

    raw = encoded.raw()

    assert raw.dtype == np.float64
    np.testing.assert_allclose(raw[:, 0], frame["age"], rtol=1e-6)
    np.testing.assert_allclose(raw[:, 1], table.frame["seen"], rtol=1e-9)
    np.testing.assert_array_equal(raw[:, 3], frame["age"].isna())
    np.testing.assert_array_equal(raw[:, 4], frame["town"] == "Köln")


def test_an_encoding_survives_pickling(tmp_path: Path) -> None:
    _, encoded = encoded_of(tmp_path, plain_frame(80))

    copy = pickle.loads(pickle.dumps(encoded))

    np.testing.assert_array_equal(copy.x(0), encoded.x(0))
    assert copy.terms == encoded.terms


def test_fills_centers_and_scales_are_those_that_scikit_learn_fits_on_the_development_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 200)  # two of seven columns of 100 rows
    frame = plain_frame(100)
    frame.loc[0, ["age", "town"]] = [np.nan, None]
    table, encoded = encoded_of(tmp_path, frame)
    cells = encoded.raw(encoded.development)
    cells[:, :3] = table.frame[["age", "seen", "smoker"]].iloc[encoded.development]

    imputer = SimpleImputer(strategy="median").fit(cells)
    scaler = StandardScaler().fit(imputer.transform(cells))

    np.testing.assert_array_equal(encoded.fill[-1], imputer.statistics_)
    np.testing.assert_allclose(encoded.center[-1], scaler.mean_, rtol=1e-12)
    np.testing.assert_allclose(encoded.scale[-1], scaler.scale_, rtol=1e-12)


def test_what_goes_apart_for_each_fold_is_whole_again_with_the_matrix(tmp_path: Path) -> None:
    frame = plain_frame(4_000)
    frame.loc[7, "y"] = np.nan
    _, encoded = encoded_of(tmp_path, frame.assign(house=np.arange(4_000) // 2), groups="house")

    apart, matrix = (pickle.loads(pickle.dumps(each)) for each in (encoded.apart(), encoded.matrix))
    whole = replace(apart, matrix=matrix)

    assert not apart.matrix.values.size
    for name in ("y", "rows", "groups", "development", "test"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(encoded, name))
    np.testing.assert_array_equal(whole.x(0), encoded.x(0))


def test_test_rows_change_nothing_for_the_others(tmp_path: Path) -> None:
    frame = plain_frame(80)
    _, before = encoded_of(tmp_path, frame)
    test = before.test

    frame.loc[test, ["age", "seen"]] = [1e6, pd.Timestamp("1900-01-01")]
    frame.loc[test[:3], "age"] = np.nan
    frame.loc[test, "town"] = "Atlantis"
    frame.loc[test, "smoker"] = True
    _, after = encoded_of(tmp_path, frame)

    assert after.terms == before.terms
    for e in range(6):
        np.testing.assert_array_equal(
            after.x(e, after.development), before.x(e, before.development)
        )
    np.testing.assert_array_equal(after.center, before.center)


def test_validation_rows_change_nothing_for_their_training_rows(tmp_path: Path) -> None:
    frame = plain_frame(80)
    _, before = encoded_of(tmp_path, frame)
    validation = before.validation[0]

    frame.loc[validation, "age"] = frame.loc[validation, "age"] * 100
    frame.loc[validation, "seen"] = pd.Timestamp("1900-01-01")
    frame.loc[validation, "smoker"] = True
    _, after = encoded_of(tmp_path, frame)

    assert after.terms == before.terms
    np.testing.assert_array_equal(after.x(0, after.train[0]), before.x(0, before.train[0]))
    assert not np.array_equal(after.x(1), before.x(1))


def test_a_term_constant_on_some_training_rows_is_zero_there() -> None:
    level = np.array([1.0] * 10 + [0.0] * 40)
    table, target, split = bare(
        {"v": level, "n": np.arange(50.0)}, {"v": "numeric", "n": "numeric"}
    )

    encoded = encode(table, target, split)

    assert (encoded.x(0)[:, 0] == 0).all()
    assert encoded.scale[0, 0] == 1
    assert encoded.x(1)[:, 0].std() > 0


def test_columns_constant_or_empty_on_the_development_rows_have_no_term() -> None:
    columns = {
        "same": [1.0] * 40 + [2.0] * 10,
        "none": [np.nan] * 40 + [2.0] * 10,
        "word": ["a"] * 40 + ["b"] * 10,
        "n": np.arange(50.0),
    }
    types = dict.fromkeys(columns, "numeric") | {"word": "category"}

    encoded = encode(*bare(columns, types))

    assert [term.name for term in encoded.terms] == ["n"]
    with pytest.raises(StudyError, match=r"fold 0.*'y'.*data\.features"):
        encode(*bare({"same": columns["same"]}, types))


def test_balloons_are_encoded_as_they_are() -> None:
    config = config_for("balloons", ["balloons", "colour"], data={"rows": 200})
    table = read_table(config)
    (split, _) = make_splits(table, table.targets[1], config)

    encoded = encode(table, table.targets[1], split)

    np.testing.assert_allclose(
        design(encoded), table.frame[["relationship", "children", "age"]], atol=1e-6
    )
    np.testing.assert_array_equal(encoded.y, table.frame["colour"] == "red")


NUMBERS = st.lists(st.just(float("nan")) | st.floats(-1e12, 1e12), min_size=40, max_size=40)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5).filter(
    lambda name: name != "y"
)
WORDS = st.lists(
    st.none() | st.sampled_from(["a", "ß", "nan", "missing", "", "a]["]), min_size=40, max_size=40
)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(NAMES, NUMBERS | WORDS, min_size=1, max_size=4))
def test_any_columns_are_encoded_as_finite_numbers_or_refused(
    columns: dict[str, list[Any]],
) -> None:
    types = {
        name: "numeric" if all(isinstance(v, float) for v in cells) else "category"
        for name, cells in columns.items()
    }
    typed = {
        name: pd.Series(cells, dtype="float64" if types[name] == "numeric" else "str")
        for name, cells in columns.items()
    }
    table, target, split = bare(typed, types)

    try:
        encoded = encode(table, target, split)
    except StudyError:
        return

    names = [term.name for term in encoded.terms]
    assert len(set(names)) == len(names) == encoded.x(0).shape[1]
    assert np.isfinite([encoded.x(0), encoded.x(1)]).all()
    assert (encoded.scale > 0).all()
    if not any(
        (column == "").any() for column in typed.values()
    ):  # which no table that was read has
        np.testing.assert_array_equal(
            make_reader(table, encoded).read(table.frame).values, encoded.raw()
        )


@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_a_test_row_knows_how_many_rows_are_earlier_and_the_first_of_them_all_that_its_fold_leaves(
    tmp_path: Path, protocol: str
) -> None:
    frame = plain_frame(120).assign(day=np.random.default_rng(1).permutation(120) // 2)

    _, encoded = encoded_of(tmp_path, frame, protocol=protocol, time="day")

    days = frame["day"].to_numpy()[encoded.rows]
    assert encoded.earlier == [int((days < day).sum()) for day in days[encoded.test]]
    assert min(encoded.earlier) == len(encoded.development)
    assert encoded_of(tmp_path, frame, protocol=protocol)[1].earlier == []
