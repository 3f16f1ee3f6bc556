"""A separated file is read in pieces; none of it may depend on where a piece ends."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from study.data import cells as cells_module, files
from study.data.columns import read_column, read_labels
from study.data.files import MISSING, read_file
from study.data.written import place
from study.schema import StudyError

from .helpers import written


@pytest.fixture(autouse=True)
def two_rows_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIECE", 1)
    monkeypatch.setattr(files, "ROWS", 2)
    monkeypatch.setattr(cells_module, "PIECE", 2)


def cells(path: Path) -> list[list[Any]]:
    frame, _ = read_file(path)
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


def traced(call: Callable[[], Any]) -> int:
    """Most bytes that Python and numpy held during `call`."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_quoted_line_end_may_lie_where_a_piece_ends(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n1,"x\n\ny"\n2,"z\r\n"\n\n3,"\n"\n4,w\n')

    assert cells(path) == [["1", "x\n\ny"], ["2", "z"], ["3", None], ["4", "w"]]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,2,3", r"table\.csv, line 8: 3 .* 2\."),
        ('"1,2', r"table\.csv, line 8:"),
        ("\udcff,1", r"table\.csv.*line 8:.*UTF-8"),
    ],
)
def test_a_fault_in_a_later_piece_is_named_with_its_line(
    tmp_path: Path, line: str, fault: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(f'a,b\n1,2\n"x\ny",2\n\n3,4\n5,6\n{line}\n'.encode(errors="surrogateescape"))

    with pytest.raises(StudyError, match=fault):
        read_file(path)


def test_a_column_is_what_all_of_its_pieces_are(tmp_path: Path) -> None:
    rows = [
        f"{i},{i}.50,{'x' if i == 6 else i},{'007' if i == 7 else i},{'' if i < 6 else i}"
        for i in range(8)
    ]
    frame, _ = read_file(written(tmp_path, "\n".join(["a,b,c,d,e", *rows])))

    read = {name: read_column(frame[name]) for name in frame}

    assert {name: column.type for name, column in read.items()} == {
        "a": "numeric", "b": "numeric", "c": "category", "d": "category", "e": "numeric",
    }  # fmt: skip
    assert re.search(r"\b8\b.*'x'.*line 8 of table\.csv", read["c"].reason)
    assert read["d"].values.tolist() == ["0", "1", "2", "3", "4", "5", "6", "007"]
    np.testing.assert_array_equal(read["e"].values, [np.nan] * 6 + [6, 7])


def test_equal_cells_have_one_label_in_all_pieces() -> None:
    cells = pd.Series([True, dt.date(2020, 1, 1), 1, dt.date(2020, 1, 1)], dtype=object)

    labels = read_labels(cells, read_column(cells))

    assert labels.tolist() == ["True", "2020-01-01"] * 2


def test_a_row_has_the_line_of_the_file_that_it_starts_in(tmp_path: Path) -> None:
    path = written(tmp_path, '\na,b\n1,"x\n\ny"\n2,"z\r\n"\n\n3,w\n')

    frame, _ = read_file(path)

    assert [place(frame["b"], row) for row in range(3)] == [
        f"line {line} of table.csv" for line in (3, 6, 9)
    ]


def test_a_header_of_one_empty_cell_is_a_column(tmp_path: Path) -> None:
    assert cells(written(tmp_path, '""\n1\n2\n3\n')) == [["1"], ["2"], ["3"]]


CELLS = st.text(st.sampled_from('a1. ,;"\né\N{BALLOON}'), max_size=5) | st.sampled_from(
    ["007", "1e5", "-.5", "NA", "?", ""]
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=9),
    st.integers(1, 4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_cells_are_read_as_written(
    tmp_path_factory: Any, rows: list[tuple[str, ...]], length: int, end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([("x", "y", "z"), *rows])
    path = tmp_path_factory.mktemp("t") / "table.csv"
    path.write_bytes(text.getvalue().encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ROWS", length)
        read = cells(path)

    assert read == [
        [None if cell.strip() in MISSING else cell.strip() for cell in row] for row in rows
    ]


def test_the_text_of_a_file_is_never_whole_beside_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROWS", 1_000)
    path = written(tmp_path, "a,b\n\N{BALLOON},1\n" + f"{'some words ' * 20},2.25\n" * 30_000)

    assert traced(lambda: read_file(path)) < 1.5 * path.stat().st_size


@pytest.mark.parametrize("cell", ["{}", "{}.5", "level {}", "2020-01-01 00:00:{:02}"])
def test_the_cells_of_a_column_are_never_all_python_objects(
    monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    monkeypatch.setattr(cells_module, "PIECE", 1_000)
    text = pd.Series([cell.format(i % 50) for i in range(50_000)], dtype="str")

    assert traced(lambda: read_column(text)) < 40 * len(text)
