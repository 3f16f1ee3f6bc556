"""How a table was written: where its rows stand, and which sign its decimals have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.formatting import count

KEY = "study"
"""Of `attrs` of a raw frame and its columns: how it was written."""
SHOWN = 3
"""Cells that are named of many."""


@dataclass(frozen=True, eq=False)
class Written:
    """A text file that rows were read from; without a name the rows are those of a frame.

    lines: the line that each row starts in, counted from 1. decimal: the decimal sign where a cell
    leaves it open.
    """

    file: str = ""
    lines: Sequence[int] = ()
    decimal: str = "."

    def __deepcopy__(self, _: Any) -> Written:  # pandas copies attrs with every column
        return self


def written(column: pd.Series[Any] | pd.DataFrame) -> Written:
    """How a raw frame or column was written."""
    found: Written = column.attrs.get(KEY, Written())
    return found


def place(column: pd.Series[Any] | pd.DataFrame, row: int) -> str:
    """Where a row is: its line of the file, or its row of the frame, counted from 0."""
    own = written(column)
    return f"line {own.lines[row]} of {own.file}" if row < len(own.lines) else f"row {row}"


def places(column: pd.Series[Any], rows: npt.NDArray[np.int64]) -> str:
    """The first of some cells, each with its place."""
    cells = [f"{column.iloc[row]!r} ({place(column, row)})" for row in rows[:SHOWN].tolist()]
    more = len(rows) - SHOWN
    return ", ".join(cells) + (f" and {count(more, 'more cell')}" if more > 0 else "")
