"""From one raw column to its type and clean values: numbers, booleans, categories and dates."""

from __future__ import annotations

import datetime as dt
import decimal
import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.config.options import ColumnType
from study.data.dates import as_days, parse_dates
from study.schema import StudyError

TRUTHS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
"""Pairs of words, in any case, that make a text column boolean."""

TRUE_WORDS = frozenset({"true", "yes", "t", "y", "1"})
FALSE_WORDS = frozenset({"false", "no", "f", "n", "0"})

LARGEST = 1e100
"""Largest size of a number; beyond it squares overflow."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE | re.ASCII)
_ZERO_PADDED = re.compile(r"[+-]?0\d+", re.ASCII)


@dataclass(frozen=True, eq=False)
class Column:
    """One column with its type.

    type: None where the cells are nothing a model takes (lists, mappings, bytes).
    values: float64 (numbers; 0 and 1; days since 1970-01-01), or text with missing as NaN for a category.
    reason: why it has that type.
    lost: cells that were present but could not be read as the type, now missing.
    """

    name: str
    type: ColumnType | None
    values: pd.Series[Any]
    reason: str
    lost: int = 0


def read_column(raw: pd.Series[Any], declared: ColumnType | None = None) -> Column:
    """Give `raw` its declared type, or infer one.

    A date column is inferred where at least 95 % of the cells parse in one format. Text is numeric where every cell is a
    number and none is zero-padded, boolean where its words are one of TRUTHS, else a category.

    Raises
    ------
    StudyError
        A cell breaks the declared type.
    """
    name, raw = str(raw.name), _plain(raw)
    objects = raw.dropna() if raw.dtype == object else ()
    alien = next((type(value).__name__ for value in objects if not isinstance(value, str)), None)
    if declared is not None:
        if alien:
            raise StudyError(f"A {declared} column holds numbers, words or dates, but {name!r} has cells of type {alien}.")
        return Column(name, declared, _declared(raw, declared), "declared in data.types")
    if alien:
        return Column(name, None, raw, f"cells of type {alien}")
    if isinstance(raw.dtype, pd.CategoricalDtype):
        return Column(name, "category", _text(raw), f"categorical, {_distinct(raw)}")
    if pd.api.types.is_bool_dtype(raw.dtype):
        return Column(name, "boolean", raw.astype("float64"), "true or false")
    if pd.api.types.is_numeric_dtype(raw.dtype):
        return Column(name, "numeric", raw.astype("float64"), f"numbers, {_distinct(raw)}")
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return Column(name, "date", as_days(raw), f"dates, {_distinct(raw)}")
    return _from_text(raw)


def _from_text(raw: pd.Series[Any]) -> Column:
    name, text = str(raw.name), _text(raw)
    present = text.dropna()
    distinct = pd.unique(present.to_numpy(dtype=object)).tolist()
    if not distinct:
        return Column(name, "category", text, "no cell filled")
    if len(distinct) < 9 and {value.lower() for value in distinct} in TRUTHS:
        return Column(name, "boolean", _boolean(text), f"the words {' and '.join(sorted(distinct))}")
    strange = sum(_NUMBER.fullmatch(value) is None for value in distinct)
    if not strange:
        if any(_ZERO_PADDED.fullmatch(value) for value in distinct):
            return Column(name, "category", text, f"digits with leading zeros, {_distinct(text)}")
        return Column(name, "numeric", _numbers(text), f"numbers, {_distinct(text)}")
    days, pattern = parse_dates(text)
    lost = int(len(present) - days.notna().sum())
    if pattern and lost <= 0.05 * len(present):
        return Column(name, "date", days, f"dates written as {pattern}, {_distinct(text)}", lost)
    reason = f"text, {_distinct(text)}"
    if strange < 0.5 * len(distinct):
        row = first_row(text, lambda value: _NUMBER.fullmatch(value) is None)
        reason += f", mostly numbers but {text[row]!r} in row {row}"
    return Column(name, "category", text, reason)


def first_row(text: pd.Series[Any], offends: Callable[[Any], bool]) -> int:
    """Position of the first present cell for which `offends` is true; -1 if none."""
    cells = text.to_numpy(dtype=object).tolist()
    return next((row for row, cell in enumerate(cells) if isinstance(cell, str) and offends(cell)), -1)


def numbers_or_error(raw: pd.Series[Any], rule: str, way_out: str) -> pd.Series[Any]:
    """float64 values of `raw`, or a StudyError that names the first cell that is no number."""
    raw = _plain(raw)
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return as_days(raw)
    if pd.api.types.is_bool_dtype(raw.dtype) or pd.api.types.is_numeric_dtype(raw.dtype):
        return raw.astype("float64")
    text = _text(raw)
    row = first_row(text, lambda value: _NUMBER.fullmatch(value) is None)
    if row >= 0:
        raise StudyError(f"{rule}, but column {str(raw.name)!r} has {text[row]!r} in row {row}. {way_out}")
    return _numbers(text)


def _declared(raw: pd.Series[Any], declared: ColumnType) -> pd.Series[Any]:
    name = str(raw.name)
    if declared == "numeric":
        way_out = f"Mend the cell, or set data.types.{name} to category."
        return numbers_or_error(raw, "A numeric column holds only numbers", way_out)
    text = _text(raw)
    if declared == "category":
        return text
    if declared == "boolean":
        row = first_row(text, lambda value: value.lower() not in TRUE_WORDS | FALSE_WORDS)
        if row >= 0:
            raise StudyError(
                f"A boolean column holds true and false, yes and no or 1 and 0, but column {name!r} has {text[row]!r} "
                f"in row {row}. Mend the cell, or set data.types.{name} to category."
            )
        return _boolean(text)
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return as_days(raw)
    days, _ = parse_dates(text)
    unread = text.notna() & days.isna()
    if unread.any():
        row = int(unread.to_numpy().argmax())
        raise StudyError(
            f"A date column holds dates of one format, such as 2024-01-31, but column {name!r} has {text[row]!r} in row {row}. "
            f"Mend the cell, or set data.types.{name} to category."
        )
    return days


def _plain(raw: pd.Series[Any]) -> pd.Series[Any]:
    """`raw` with objects of one kind as a proper dtype, durations as days and periods as their first day."""
    if isinstance(raw.dtype, pd.PeriodDtype):
        return pd.Series(raw.dt.to_timestamp())
    if isinstance(raw.dtype, pd.IntervalDtype):
        return raw.astype(object).map(str, na_action="ignore").astype("str")
    if pd.api.types.is_timedelta64_dtype(raw.dtype):
        return pd.Series(raw.dt.total_seconds() / 86_400)
    if pd.api.types.is_complex_dtype(raw.dtype):
        return raw.astype(object)
    if raw.dtype != object:
        return raw
    present = raw.dropna()
    if all(isinstance(value, str) for value in present):
        return raw.astype("str")
    if all(isinstance(value, bool | np.bool_) for value in present):
        return raw.astype("boolean")
    if all(isinstance(value, numbers.Real | decimal.Decimal) for value in present):
        return raw.map(float, na_action="ignore").astype("float64")
    if all(isinstance(value, dt.date) for value in present):
        return pd.to_datetime(raw, utc=True)
    if all(isinstance(value, str | numbers.Real) for value in present):
        return raw.map(as_label, na_action="ignore").astype("str")
    return raw


def as_label(value: Any) -> str:
    """A cell as the text of a level or class: `1.0` is `1`."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value).strip()


