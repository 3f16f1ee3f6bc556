"""What groups and time are, and what is said of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from study.config import StudyConfig
from study.data.cells import as_label
from study.data.columns import TARGET_SIZES, check, read_column
from study.data.readings import Column, refuse
from study.schema import StudyError


def _groups(raw: pd.Series[Any]) -> pd.Series[Any]:
    values = read_column(raw, "category").values
    way_out = "Fill the cell, or remove the row."
    refuse("groups column", values, values.isna(), way_out, "is empty")
    return values


def _time(raw: pd.Series[Any], config: StudyConfig) -> Column:
    name = str(raw.name)
    column = read_column(raw, config.data.types.get(name))
    if column.type not in {"numeric", "date"}:
        raise StudyError(
            f"time column {name!r} has {column.reason}, not dates or numbers. "
            f"Fix its cells; with data.types.{name}: date the first wrong one is named."
        )
    check(column, TARGET_SIZES)
    values, way_out = column.values, "Fix the cell, or remove the row."
    refuse("time column", values, values.isna(), way_out, "has no date or number")
    return column


def _grouped_words(groups: pd.Series[Any]) -> str:
    return f"Rows of one {str(groups.name)!r} ({groups.nunique():,} groups) stay together in every split."


def _timed_words(time: Column) -> str:
    ends = time.values.min(), time.values.max()
    first, last = (
        f"{pd.Timestamp(end, unit='D'):%Y-%m-%d}" if time.type == "date" else as_label(end)
        for end in ends
    )
    return (
        f"Test rows are later than all others by {time.name!r}, which goes from {first} to {last}."
    )
