"""Text columns as numbers and dates, and what is to be said of how they were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config.options import ColumnType
from study.data.cells import NUMBER, as_numbers
from study.data.dates import OR, parse_dates
from study.data.numbers import GAPS, PLAIN, merged, read_numbers
from study.data.written import place, places, written
from study.evidence.wording.amounts import listed
from study.formatting import count


@dataclass(frozen=True, eq=False)
class Column:
    """One column with its type.

    type: None where the cells are nothing a model takes (lists, mappings, bytes). values: float64
    (numbers; 0 and 1; days since 1970-01-01), or text with missing as NaN for a category. reason:
    why it has that type. lost: cells that were present but could not be read as the type, now
    missing. pattern: formats of dates that were text, as `study.data.dates` names them, or how
    numbers were written, as `study.data.numbers` does. notes: what to say of how it was read.
    unclear: what keeps it from being read in one way, with the fix. merged: numbers that became
    equal, in words.
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
    return int(offends.to_numpy().argmax()) if offends.any() else -1


def text_numbers(text: pd.Series[Any], pattern: str = "") -> Column:
    """Text as numbers, in any style or that of a pattern; what is none is lost."""
    name, own = str(text.name), written(text)
    codes, levels = pd.factorize(text)
    distinct = pd.Series(levels, dtype="str")
    plain, notes, unclear = distinct, [], ""
    if pattern or own.decimal == "," or not distinct.str.fullmatch(NUMBER).all():
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        found = read_numbers(list(distinct), counts, own.decimal, pattern)
        plain = pd.Series(found.plain, dtype="str")
        pattern = pattern or ("" if found.pattern == PLAIN else found.pattern)
        if found.said:
            notes = [f"Column {name!r} has numbers written with {listed(found.said)}."]
        if (either := np.flatnonzero(np.append(found.unclear, False)[codes])).size:
            unclear = _unclear_number(text, int(either[0]))
    numbers = as_numbers(plain).to_numpy()
    values = pd.Series(np.append(numbers, np.nan)[codes], index=text.index, name=text.name)
    values.attrs = text.attrs
    notes += _lost(text, values, "numbers")
    lost = int(text.notna().sum() - values.notna().sum())
    if lost and not pattern.endswith(GAPS):
        pattern = (pattern or PLAIN) + GAPS
    same = merged_words(text, codes, plain, numbers)
    return Column(name, "numeric", values, "", lost, pattern, tuple(notes), unclear, same)


def _unclear_number(text: pd.Series[Any], row: int) -> str:
    cell, name = text.iloc[row], str(text.name)
    one, fix = ("decimal comma", "points for decimal commas")
    if "," not in cell:
        one, fix = "decimal point", "thousands without points"
    means = (
        f"Set data.types.{name} to numeric if it is a {'thousands comma' if ',' in cell else one}"
    )
    return (
        f"Column {name!r} has {cell!r} in {place(text, row)}, whose sign may part decimals or thousands. "
        f"{means}, or write {fix}."
    )


def _lost(text: pd.Series[Any], values: pd.Series[Any], what: str) -> list[str]:
    """A note of the cells that are present in text, but not in values."""
    rows = np.flatnonzero(text.notna() & values.isna())
    if not len(rows):
        return []
    said = f"{len(rows)} of {text.notna().sum()}"
    return [
        f"Column {str(text.name)!r}: cells that aren't {what} count as missing, {said}: {places(text, rows)}."
    ]


def merged_words(
    cells: pd.Series[Any],
    codes: npt.NDArray[np.int64],
    distinct: pd.Series[Any],
    values: npt.NDArray[np.float64],
) -> str:
    """What is said of distinct numbers that are one as float64; empty where none are."""
    same = merged(distinct, values)
    if not len(same):
        return ""
    row = int(np.isin(codes, same).argmax())
    return (
        f"Column {str(cells.name)!r} has {count(len(same), 'number')}, such as {cells.iloc[row]} in {place(cells, row)}, that "
        "differ only beyond the 16 digits of a float64."
    )


def text_dates(text: pd.Series[Any], formats: tuple[str, ...]) -> Column:
    """Text as dates in some of the formats; what is none is lost."""
    name = str(text.name)
    days, pattern, either = parse_dates(text, formats)
    days.attrs = text.attrs
    used = pattern.split(OR)
    notes = [f"Column {name!r} has dates in {len(used)} forms: {', '.join(used)}."] * (
        len(used) > 1
    )
    unclear = ""
    if (row := first(either)) >= 0:
        unclear = (
            f"Column {name!r} mixes forms of dates, and {text.iloc[row]!r} in {place(text, row)} may be two of them. "
            f"Write all as 2020-01-31, or set data.types.{name} to category."
        )
    lost = int(text.notna().sum() - days.notna().sum())
    notes += _lost(text, days, "dates")
    reason = f"dates written as {pattern}"
    return Column(name, "date", days, reason, lost, pattern, tuple(notes), unclear)
