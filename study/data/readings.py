"""Text columns as numbers and dates, and what is to be said of how they were read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config.options import ColumnType
from study.data.cells import NUMBER, as_numbers
from study.data.dates import OR, parse_dates
from study.data.numbers import GAPS, PLAIN, read_numbers
from study.data.written import place, places, written
from study.formatting import count


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


def first(offends: pd.Series[bool] | npt.NDArray[np.bool_]) -> int:
    """Position of the first cell that offends; -1 if none."""
    return int(np.argmax(offends)) if offends.any() else -1


def _read(text: pd.Series[Any], values: pd.Series[Any], what: str, pattern: str) -> Column:
    """Values of text, with a note of the cells that are lost."""
    values.attrs = text.attrs
    rows = np.flatnonzero(text.notna() & values.isna())
    said = f"{len(rows)} of {text.notna().sum()}: {places(text, rows)}"
    note = f"Column {str(text.name)!r}: cells that aren't {what} count as missing, {said}."
    notes = (note,) * bool(len(rows))
    return Column(str(text.name), None, values, what, len(rows), pattern, notes)


def text_numbers(text: pd.Series[Any], pattern: str = "") -> Column:
    """Text as numbers, in any style or that of a pattern; what is none is lost."""
    name, decimal = str(text.name), written(text).decimal
    codes, levels = pd.factorize(text)
    distinct = pd.Series(levels, dtype="str")
    plain, notes, unclear = distinct, list[str](), ""
    if pattern or decimal == "," or not distinct.str.fullmatch(NUMBER).all():
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        found = read_numbers(list(distinct), counts, decimal, pattern)
        plain = pd.Series(found.plain, dtype="str")
        if found.pattern not in {PLAIN, PLAIN.replace(".", decimal)}:
            notes = [f"Column {name!r} has numbers written as {found.pattern}."]
        pattern = pattern or found.pattern
        if (row := first(np.append(found.unclear, False)[codes])) >= 0:
            unclear = _unclear_number(text, row)
    numbers = as_numbers(plain).to_numpy()
    values = pd.Series(np.append(numbers, np.nan)[codes], index=text.index, name=name)
    column = _read(text, values, "numbers", pattern)
    if column.lost and not pattern.endswith(GAPS):
        pattern += GAPS
    return replace(
        column,
        type="numeric",
        pattern=pattern,
        notes=(*notes, *column.notes),
        unclear=unclear,
        merged=merged(text, codes, plain, numbers),
    )


def _unclear_number(text: pd.Series[Any], row: int) -> str:
    cell, types = text.iloc[row], f"data.types.{text.name}"
    whole, parted = re.sub("[,.]", "", cell), cell.replace(",", ".")
    number, other = (whole, parted) if "," in cell else (parted, whole)
    return (
        f"Column {str(text.name)!r}: {cell!r} in {place(text, row)} may be {whole} or {parted}. "
        f"Set {types} to numeric for {number}, to category for text, or write {other}."
    )


def merged(
    cells: pd.Series[Any],
    codes: npt.NDArray[np.int64],
    distinct: pd.Series[Any],
    values: npt.NDArray[np.float64],
) -> str:
    """What is said of distinct numbers that are one as float64; empty where none are.

    codes: which of `distinct` each of the cells is. values: these as float64.
    """
    twice = np.flatnonzero(pd.Series(values).duplicated(keep=False).to_numpy() & ~np.isnan(values))
    exact = [Decimal(cell) if isinstance(cell, str) else cell for cell in distinct.iloc[twice]]
    pairs = pd.DataFrame({"value": values[twice], "exact": pd.Series(exact, dtype=object)})
    pairs = pairs.drop_duplicates()
    same = twice[pairs.index[pairs["value"].duplicated(keep=False)]]
    if not len(same):
        return ""
    row, name = first(np.isin(codes, same)), str(cells.name)
    return (
        f"Column {name!r} has {count(len(same), 'number')}, such as {cells.iloc[row]} in {place(cells, row)}, that "
        f"differ only beyond the 16 digits of a float64. Subtract a constant, or set data.types.{name} to category."
    )


def text_dates(text: pd.Series[Any], formats: tuple[str, ...]) -> Column:
    """Text as dates in some of the formats; what is none is lost."""
    name = str(text.name)
    days, pattern, either = parse_dates(text, formats)
    column = _read(text, days, "dates", pattern)
    forms, unclear = pattern.split(OR), ""
    if len(forms) > 1:
        note = f"Column {name!r} has dates in {len(forms)} forms: {', '.join(forms)}."
        column = replace(column, notes=(note, *column.notes))
    if (row := first(either)) >= 0:
        unclear = (
            f"Column {name!r} mixes forms of dates, and {text.iloc[row]!r} in {place(text, row)} may be two of them. "
            f"Write all as 2020-01-31, or set data.types.{name} to category."
        )
    reason = f"dates written as {pattern}"
    return replace(column, type="date", reason=reason, unclear=unclear)
