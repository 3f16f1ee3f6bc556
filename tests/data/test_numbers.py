"""Dirty columns, each with the numbers that a person would read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.columns import read_as, read_column
from study.data.files import read_file
from study.data.numbers import PLAIN
from study.data.tables import read_table
from study.schema import StudyError

from .helpers import config_for, plain_frame, table_of, written

NAN = float("nan")
MANY = [str(number) for number in range(100, 159)]
"""59 numbers: one more cell is a sixtieth."""


def of_file(folder: Path, cells: list[str], ending: str = "csv", mark: str = ",") -> pd.Series[Any]:
    """Cells as the column x of a file."""
    frame = pd.DataFrame({"x": cells, "z": "1"})
    path = folder / f"t.{ending}"
    frame.to_csv(path, index=False, sep=mark)
    return read_file(path)[0]["x"]


def series(cells: Any, dtype: Any = None) -> pd.Series[Any]:
    return pd.Series(cells, name="x", dtype=dtype)


@pytest.mark.parametrize(
    ("cells", "numbers", "pattern"),
    [
        (["$10,435.60", "$5", "7"], [10435.6, 5, 7], "1,234.5 $"),
        (["-$5", "($7.50)", "$-3", "\N{MINUS SIGN}2"], [-5, -7.5, -3, -2], "1234.5 $"),
        (["210,430.00", "9.5", "1e3"], [210430, 9.5, 1000], "1,234.5"),
        (["1,234,567", "1,234"], [1234567, 1234], "1,234.5"),
        (["210 %", "5.5 %"], [210, 5.5], "1234.5 %"),
        (["134,160 km", "950 km"], [134160, 950], "1,234.5 km"),
        (["12 sq ft", "9.5 sq ft"], [12, 9.5], "1234.5 sq ft"),
        (["1.234,5", "12"], [1234.5, 12], "1.234,5"),
        (["1,5", "0,125"], [1.5, 0.125], "1234,5"),
        (["0,512", "1,234"], [0.512, 1.234], "1234,5"),
        (["1.234,50 €", "7 €"], [1234.5, 7], "1.234,5 €"),
        (["1 234", "1 234 567", "5"], [1234, 1234567, 5], "1 234.5"),
        (["1\u202f234,5", "5"], [1234.5, 5], "1\u202f234,5"),
        (["1'234.50", "12"], [1234.5, 12], "1'234.5"),
        ([*MANY, "unknown"], [*map(float, MANY), NAN], "1234.5 or gaps"),
        (["€1", "€2"] * 15 + ["$3"], [1.0, 2.0] * 15 + [NAN], "1234.5 € or gaps"),
    ],
)
def test_numbers_are_read_as_a_person_reads_them(
    cells: list[str], numbers: list[float], pattern: str
) -> None:
    column = read_column(series(cells))

    assert column.type == "numeric"
    np.testing.assert_allclose(column.values, numbers)
    assert column.pattern == pattern
    assert pattern.removesuffix(" or gaps").removeprefix("1234.5") in " ".join(column.notes)


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "010", "123"],
        ["0", "1,234.5", "007"],
        ["$5", "007"],
        ["12 %", "7", "007"],
        ["1 km", "2 mi"] * 20,
        ["level 1", "level 2"],
        ["012 345 678", "098 765 432"],
        [*[f"word {i}" for i in range(20)], "1", "2", "3"],
        [*map(str, range(30)), *["many"] * 4],
        ["12:30", "13:45"],
        ["<5%", "5-10%", ">10%"] * 9,
        ["5 %", "7", "many"] * 9,
    ],
)
def test_what_is_no_column_of_numbers_stays_a_category(cells: list[str]) -> None:
    column = read_column(series(cells))

    assert (column.type, column.notes) == ("category", ())


def test_plain_numbers_have_nothing_to_be_said_of_them(tmp_path: Path) -> None:
    of_comma = read_column(of_file(tmp_path, ["1.234", "5.500"]))
    of_semicolon = read_column(of_file(tmp_path, ["1,234", "5,5"], mark=";"))

    assert of_comma.values.tolist() == [1.234, 5.5]
    assert of_semicolon.values.tolist() == [1.234, 5.5]
    assert (of_comma.notes, of_comma.unclear) == ((), "")
    assert (of_semicolon.notes, of_semicolon.unclear) == ((), "")


def test_a_cell_that_is_no_number_is_named_with_its_line(tmp_path: Path) -> None:
    column = read_column(of_file(tmp_path, [*MANY[:30], "unknown", *MANY[30:]]))

    (note,) = column.notes
    assert "1 of 60" in note
    assert "'unknown' (line 32 of t.csv)" in note


@pytest.mark.parametrize(
    ("mark", "cells", "number"),
    [
        ("\t", ["1,234", "5,600"], 1234),
        (";", ["1.200", "950"], 1.2),
        ("\t", ["12 %", "1,234 %"], 12),
    ],
)
def test_a_sign_that_may_part_thousands_or_decimals_is_asked_about(
    tmp_path: Path, mark: str, cells: list[str], number: float
) -> None:
    table = pd.DataFrame({"x": cells * 20, "y": np.arange(40) / 7})
    path = tmp_path / "t.txt"
    table.to_csv(path, index=False, sep=mark)
    cell = next(cell for cell in cells if "," in cell or "." in cell)

    with pytest.raises(StudyError, match=rf"'x'.*'{cell}'.*line \d of t\.txt.*data\.types\.x"):
        read_table(config_for(path))

    read = {
        kind: read_table(config_for(path, data={"types": {"x": kind}})).frame["x"].iloc[0]
        for kind in ("numeric", "category")
    }
    assert read == {"numeric": number, "category": cells[0]}


@pytest.mark.parametrize(
    "cells", [["12 %", "50 %", "12"], ["0.5", "0.2", "50%", ""], ["$5", "$9", "€7"]]
)
def test_signs_that_some_cells_lack_are_asked_about(tmp_path: Path, cells: list[str]) -> None:
    frame = pd.DataFrame({"x": cells * 20}).assign(y=lambda own: own.index / 7)
    path = written(tmp_path, frame.to_csv(index=False))

    with pytest.raises(
        StudyError, match=rf"'x'.*{re.escape(repr(cells[0]))}.*line 2 .*line 4 .*data\.types\.x"
    ):
        read_table(config_for(path))

    kept = read_table(config_for(path, data={"types": {"x": "category"}}))
    assert kept.features[0].type == "category"


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["1970-01-02", "31/01/1970"] * 9, [1, 30] * 9),
        (["1970-01-02", "2 Jan 1970", "1970/01/03 12:00"], [1, 1, 2.5]),
    ],
)
def test_dates_in_several_forms_are_read_cell_by_cell(cells: list[str], days: list[float]) -> None:
    column = read_column(series(cells))

    assert (column.type, column.lost, column.unclear) == ("date", 0, "")
    np.testing.assert_allclose(column.values, days)
    assert "forms" in column.notes[0]


@pytest.mark.parametrize(
    "cells", [["1970-01-02", "02/03/1970"], ["31/01/1970", "01/31/1970", "02/03/1970"]]
)
def test_a_mixed_date_that_may_be_two_is_asked_about(cells: list[str]) -> None:
    column = read_column(series(cells))

    assert all(word in column.unclear for word in ("'x'", "02/03/1970", "row", "data.types.x"))


@pytest.mark.parametrize(
    ("pattern", "cells", "numbers"),
    [
        ("1,234.5 km", ["2,500 km", "3,000"], [2500, 3000]),
        ("1,234.5", ["1,234"], [1234]),
        ("1234,5", ["1,234"], [1.234]),
        ("1234,5", ["1.5", "2"], [1.5, 2]),
        ("1.234,5 €", ["1.234 €"], [1234]),
        ("1234.5 or gaps", ["5", "unknown"], [5, NAN]),
        ("1,234.5 km or gaps", ["5 km", "unknown"], [5, NAN]),
        ("", ["5", "1e3"], [5, 1000]),
    ],
)
def test_new_cells_are_read_as_those_of_training(
    pattern: str, cells: list[str], numbers: list[float]
) -> None:
    column = read_as(series(cells), "numeric", pattern=pattern or PLAIN)

    np.testing.assert_allclose(column.values, numbers)
    assert "gaps" not in " ".join(column.notes)


@pytest.mark.parametrize(
    ("pattern", "cells"),
    [
        ("1,234.5 km", ["5 mi", "6 km"]),
        ("", ["5", "unknown"]),
        ("", ["5", "1,234"]),
        ("1234.5 or gaps", ["unknown", "none"]),
    ],
)
def test_a_new_cell_that_training_has_no_form_of_is_named(pattern: str, cells: list[str]) -> None:
    with pytest.raises(StudyError, match=r"'x' has '.*' in row \d\. Write it"):
        read_as(series(cells), "numeric", "Write it.", pattern or PLAIN)


@pytest.mark.parametrize("first", [2**53, 2**63, 10**30])
@pytest.mark.parametrize("dtype", ["text", object])
def test_numbers_that_become_equal_are_named(first: int, dtype: Any) -> None:
    numbers = [first + i for i in range(60)]
    cells = series([*map(str, numbers)]) if dtype == "text" else series(numbers, object)

    column = read_column(cells)

    assert column.type == "numeric"
    assert f"{first}" in column.merged
    assert f"{60 if first > 2**53 else 44} numbers" in column.merged
    assert read_column(cells, "category").values.nunique() == 60


@pytest.mark.parametrize(
    "cells",
    [["1", "1.0", "1.00"], ["0.1", "0.12345678901234567"], [1, 1.0, 2**60], pd.array([2**53, 5])],
)
def test_numbers_that_stay_apart_are_not(cells: Any) -> None:
    assert not read_column(series(cells)).merged


def frame_with(**columns: Any) -> pd.DataFrame:
    return plain_frame(60).assign(**columns)


def test_a_feature_whose_numbers_all_become_equal_is_not_called_constant(tmp_path: Path) -> None:
    big = [10**30 + i for i in range(60)]
    path = written(tmp_path, frame_with(big=[*map(str, big)]).to_csv(index=False))

    note, reason = [note for note in read_table(config_for(path)).notes if "big" in note]

    assert f"{10**30} in line 2 of table.csv" in note
    assert "data.types.big" in note
    assert "equal" not in reason


def test_a_target_whose_numbers_become_equal_is_refused_with_its_line(tmp_path: Path) -> None:
    numbers = [str(2**53 + i) for i in range(60)]
    path = written(tmp_path, frame_with(y=numbers).to_csv(index=False))

    with pytest.raises(StudyError, match=rf"'y'.*{2**53}.*line 2 of table\.csv.*[Ss]ubtract"):
        read_table(config_for(path))


@pytest.mark.parametrize(
    ("name", "size"), [("x", 1e-300), ("y", 1e-300), ("x", 1e50), ("y", 1e200)]
)
def test_numbers_whose_squares_are_lost_are_refused(tmp_path: Path, name: str, size: float) -> None:
    numbers = {"x": np.arange(60.0) / 7, "y": np.arange(60.0) / 9}
    frame = frame_with(**numbers | {name: numbers[name] * size})

    with pytest.raises(StudyError, match=f"'{name}'"):
        table_of(tmp_path, frame)


def test_an_integer_beyond_any_float_is_named_as_infinite(tmp_path: Path) -> None:
    rows = [{"x": 10**400 if i == 3 else i / 7, "y": i / 9} for i in range(60)]
    path = written(tmp_path, "\n".join(map(json.dumps, rows)), "t.jsonl")

    with pytest.raises(StudyError, match=r"'x'.*line 4 of t\.jsonl"):
        read_table(config_for(path))


ROWS = "".join(f"{i},b{i % 3},{i / 2 + 3}\n" for i in range(30))


@pytest.mark.parametrize("last", ["Total,,9999\n", ",Grand total:,9999\n", ",,307.5\n"])
def test_a_total_in_the_last_line_is_left_out_and_said(tmp_path: Path, last: str) -> None:
    table = read_table(config_for(written(tmp_path, f"a,b,y\n{ROWS}{last}")))

    assert len(table.frame) == 30
    assert "Line 32 of table.csv" in table.notes[0]


@pytest.mark.parametrize("last", ["3,b1,307.5\n", "Total,b1,5\n", "4,,18\n", "3,Sumo,9\n"])
def test_any_other_last_line_is_a_row(tmp_path: Path, last: str) -> None:
    table = read_table(config_for(written(tmp_path, f"a,b,y\n{ROWS}{last}")))

    assert len(table.frame) == 31
