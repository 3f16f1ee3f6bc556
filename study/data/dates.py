"""Text as dates, and dates as days since 1970-01-01."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?", re.ASCII)
_DAYS = (
    "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S")
FORMATS = ("ISO 8601", *(day + time for day in _DAYS for time in _TIMES))
"""Date formats, the earlier first: where 01/02/2024 could be both, it is 2 January."""


def parse_dates(
    text: pd.Series[Any], formats: tuple[str, ...] = FORMATS
) -> tuple[pd.Series[Any], str]:
    """Read text in the one of `formats` that fits most cells.

    Returns
    -------
    Series float64 (n_rows,), str
        Days since 1970-01-01, UTC, NaN where a cell does not fit, and the format ("ISO 8601" or
        strptime's); the format is empty where none fits any cell. Plain numbers are never dates.
    """
    codes, levels = pd.factorize(text)
    distinct = pd.Series(levels, dtype="str")
    sample = distinct.iloc[:: max(1, len(distinct) // 200)]
    hits = {pattern: int(_parse(sample, pattern).notna().sum()) for pattern in formats}
    best = max(formats, key=lambda pattern: hits[pattern])  # the first of equals
    if not hits[best]:
        return pd.Series(float("nan"), index=text.index, name=text.name, dtype="float64"), ""
    twins = {
        best,
        best.replace("%m/%d", "%d/%m"),
        best.replace("%d/%m", "%m/%d"),
    }  # a sample may not tell them apart
    parsed = {pattern: _parse(distinct, pattern) for pattern in formats if pattern in twins}
    best, days = max(parsed.items(), key=lambda pair: int(pair[1].notna().sum()))
    values = np.append(days, np.nan)[codes]  # the code of a missing cell is -1
    return pd.Series(values, index=text.index, name=text.name), best


def _parse(text: pd.Series[Any], pattern: str) -> pd.Series[Any]:
    if pattern != "ISO 8601":
        return as_days(pd.to_datetime(text, format=pattern, errors="coerce", utc=True))
    looks = text.map(lambda value: _ISO.fullmatch(value) is not None).astype(bool)
    return as_days(pd.to_datetime(text.where(looks), format="ISO8601", errors="coerce", utc=True))


def as_days(dates: pd.Series[Any]) -> pd.Series[Any]:
    """Datetimes as float64 days since 1970-01-01 (UTC where they carry a time zone), NaN where
    missing.
    """
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    days = (dates.to_numpy() - np.datetime64(0, "s")) / np.timedelta64(
        1, "D"
    )  # numpy keeps years beyond nanoseconds' range
    return pd.Series(days, index=dates.index, name=dates.name, dtype="float64")
