"""A reader makes of a user's rows what the encoding made of the table, and says what is odd about
them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.reader import Reader, make_reader
from study.data.splits import make_splits
from study.schema import StudyError

from .helpers import bare, config_for, plain_frame, saved, table_of


def read(folder: Path, frame: pd.DataFrame, **more: object) -> tuple[Encoded, Reader]:
    table = table_of(folder, frame, **more)
    split, *_ = make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))
    encoded = encode(table, table.targets[0], split)
    return encoded, make_reader(table, encoded)


def test_the_raw_rows_of_the_table_come_out_to_the_bit_also_after_json(tmp_path: Path) -> None:
    frame = plain_frame(80)
    frame["age"] += 1e7  # far from 0, so that it is rounded about an offset
    encoded, reader = read(tmp_path, frame)

    again = Reader.model_validate_json(reader.model_dump_json())

    assert again == reader
    assert any(term.offset for term in reader.terms)
    np.testing.assert_array_equal(again.read(frame).values, encoded.raw())


def test_what_is_odd_is_counted_by_column(tmp_path: Path) -> None:
    frame = plain_frame(80)
    _, reader = read(tmp_path, frame)
    rows = frame.iloc[:4].assign(
        age=[np.nan, 1e6, 50, 50], town=["Rome", "Bonn", None, "Bonn"], smoker=True
    )

    found = reader.read(rows.reset_index(drop=True))

    assert (found.gaps, found.unseen, found.outside, found.unread) == (
        {"age": 1, "town": 1},
        {"town": 1},
        {"age": 1},
        {},
    )


def test_what_the_test_rows_alone_hold_is_unseen_and_outside() -> None:
    columns = {"n": [*np.arange(40.0), *np.full(10, 99.0)], "w": [*["a", "b"] * 20, *["c"] * 10]}
    table, target, split = bare(columns, {"n": "numeric", "w": "category"})
    reader = make_reader(table, encode(table, target, split))

    found = reader.read(table.frame)

    assert (found.unseen, found.outside) == ({"w": 10}, {"n": 10})
    assert reader.n_rows == 40


@pytest.mark.parametrize(
    "cells", [[3, 1, 3], [3.0, 1.0, 3.0], ["3", "1", "3"], ["3.0", "1.0", "3.0"], [3.0, None, 3.0]]
)
def test_a_level_that_is_a_number_is_known_however_it_is_spelt(
    tmp_path: Path, cells: list[object]
) -> None:
    frame = plain_frame(80).assign(zone=[1, 2, 3, 4] * 20)
    _, reader = read(tmp_path, frame, data={"types": {"zone": "category"}})
    place = [term.name for term in reader.terms].index("zone[3]")

    found = reader.read(plain_frame(3).assign(zone=cells))

    assert found.values[:, place].tolist() == [1.0, 0.0, 1.0]
    assert found.unseen == {}


def test_digits_with_leading_zeros_are_words(tmp_path: Path) -> None:
    frame = plain_frame(80).assign(code=["01", "10", "11", "02"] * 20)
    _, reader = read(tmp_path, frame)

    found = reader.read(plain_frame(2).assign(code=["01", "1"]))

    assert found.unseen == {"code": 1}


def test_classes_of_other_rows_are_read_and_strangers_are_missing(tmp_path: Path) -> None:
    _, reader = read(tmp_path, plain_frame(80).assign(y=["lo", "hi"] * 40))

    observed = reader.observed(pd.DataFrame({"y": ["hi", "lo", None, "mid"]}))

    np.testing.assert_array_equal(observed, [0, 1, np.nan, np.nan])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.5", "two", "inf", ""], [1.5, np.nan, np.nan, np.nan]),
        ([np.inf, 2, -1e200, 3], [np.nan, 2, np.nan, 3]),
        (["1970-01-02", "1970-01-11", None, "1970-02-01"], [1, 10, np.nan, 31]),
        (pd.to_datetime(["1970-01-02", "1970-01-11", None, "1970-02-01"]), [1, 10, np.nan, 31]),
        ([[1], {}, None, 3], [np.nan] * 4),
    ],
)
def test_cells_that_are_no_value_of_a_target_are_missing(
    tmp_path: Path, cells: Any, values: list[float]
) -> None:
    _, reader = read(tmp_path, plain_frame(80).assign(y=np.arange(80) / 7))

    np.testing.assert_array_equal(reader.observed(pd.DataFrame({"y": cells})), values)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([[1, 2], None, 3], "Numeric.*'age'.*list"),
        ([{}, None, 3], "Numeric.*'age'.*dict"),
        (pd.to_datetime(["2020-01-01"] * 3), "Numeric.*'age'.*dates"),
        ([np.inf, 1, 2], r"'age'.*row 0\."),
    ],
)
def test_cells_that_are_nothing_of_a_column_are_errors(
    tmp_path: Path, cells: Any, fault: str
) -> None:
    _, reader = read(tmp_path, plain_frame(80))

    with pytest.raises(StudyError, match=fault):
        reader.read(plain_frame(3).assign(age=cells))
