"""A last line that adds up the others, as spreadsheets have it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from study.data.columns import read_column
from study.data.sources import Source
from study.data.written import place, written

_WORDS = re.compile(
    r"((grand |sub-?)?totals?|sums?|(gesamt|end)?summe|(ins)?gesamt|total général|totale|suma|totaal) ?:?",
    re.IGNORECASE,
)


def without_total(source: Source) -> tuple[Source, list[str]]:
    """A source without a total in its last line, and a note of that; of text files alone.

    A total has a word for it that its column has nowhere else, and no other words, or all its
    numbers are the sums of their columns.
    """
    frame = source.frame
    if not written(frame).file:
        return source, []
    last = {str(name): str(cell) for name, cell in frame.iloc[-1].dropna().items()}
    words = [name for name, cell in last.items() if re.match(r"[^\W\d_]", cell)]
    if words:
        name, *more = words
        total = not more and _WORDS.fullmatch(last[name]) and sum(frame[name] == last[name]) == 1
    else:
        total = bool(last) and all(_is_sum(frame[name]) for name in last)
    if not total:
        return source, []
    said, line = last[[*words, *last][0]], place(frame, len(frame) - 1).capitalize()
    return replace(source, frame=frame.iloc[:-1]), [
        f"{line} is left out as the total of the others: {said!r}. Remove it from the file."
    ]


def _is_sum(column: pd.Series[Any]) -> bool:
    """Whether the last number is the sum of those above, most of which are above zero."""
    values = read_column(column)
    if values.type != "numeric":
        return False
    above, last = np.nan_to_num(values.values.iloc[:-1]), values.values.iloc[-1]
    return bool(np.median(above) > 0 and np.isclose(above.sum(), last, rtol=1e-6, atol=0))
