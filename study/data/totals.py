"""A last line that adds up the others, as spreadsheets have it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from study.data.columns import read_column
from study.data.written import place, written

_WORDS = re.compile(
    r"(grand |sub-?)?totals?|sums?|(gesamt|end)?summe|(ins)?gesamt|total général|totale|suma|totaal",
    re.IGNORECASE,
)


def without_total(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A raw frame without a total in its last line, and a note of that; of text files alone.

    A total has a word for it that its column has nowhere else, and no other words, or all its
    numbers are the sums of their columns.
    """
    if not written(frame).file:
        return frame, []
    last = {str(name): str(cell) for name, cell in frame.iloc[-1].dropna().items()}
    words = [name for name, cell in last.items() if re.match(r"[^\W\d_]", cell)]
    total = [name for name in words if _WORDS.fullmatch(last[name].strip(" :"))]
    if words != total[:1] or any((frame[name].iloc[:-1] == last[name]).any() for name in total):
        return frame, []
    numbers = [name for name in last if name not in words]
    if not total and not (numbers and all(_is_sum(frame[name]) for name in numbers)):
        return frame, []
    why = f"it has {last[total[0]]!r}" if total else f"it is the sum of {numbers[0]!r}"
    return frame.iloc[:-1], [
        f"{place(frame, len(frame) - 1).capitalize()} is left out, since {why}. Remove it from the file."
    ]


def _is_sum(column: pd.Series[Any]) -> bool:
    """Whether the last number is the sum of those above, most of which are above zero."""
    values = read_column(column)
    if values.type != "numeric":
        return False
    above, last = np.nan_to_num(values.values.iloc[:-1]), values.values.iloc[-1]
    return bool(np.median(above) > 0 and np.isclose(above.sum(), last, rtol=1e-6, atol=0))
