"""CSV files of any cells, against what pandas reads in the same bytes."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings, strategies as st

from study.data.cells import ZERO_PADDED
from study.data.columns import read_column
from study.data.files import MISSING, read_file

CELLS = ["1", "2.5", "-3e4", "+7", "007", "1,500", "1.234,5", "$3.50", "4 km", "12 %", "x", " y ", "", "NA", "?",
         'say "hi"', "two\nlines", "é", "2021-01-31", "31/01/2021", "Total", "1e400", "9007199254740993"]  # fmt: skip
ROWS = st.lists(st.lists(st.sampled_from(CELLS), min_size=3, max_size=3), min_size=1, max_size=12)
NAMES = ["a", "b c", "ü"]


@given(
    rows=ROWS,
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_cells_and_numbers_are_those_of_pandas_or_something_is_said(
    rows: list[list[str]], separator: str, end: str, bom: bool
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows([NAMES, *rows])
    content = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(content)

        frame, _ = read_file(path)

    options = {"sep": separator, "keep_default_na": False, "encoding": "utf-8-sig"}
    plain = pd.read_csv(io.BytesIO(content), dtype=str, **options)
    assert list(frame) == NAMES
    for name in NAMES:
        cells = plain[name].str.strip().replace("\r\n", "\n", regex=True)
        cells = cells.mask(cells.isin(MISSING))
        assert frame[name].astype("str").str.replace("\r\n", "\n").equals(cells.astype("str"))
        column = read_column(frame[name])
        theirs = pd.read_csv(io.BytesIO(content), na_values=[*MISSING], **options)[name]
        padded = cells.str.fullmatch(ZERO_PADDED).fillna(False).any()
        if pd.api.types.is_numeric_dtype(theirs) and cells.notna().any() and not padded:
            assert column.type == "numeric"
            if np.isfinite(theirs).all():
                np.testing.assert_allclose(column.values, theirs.astype(float), rtol=1e-15)
        elif column.type == "numeric":
            assert column.notes or column.unclear or separator == ";"  # where commas are decimals
