"""Text columns as numbers and dates, and what is to be said of how they were read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from study.config.options import ColumnType
from study.data.cells import NUMBER, as_label, as_numbers, distinct_cells
from study.data.dates import OR, parse_dates
from study.data.numbers import GAPS, PLAIN, is_number, read_numbers
from study.data.written import place, places, written
from study.formatting import count
from study.schema import StudyError


@dataclass(frozen=True, eq=False)
class Column:
    """One column with its type.

    type: None where the cells are nothing a model takes (lists, mappings, bytes). values: float64
    (numbers; 0 and 1; days since 1970-01-01), or text with missing as NaN for a category. reason:
    why it has that type. lost: cells that were present but could not be read as the type, now
    missing. pattern: formats of dates that were text, as `study.data.dates` names them, or how
    numbers were written, as `study.data.numbers` does. notes: what to say of how it was read.
    unclear: what keeps it from being read in one way, and merged: numbers that became equal; both
    with the fix.
    """

    name: str
    type: ColumnType | None
    values: pd.Series[Any]
    reason: str
    lost: int = 0
    pattern: str = ""
    notes: tuple[str, ...] = ()
    unclear: str = ""
    merged: str = ""


def first(offends: pd.Series[bool]) -> int:
    """Position of the first cell that offends; -1 if none."""
    return int(np.argmax(offends)) if offends.any() else -1


def refuse(
    what: str, cells: pd.Series[Any], offends: pd.Series[bool], way_out: str, has: str = ""
) -> None:
    """Raise a StudyError that names the first cell that offends, if one does.

    what: what the column is, as the error begins. has: what is wrong with it, else the cell.
    """
    if (row := first(offends)) >= 0:
        cell = cells.iloc[row]
        has = has or f"has {repr(cell) if isinstance(cell, str) else as_label(cell)}"
        raise StudyError(f"{what} {str(cells.name)!r} {has} in {place(cells, row)}. {way_out}")


def _read(text: pd.Series[Any], values: pd.Series[Any], what: str, pattern: str) -> Column:
    """Values of text, with a note of the cells that are lost."""
    values.attrs = text.attrs
    rows = np.flatnonzero(text.notna() & values.isna())
    said = f"{len(rows)} of {text.count()}: {places(text, rows)}"
    note = f"Column {str(text.name)!r}: cells that aren't {what} count as missing, {said}."
    notes = (note,) * bool(len(rows))
    return Column(str(text.name), None, values, what, len(rows), pattern, notes)


def text_numbers(text: pd.Series[Any], pattern: str = "", known: Any = None) -> Column:
    """Text as numbers, in any style or that of a pattern; what is none is lost. known: its distinct
    cells."""
    name, decimal = str(text.name), written(text).decimal
    codes, distinct = known or distinct_cells(text)
    usual = distinct.str.fullmatch(NUMBER)
    plain, notes, unclear = distinct.where(usual), list[str](), ""
    if pattern or decimal == "," or any(map(is_number, distinct[~usual].to_list())):
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        found, style, either = read_numbers(distinct.to_list(), counts, decimal, pattern)
        plain = pd.Series(found, distinct.index, dtype="str")
        if style not in {PLAIN, PLAIN.replace(".", decimal)}:
            notes = [f"Column {name!r} has numbers written like {style}."]
        pattern = pattern or style
        if either.any():
            unclear = _unclear_number(text, distinct.index[either][0])
    numbers = as_numbers(plain)
    values = pd.Series(np.append(numbers, np.nan)[codes], index=text.index, name=name)
    column = _read(text, values, "numbers", pattern)
    return replace(
        column,
        type="numeric",
        pattern=f"{pattern.removesuffix(GAPS) or PLAIN}{GAPS}" if column.lost else pattern,
        notes=(*notes, *column.notes),
        unclear=unclear,
        merged=merged(text, plain, numbers),
    )


def _unclear_number(text: pd.Series[Any], row: int) -> str:
    cell, name = text.iloc[row], str(text.name)
    ways = [re.sub("[,.]", "", cell), cell.replace(",", ".")]
    number, other = ways if "," in cell else reversed(ways)
    return (
        f"Column {name!r}: {cell!r} in {place(text, row)} may be {number} or {other}. "
        f"Set data.types.{name} to numeric for {number}, to category for text, or write {other}."
    )


def merged(cells: pd.Series[Any], distinct: pd.Series[Any], values: pd.Series[Any]) -> str:
    """What is said of distinct numbers that are one as float64; empty where none are.

    distinct: numbers of some cells as they are; values: the same as float64.
    """
    twice = values.duplicated(keep=False) & values.notna()
    exact = distinct[twice].map(lambda cell: Decimal(cell) if isinstance(cell, str) else cell)
    same = exact.index[exact.groupby(values[twice]).transform("nunique") > 1]
    if not len(same):
        return ""
    row, name = same[0], str(cells.name)
    return (
        f"Column {name!r} has {count(len(same), 'number')}, such as {cells.iloc[row]} in {place(cells, row)}, that "
        f"differ only beyond the 16 digits of a float64. Subtract a constant, or set data.types.{name} to category."
    )


def text_dates(text: pd.Series[Any], formats: tuple[str, ...]) -> Column:
    """Text as dates in some of the formats; what is none is lost."""
    name = str(text.name)
    days, pattern, either = parse_dates(text, formats)
    column = _read(text, days, "dates", pattern)
    notes, forms, unclear = column.notes, pattern.split(OR), ""
    if len(forms) > 1:
        notes += (f"Column {name!r} has dates in {len(forms)} forms: {', '.join(forms)}.",)
    if either:
        unclear = (
            f"Column {name!r} mixes forms of dates, and {text[either[0]]!r} in {place(text, either[0])} may be two dates. "
            f"Write all as 2020-01-31, or set data.types.{name} to category."
        )
    reason = f"dates written as {pattern}"
    return replace(column, type="date", reason=reason, notes=notes, unclear=unclear)