def _text(raw: pd.Series[Any]) -> pd.Series[Any]:
    """Every cell as text, blank and missing ones as NaN; whole numbers without a point."""
    if isinstance(raw.dtype, pd.StringDtype):
        text = raw.astype("str").str.strip()
    else:
        values = raw.astype(object)
        text = values.map({value: as_label(value) for value in values.dropna().unique()}).astype("str")
    return text.mask(text == "")


def _numbers(text: pd.Series[Any]) -> pd.Series[Any]:
    values = [float(cell) for cell in text.to_numpy(dtype=object).tolist()]  # a missing cell is a NaN already
    return pd.Series(values, index=text.index, name=text.name, dtype="float64")


def _boolean(text: pd.Series[Any]) -> pd.Series[Any]:
    truth = {value: float(value.lower() in TRUE_WORDS) for value in text.dropna().unique()}
    return text.astype(object).map(truth).astype("float64")


def _distinct(values: pd.Series[Any]) -> str:
    count = values.nunique()
    return f"{count} distinct value{'s' if count != 1 else ''}"


def read_labels(raw: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """The cells of a column as class labels: text, `1.0` as `1`, missing as NaN."""
    return _text(column.values if column.type == "numeric" else _plain(raw))


def check_finite(column: Column) -> None:
    """Raise a StudyError where a numeric column holds infinite numbers, or numbers beyond LARGEST."""
    if column.type not in {"numeric", "date"}:
        return
    huge = column.values.abs() > LARGEST
    if huge.any():
        rows = [str(row) for row in column.values.index[huge]]
        shown = ", ".join(rows[:5]) + (", ..." if len(rows) > 5 else "")
        raise StudyError(
            f"Numbers must be finite and below {LARGEST:g}, but column {column.name!r} has {len(rows)} that "
            f"{'are' if len(rows) > 1 else 'is'} not (row {shown}). Mend the cells, empty them, or add the column to data.drop."
        )
