"""From one raw column to its type and clean values: numbers, booleans, categories and dates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from study.config.options import ColumnType
from study.data.cells import (
    NUMBER,
    ZERO_PADDED,
    as_booleans,
    as_plain,
    as_text,
    distinct_cells,
)
from study.data.dates import FORMATS, OR, as_days
from study.data.numbers import GAPS, PLAIN
from study.data.readings import Column, first, merged, refuse, text_dates, text_numbers
from study.data.written import place
from study.formatting import count
from study.schema import StudyError

TRUTHS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
"""Pairs of words, in any case, that make a text column boolean."""

NUMBERS = 0.9
"""Share of a column's cells that are numbers where the others are mistakes or gaps."""

FEATURE_SIZES = 1e-30, 1e37
"""How far apart a feature's numbers are at least, and how large at most: float32 has them."""
TARGET_SIZES = 1e-100, 1e100
"""The same of a target, whose squares float64 must have."""


def read_column(raw: pd.Series[Any], declared: ColumnType | None = None) -> Column:
    """Give `raw` its declared type, or infer one.

    A date column is inferred where at least 95% of the cells parse, most in one format. Text is
    numeric where 90% of the cells are numbers of one unit and none is zero-padded, boolean where
    its words are one of TRUTHS, else a category.

    Raises
    ------
    StudyError
        A cell breaks the declared type.
    """
    name, cells = str(raw.name), raw
    raw = as_plain(raw)
    if declared is not None:
        column = read_as(cells, declared)
        unclear = "" if declared == "numeric" else column.unclear
        return replace(column, reason="declared in data.types", unclear=unclear)
    if alien := _alien(raw):
        return Column(name, None, raw, f"cells of type {alien}")
    if isinstance(raw.dtype, pd.CategoricalDtype):
        return Column(name, "category", as_text(raw), f"categorical, {_distinct(raw)}")
    if raw.dtype.kind == "b":
        return Column(name, "boolean", raw.astype("float64"), "true or false")
    if pd.api.types.is_numeric_dtype(raw):
        return _typed(cells, raw)
    if raw.dtype.kind == "M":
        return Column(name, "date", as_days(raw), f"dates, {_distinct(raw)}")
    return _from_text(raw)


def _typed(cells: pd.Series[Any], raw: pd.Series[Any]) -> Column:
    """Cells that are numbers, as they are and as numbers of one dtype."""
    values, same = raw.astype("float64"), ""
    if cells.dtype == object or (values.abs().max() >= 2**53 and raw.dtype.kind in "iu"):
        distinct = cells.dropna().drop_duplicates()
        same = merged(cells, distinct.astype(object), values[distinct.index])
    reason = f"numbers, {_distinct(raw)}"
    return Column(str(raw.name), "numeric", values, reason, merged=same)


def _alien(raw: pd.Series[Any]) -> str | None:
    """Type of the first cell that is no number, word or date, None where there is none."""
    objects = raw.dropna() if raw.dtype == object else ()
    return next((type(value).__name__ for value in objects if not isinstance(value, str)), None)


def _from_text(raw: pd.Series[Any]) -> Column:
    name, text = str(raw.name), as_text(raw)
    n_present = text.count()
    known = _, distinct = distinct_cells(text)
    different = count(len(distinct), "distinct value")
    if not len(distinct):
        return Column(name, "category", text, "no cell filled")
    if len(distinct) < 9 and set(distinct.str.lower()) in TRUTHS:
        return Column(
            name, "boolean", as_booleans(text), f"the words {' and '.join(sorted(distinct))}"
        )
    padded = distinct.str.fullmatch(ZERO_PADDED).any()
    plain = distinct.str.fullmatch(NUMBER).all()
    if plain and padded:
        return Column(name, "category", text, f"digits with leading zeros, {different}")
    if not plain and distinct.str.contains(r"\d{4}").any():  # a year
        dates = text_dates(text, FORMATS)
        if dates.pattern and dates.lost <= 0.05 * n_present:
            return dates
        del dates
    numbers, most = text_numbers(text, known=known), (1 - NUMBERS) * n_present
    if numbers.lost <= most and not padded:
        return replace(numbers, reason=f"numbers, {different}")
    signs, lost = "[$€£%]", numbers.values.isna() & text.notna()
    if not padded and distinct.str.contains(signs).any():
        bare = text_numbers(text.str.replace(signs, "", regex=True))
        if bare.lost <= most < numbers.lost:
            one, other = (
                _cell(text, numbers.values.notna()),
                _cell(text, lost & bare.values.notna()),
            )
            unclear = (
                f"Column {name!r} has {one} and {other}, which may differ in unit. "
                f"Write all alike, or set data.types.{name} to category."
            )
            return replace(bare, unclear=unclear)
    reason = f"text, {different}"
    if 0 < numbers.lost < 0.5 * n_present:
        reason += f", mostly numbers but {_cell(text, lost)}"
    return Column(name, "category", text, reason)


