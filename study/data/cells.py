"""Cells of a column as text, numbers and truth values, whatever type they were stored in."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import numbers
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TRUE_WORDS = frozenset({"true", "yes", "t", "y", "1"})
FALSE_WORDS = frozenset({"false", "no", "f", "n", "0"})

PIECE = 100_000
"""Cells of a column that are Python objects at a time, each of some 60 bytes."""

NUMBER = (
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?"
)
ZERO_PADDED = r"[+-]?0[0-9]+"


def as_label(value: Any) -> str:
    """A cell as the text of a level or class: `1.0` is `1`."""
    if isinstance(value, numbers.Real | decimal.Decimal) and not isinstance(value, bool | np.bool_):
        number = _as_float(value)
        return str(int(value)) if number.is_integer() else repr(number)  # type: ignore[arg-type]
    return str(value).strip()


def plain_number(text: str) -> str:
    """A number that is text as `as_label` spells it; anything else, and what has leading zeros, as
    it is.
    """
    if re.fullmatch(ZERO_PADDED, text) or not re.fullmatch(NUMBER, text):
        return text
    if re.fullmatch("[+-]?[0-9]{1,300}", text):
        return as_label(int(text))
    return as_label(float(text)) if math.isfinite(float(text)) else text


def as_plain(raw: pd.Series[Any]) -> pd.Series[Any]:
    """`raw` with objects of one kind as a proper dtype, durations as days and periods as their
    first day.
    """
    if isinstance(raw.dtype, pd.ArrowDtype) and pd.api.types.is_string_dtype(raw.dtype):
        return raw.astype("str")
    if isinstance(raw.dtype, pd.PeriodDtype):
        return pd.Series(raw.dt.to_timestamp())
    if raw.dtype.kind == "m":
        return pd.Series(raw.dt.total_seconds() / 86_400)
    if raw.dtype.kind == "c":
        return raw.astype(object)
    if raw.dtype != object:
        return raw
    present = raw.dropna()

    def all_are(*kinds: type) -> bool:
        return all(isinstance(value, kinds) for value in present)

    if all_are(str):
        return raw.astype("str")
    if all_are(bool, np.bool_):
        return raw.astype("boolean")
    if all_are(numbers.Real, decimal.Decimal):
        return raw.map(_as_float, na_action="ignore").astype("float64")
    if all_are(dt.date):
        return pd.to_datetime(raw, utc=True)
    if all_are(str, numbers.Real):
        return raw.map(as_label, na_action="ignore").astype("str")
    return raw


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_text(raw: pd.Series[Any]) -> pd.Series[Any]:
    """Every cell as text, blank and missing ones as NaN; whole numbers without a point.

    Of cells that are equal, such as True and 1, the first one's text is that of all.
    """
    if isinstance(raw.dtype, pd.StringDtype):
        text = raw.astype("str").str.strip()
    else:
        distinct = raw.dropna().drop_duplicates().astype(object)
        labels = pd.Series(
            [as_label(cell) for cell in distinct],
            index=pd.Index(distinct, dtype=object),
            dtype="str",
        )
        text = pd.concat([part.astype(object).map(labels).astype("str") for part in _parts(raw)])
    return text.mask(text == "")


def _parts(column: pd.Series[Any]) -> Iterator[pd.Series[Any]]:
    """`column` in parts of PIECE cells; an empty one is one part."""
    return (column.iloc[first : first + PIECE] for first in range(0, max(1, len(column)), PIECE))


def distinct_cells(text: pd.Series[Any]) -> tuple[npt.NDArray[np.int32], pd.Series[Any]]:
    """(n_rows,) a code a cell, -1 where missing, and the first cell of each, in their order."""
    codes = pd.factorize(text)[0].astype(np.int32)
    return codes, text[np.diff(np.maximum.accumulate(codes), prepend=-1) > 0]


def as_numbers(text: pd.Series[Any]) -> pd.Series[Any]:
    """float64 values of numbers that are text; a missing one is a NaN already."""
    parts = [part.to_numpy(dtype=object).astype(np.float64) for part in _parts(text)]
    return pd.Series(np.concatenate(parts), index=text.index, name=text.name)


def as_booleans(text: pd.Series[Any]) -> pd.Series[Any]:
    """1.0 for a word of TRUE_WORDS in any case, 0.0 for one of FALSE_WORDS, NaN for any other."""
    words = dict.fromkeys(TRUE_WORDS, 1.0) | dict.fromkeys(FALSE_WORDS, 0.0)
    return text.str.lower().map(words).astype("float64")
