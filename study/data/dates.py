"""Text as dates, and dates as days since 1970-01-01."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.data.cells import distinct_cells

_ISO = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}.*)?"
_DAYS = (
    "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S")
FORMATS = ("ISO 8601", *(day + time for day in _DAYS for time in _TIMES))
"""Date formats, the earlier first: where 01/02/2024 could be both, it is 2 January."""


OR = " or "
"""Between the formats of a column that has several."""


def parse_dates(
    text: pd.Series[Any], formats: tuple[str, ...] = FORMATS
) -> tuple[pd.Series[Any], str, list[int]]:
    """Read text in the one of `formats` that fits most cells, the rest in that which fits most of
    them, and so on.

    Returns
    -------
    Series float64 (n_rows,), str, list of int
        Days since 1970-01-01, UTC, NaN where a cell does not fit; the formats ("ISO 8601" or
        strptime's) with OR between them, none where none fits any cell; and rows that may be
        another date, as day and month can change places and formats are mixed. Plain numbers are
        never dates.
    """
    codes, distinct = distinct_cells(text)
    days = pd.Series(np.nan, distinct.index)
    parsed: dict[str, pd.Series[Any]] = {}
    while days.isna().any():
        best, found = _best(distinct[days.isna()], formats)
        if not best:
            break
        parsed[best], days = found.dropna(), days.fillna(found)
    unclear: list[int] = []
    for pattern, own in parsed.items():
        for other in _swapped(pattern) - {pattern}:
            twin = _parse(distinct[own.index], other)
            if len(parsed) > 1 and (twin.notna().all() or other in parsed):
                unclear += own.index[twin.notna() & (twin != own)].tolist()
    values = np.append(days, np.nan)[codes]  # the code of a missing cell is -1
    return pd.Series(values, index=text.index, name=text.name), OR.join(parsed), unclear


def _best(distinct: pd.Series[Any], formats: tuple[str, ...]) -> tuple[str, pd.Series[Any]]:
    """The format that fits most texts, and what it makes of them; empty where none fits any."""
    sample = distinct.iloc[:: max(1, len(distinct) // 200)]
    hits = {pattern: _parse(sample, pattern).count() for pattern in formats}
    best = max(formats, key=lambda pattern: hits[pattern])  # the first of equals
    if not hits[best]:
        return "", distinct
    twins = _swapped(best)  # a sample may not tell them apart
    parsed = {pattern: _parse(distinct, pattern) for pattern in formats if pattern in twins}
    return max(parsed.items(), key=lambda pair: pair[1].count())


def _swapped(pattern: str) -> set[str]:
    """A format, and that with day and month in each other's place."""
    swapped = {pattern.replace("%m/%d", "%d/%m"), pattern.replace("%d/%m", "%m/%d")}
    return {pattern, *swapped} & {*FORMATS}


def _parse(text: pd.Series[Any], pattern: str) -> pd.Series[Any]:
    if pattern != "ISO 8601":
        return as_days(pd.to_datetime(text, format=pattern, errors="coerce", utc=True))
    looks = text.str.fullmatch(_ISO)
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