def _cell(text: pd.Series[Any], wanted: pd.Series[bool]) -> str:
    """The first of the wanted cells, with its place."""
    return f"{text[first(wanted)]!r} in {place(text, first(wanted))}"


def read_as(
    cells: pd.Series[Any], kind: ColumnType, way_out: str = "", pattern: str = ""
) -> Column:
    """Cells of a column whose type is known.

    way_out: what to do where one breaks it. pattern: how numbers and dates were written in
    training, PLAIN where they were typed; then dates that can't be read are lost, and numbers where
    training lost some, but not all.

    Raises
    ------
    StudyError
        A cell breaks the type, or all cells of such a column are lost.
    """
    name, raw = str(cells.name), as_plain(cells)
    what, dated = f"{kind.capitalize()} column", raw.dtype.kind == "M"
    if alien := _alien(raw):
        raise StudyError(
            f"{what} {name!r} has cells of type {alien}, which can't be read. {way_out}"
        )
    if kind == "numeric" and dated:
        way_out = way_out or f"Set data.types.{name} to date."
        raise StudyError(f"{what} {name!r} has dates. {way_out}")
    if kind == "date" and dated:
        return Column(name, kind, as_days(raw), "")
    if kind == "numeric" and pd.api.types.is_numeric_dtype(raw):
        return _typed(cells, raw)
    exact = kind != "numeric" and raw.dtype.kind == "f"  # objects may have more digits
    text = as_text(cells if exact else raw)
    if kind == "category":
        return Column(name, kind, text, "")
    if kind == "numeric":
        column = text_numbers(text, pattern)
    elif kind == "date":
        what += f" ({pattern})" * ("%" in pattern)
        formats = FORMATS if pattern in {"", PLAIN} else tuple(pattern.split(OR))
        column = text_dates(text, formats)
    else:
        column = Column(name, kind, as_booleans(text), "")
    lost = column.values.isna() & text.notna()
    lenient = (pattern and kind == "date") or pattern.endswith(GAPS)
    if not lenient or column.values.isna().all():
        way_out = way_out or f"Fix the cell, or set data.types.{name} to category."
        refuse(what, text, lost, way_out)
    return column


def _distinct(values: pd.Series[Any]) -> str:
    return count(values.nunique(), "distinct value")


def read_labels(raw: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """The cells of a column as class labels: text, `1.0` as `1`, missing as NaN."""
    return as_text(column.values if column.type == "numeric" else as_plain(raw))


def check(
    column: Column,
    sizes: tuple[float, float],
    way_out: str = "Fix or empty the cells, or add the column to data.drop.",
) -> None:
    """Raise a StudyError where a column can be read in two ways, or a number is infinite or out of
    range.

    sizes: how far apart numbers are at least, and how large at most.
    """
    if column.unclear:
        raise StudyError(column.unclear)
    if column.type not in {"numeric", "date"}:
        return
    (least, most), values = sizes, column.values
    huge = np.flatnonzero(values.abs() > most)
    if len(huge):
        where = f"first in {place(values, huge[0])}"
        raise StudyError(
            f"Column {column.name!r}: {count(len(huge), 'number')} infinite or beyond {most:g}, {where}. {way_out}"
        )
    if 0 < values.max() - values.min() < least:
        raise StudyError(
            f"Column {column.name!r}: its numbers differ by less than {least:g}. Multiply the column by a constant."
        )
