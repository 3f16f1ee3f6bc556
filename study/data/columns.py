"""From one raw column to its type and clean values: numbers, booleans, categories and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.config.options import ColumnType
from study.data.cells import (
    FALSE_WORDS,
    NUMBER,
    TRUE_WORDS,
    ZERO_PADDED,
    as_booleans,
    as_numbers,
    as_plain,
    as_text,
)
from study.data.dates import FORMATS, as_days, parse_dates
from study.formatting import count
from study.schema import StudyError

TRUTHS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
"""Pairs of words, in any case, that make a text column boolean."""

LARGEST = 1e100
"""Largest size of a number; beyond it squares overflow."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column with its type.

    type: None where the cells are nothing a model takes (lists, mappings, bytes). values: float64
    (numbers; 0 and 1; days since 1970-01-01), or text with missing as NaN for a category. reason:
    why it has that type. lost: cells that were present but could not be read as the type, now
    missing. pattern: format of dates that were text, as `study.data.dates.FORMATS` names it.
    """

    name: str
    type: ColumnType | None
    values: pd.Series[Any]
    reason: str
    lost: int = 0
    pattern: str = ""


def read_column(raw: pd.Series[Any], declared: ColumnType | None = None) -> Column:
    """Give `raw` its declared type, or infer one.

    A date column is inferred where at least 95% of the cells parse in one format. Text is numeric
    where every cell is a number and none is zero-padded, boolean where its words are one of TRUTHS,
    else a category.

    Raises
    ------
    StudyError
        A cell breaks the declared type.
    """
    name, raw = str(raw.name), as_plain(raw)
    if declared is not None:
        values, pattern = _declared(raw, declared)
        return Column(name, declared, values, "declared in data.types", pattern=pattern)
    if alien := _alien(raw):
        return Column(name, None, raw, f"cells of type {alien}")
    if isinstance(raw.dtype, pd.CategoricalDtype):
        return Column(name, "category", as_text(raw), f"categorical, {_distinct(raw)}")
    if pd.api.types.is_bool_dtype(raw.dtype):
        return Column(name, "boolean", raw.astype("float64"), "true or false")
    if pd.api.types.is_numeric_dtype(raw.dtype):
        return Column(name, "numeric", raw.astype("float64"), f"numbers, {_distinct(raw)}")
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return Column(name, "date", as_days(raw), f"dates, {_distinct(raw)}")
    return _from_text(raw)


def _alien(raw: pd.Series[Any]) -> str | None:
    """Type of the first cell that is no number, word or date, None where there is none."""
    objects = raw.dropna() if raw.dtype == object else ()
    return next((type(value).__name__ for value in objects if not isinstance(value, str)), None)


def _from_text(raw: pd.Series[Any]) -> Column:
    name, text = str(raw.name), as_text(raw)
    n_present = int(text.notna().sum())
    distinct = pd.Series(text.dropna().unique(), dtype="str")
    different = _counted(len(distinct))
    if not len(distinct):
        return Column(name, "category", text, "no cell filled")
    if len(distinct) < 9 and set(distinct.str.lower()) in TRUTHS:
        return Column(
            name, "boolean", as_booleans(text), f"the words {' and '.join(sorted(distinct))}"
        )
    strange = int((~distinct.str.fullmatch(NUMBER)).sum())
    if not strange:
        if distinct.str.fullmatch(ZERO_PADDED).any():
            return Column(name, "category", text, f"digits with leading zeros, {different}")
        return Column(name, "numeric", as_numbers(text), f"numbers, {different}")
    days, pattern = parse_dates(text)
    lost = int(n_present - days.notna().sum())
    if pattern and lost <= 0.05 * n_present:
        return Column(name, "date", days, f"dates written as {pattern}, {different}", lost, pattern)
    reason = f"text, {different}"
    if strange < 0.5 * len(distinct):
        row = _first(~text.str.fullmatch(NUMBER) & text.notna())
        reason += f", mostly numbers but {text[row]!r} in row {row}"
    return Column(name, "category", text, reason)


def _first(offends: pd.Series[bool]) -> int:
    """Position of the first cell that offends; -1 if none."""
    return int(offends.to_numpy().argmax()) if offends.any() else -1


def numbers_or_error(raw: pd.Series[Any], what: str, way_out: str) -> pd.Series[Any]:
    """float64 values of `raw`, or a StudyError that names the first cell that is no number.

    what: what the column is, as the error begins.
    """
    raw = as_plain(raw)
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return as_days(raw)
    if pd.api.types.is_bool_dtype(raw.dtype) or pd.api.types.is_numeric_dtype(raw.dtype):
        return raw.astype("float64")
    text = as_text(raw)
    row = _first(~text.str.fullmatch(NUMBER) & text.notna())
    if row >= 0:
        raise StudyError(f"{what} {str(raw.name)!r} has {text[row]!r} in row {row}. {way_out}")
    return as_numbers(text)


def read_as(raw: pd.Series[Any], kind: ColumnType, pattern: str, way_out: str) -> Column:
    """Cells of a column whose type is known, dates that are text in the format that was found in
    training.

    Cells that are no such date are lost.

    Raises
    ------
    StudyError
        A cell breaks the type, or all cells of a date column are lost.
    """
    name, plain = str(raw.name), as_plain(raw)
    if kind != "date" or _alien(plain) or pd.api.types.is_datetime64_any_dtype(plain.dtype):
        return Column(name, kind, _declared(plain, kind, way_out)[0], "as in training")
    text = as_text(plain)
    days, used = parse_dates(text, (pattern,) if pattern else FORMATS)
    lost = int(text.notna().sum() - days.notna().sum())
    if lost and days.isna().all():
        row = _first(text.notna())
        raise StudyError(
            f"Date column {name!r} ({pattern or 'any format'}) has {text[row]!r} in row {row}. {way_out}"
        )
    return Column(name, kind, days, "as in training", lost, used)


def _declared(
    raw: pd.Series[Any], declared: ColumnType, way_out: str = ""
) -> tuple[pd.Series[Any], str]:
    """Cells of a declared type, and the format of dates that were text; way_out: what to do where a
    cell breaks it.
    """
    name = str(raw.name)
    if alien := _alien(raw):
        raise StudyError(
            f"{declared.capitalize()} column {name!r} has cells of type {alien}, which can't be read. {way_out}"
        )
    if declared == "numeric" and pd.api.types.is_datetime64_any_dtype(raw.dtype):
        way_out = way_out or f"Set data.types.{name} to date."
        raise StudyError(f"Numeric column {name!r} has dates. {way_out}")
    way_out = way_out or f"Fix the cell, or set data.types.{name} to category."
    if declared == "numeric":
        return numbers_or_error(raw, "Numeric column", way_out), ""
    text = as_text(raw)
    if declared == "category":
        return text, ""
    if declared == "boolean":
        row = _first(~text.str.lower().isin(TRUE_WORDS | FALSE_WORDS) & text.notna())
        if row >= 0:
            raise StudyError(f"Boolean column {name!r} has {text[row]!r} in row {row}. {way_out}")
        return as_booleans(text), ""
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return as_days(raw), ""
    days, pattern = parse_dates(text)
    unread = text.notna() & days.isna()
    if unread.any():
        row = int(unread.to_numpy().argmax())
        raise StudyError(f"Date column {name!r} has {text[row]!r} in row {row}. {way_out}")
    return days, pattern


def _distinct(values: pd.Series[Any]) -> str:
    return _counted(values.nunique())


def _counted(values: int) -> str:
    return count(values, "distinct value")


def read_labels(raw: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """The cells of a column as class labels: text, `1.0` as `1`, missing as NaN."""
    return as_text(column.values if column.type == "numeric" else as_plain(raw))


def check_finite(
    column: Column, way_out: str = "Fix or empty the cells, or add the column to data.drop."
) -> None:
    """Raise a StudyError where a numeric column holds infinite numbers, or numbers beyond LARGEST."""
    if column.type not in {"numeric", "date"}:
        return
    huge = column.values.abs() > LARGEST
    if huge.any():
        rows = [str(row) for row in column.values.index[huge]]
        shown = ", ".join(rows[:5]) + (", ..." if len(rows) > 5 else "")
        raise StudyError(
            f"Column {column.name!r}: {count(len(rows), 'number')} infinite or beyond {LARGEST:g} (row {shown}). {way_out}"
        )
