from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from study.data.columns import read_column
from study.schema import StudyError


def series(values: Any, dtype: Any = None) -> pd.Series[Any]:
    return pd.Series(values, name="x", dtype=dtype)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2.5", "-3e2", None], [1, 2.5, -300, np.nan]),
        ([decimal.Decimal("1.5"), None, 2], [1.5, np.nan, 2]),
        (pd.array([1, None, 3], dtype="Int64"), [1, np.nan, 3]),
        (pd.to_timedelta(["12h", "1D", None]), [0.5, 1, np.nan]),
    ],
)
def test_numbers_in_any_dress_are_numeric(values: Any, expected: list[float]) -> None:
    column = read_column(series(values))

    assert column.type == "numeric"
    np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], [1, 0, np.nan]),
        (pd.array([True, None, False], dtype="boolean"), [1, np.nan, 0]),
        (["TRUE", "False", "true"], [1, 0, 1]),
        (["yes", "no", None], [1, 0, np.nan]),
    ],
)
def test_truth_in_any_dress_is_boolean(values: Any, expected: list[float]) -> None:
    column = read_column(series(values))

    assert column.type == "boolean"
    np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1970-01-02", "1970-01-11", None], [1, 10, np.nan]),
        (["1970-01-02T12:00:00Z", "1970-01-03 00:00"], [1.5, 2]),
        (["13/01/1970", "02/01/1970"], [12, 1]),
        (["01/13/1970", "01/02/1970"], [12, 1]),
        (["2.1.1970", "11.01.1970"], [1, 10]),
        (["2 Jan 1970", "11 Jan 1970"], [1, 10]),
        ([dt.date(1970, 1, 2), None], [1, np.nan]),
        (pd.to_datetime(["1970-01-02", None]).tz_localize("UTC"), [1, np.nan]),
        (pd.PeriodIndex(["1970-01", "1970-02"], freq="M"), [0, 31]),
        (["0999-12-31", "9999-12-31"], [-354286, 2932896]),
    ],
)
def test_dates_in_any_dress_are_days(values: Any, expected: list[float]) -> None:
    column = read_column(series(values))

    assert column.type == "date"
    np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize("values", [["2020", "2021"], ["20200101", "20210101"]])
def test_plain_numbers_are_never_dates(values: list[str]) -> None:
    assert read_column(series(values)).type == "numeric"


def test_few_cells_that_are_no_dates_are_lost_and_counted() -> None:
    values = ["2020-01-01", "2020-02-01"] * 20 + ["unknown"]

    column = read_column(series(values))

    assert (column.type, column.lost) == ("date", 1)
    assert np.isnan(column.values.iloc[-1])


@pytest.mark.parametrize(
    "values",
    [
        ["007", "010", "7"],
        ["a", "b", " a "],
        ["1", "2", "3", "many"],
        pd.Categorical([1, 2, 1]),
        [None, None],
        [1, "a"],
    ],
)
def test_other_text_is_a_category(values: Any) -> None:
    assert read_column(series(values)).type == "category"


def test_levels_keep_their_words_even_nan() -> None:
    column = read_column(series(["nan", "NA", "", None]))

    assert column.values.tolist()[:2] == ["nan", "NA"]
    assert column.values.isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("values", [[[1], [2]], [{"a": 1}], [1j], [b"x"]])
def test_cells_that_are_no_scalars_have_no_type(values: Any) -> None:
    column = read_column(series(values))

    assert column.type is None
    assert column.reason.endswith(type(values[0]).__name__)


def test_a_declared_category_of_numbers_is_text() -> None:
    column = read_column(series([1.0, 2.5, np.nan]), "category")

    assert column.values.tolist()[:2] == ["1", "2.5"]
    assert column.values.isna().tolist() == [False, False, True]


def test_a_declared_boolean_takes_ones_and_zeros() -> None:
    assert read_column(series([1, 0, 1]), "boolean").values.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("declared", "cell", "row"), [("numeric", "b", 1), ("boolean", "2", 0), ("date", "2", 0)]
)
def test_a_cell_that_breaks_its_declared_type_is_named(declared: Any, cell: str, row: int) -> None:
    with pytest.raises(
        StudyError, match=rf"(?i){declared}.*'x'.*'{cell}'.*row {row}\..*data\.types\.x.*category"
    ):
        read_column(series(["2", "b"]), declared)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_written_as_text_are_read_to_the_bit(values: list[float]) -> None:
    column = read_column(series([repr(value) for value in values]), "numeric")

    assert column.values.tolist() == values


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.none() | st.text(max_size=8) | st.floats() | st.booleans() | st.dates(), max_size=12
    )
)
def test_any_cells_are_read_without_a_crash(values: list[Any]) -> None:
    column = read_column(series(values, dtype=object))

    assert len(column.values) == len(values)
    if column.type in {"numeric", "boolean", "date"}:
        assert column.values.dtype == np.float64
    elif column.type == "category":
        assert all(isinstance(value, str) for value in column.values.dropna())


@pytest.mark.parametrize("declared", ["numeric", "boolean", "category", "date"])
def test_cells_that_are_no_scalars_break_every_declared_type(declared: Any) -> None:
    with pytest.raises(StudyError, match=f"(?i){declared}.*'x'.*list"):
        read_column(series([[1], [2]]), declared)
