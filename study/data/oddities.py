"""Cells that look like mistakes: values that may stand for a missing one, and levels spelt in two
ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any
from unicodedata import normalize

import numpy as np
import pandas as pd
from scipy.stats import iqr

from study.data.cells import as_label
from study.data.files import MISSING
from study.evidence.warnings.limits import FAR, LEAST_VALUES, MARKED, MOST_MARKED, RARER
from study.formatting import count, some
from study.schema import StudyWarning

WORDS = {word.lower() for word in MISSING} | {"-", ".", "n.a.", "missing", "unknown"}
"""Cells of a category, in small letters, that may mean missing."""
NUMBERS = {sign * (10**k - 1) for k in range(1, 7) for sign in (1, -1)} | {-1, -25_567}
"""Numbers that people write for a missing one; the last are the days from 1970 to 1900-01-01."""
MOST_LEVELS = 300
"""Levels of which each two are compared."""


def oddities(frame: pd.DataFrame, types: Mapping[str, str]) -> list[StudyWarning]:
    """S015 of cells that may mean missing, and S016 of levels that may be one, of all columns at
    once; types: of features and targets, by name.
    """
    marks, pairs = list[str](), list[str]()
    for name, kind in types.items():
        counts = frame[name].value_counts()
        if frame[name].dtype == float:
            odd = far(counts)
        else:
            pairs += [
                f"{a!r} and {b!r} in {name!r}"
                for a, b in alike({str(level): n for level, n in counts.items()})
            ]
            odd = [level for level in counts.index if level.lower() in WORDS]
        for value in odd:
            shown = np.datetime64(int(value), "D") if kind == "date" else as_label(value)
            if counts[value] >= MARKED:
                marks.append(f"{shown} in {name!r} ({count(int(counts[value]), 'cell')})")
    return [
        StudyWarning(id=id_, text=f"{text}: {some(told)}.", todo=todo)
        for id_, told, text, todo in (
            ("S015", marks, "Values may mean missing", "If so, empty these cells in the file."),
            ("S016", pairs, "Levels may be the same", "If so, spell them one way in the file."),
        )
        if told
    ]


def far(counts: pd.Series[Any]) -> list[float]:
    """Values, of a column's value counts, that repeat far outside the rest.

    One of NUMBERS at either end is, if half the spread of the middle half away or alone below 0,
    and, but for -9 and less, three times as far away as the rest are from each other; or, such as
    99 among ages up to 90, if it is further away than these and three times as frequent as the next
    LEAST_VALUES. So are up to three values of few cells, FAR times the range of the LEAST_VALUES or
    more others away.
    """
    counts = counts.sort_index()
    values, cells = counts.index.to_numpy(float), counts.to_numpy()
    if len(values) < 3:
        return []
    fit = (cells >= MARKED) & (cells <= MOST_MARKED * cells.sum())
    found = list[float]()
    for way in (1, -1):
        ends, sizes, gaps = values[::way], cells[::way], np.diff(values)[::way]
        usual = np.quantile(gaps[1:], 0.9)
        away = gaps[0] > 3 * usual or ends[0] < -1
        alone = gaps[0] >= iqr(values) / 2 or ends[0] < 0 <= ends[1]
        often = gaps[0] > usual and sizes[0] > 3 * sizes[1 : LEAST_VALUES + 1].mean()
        known = ends[0] in NUMBERS and (often or (away and alone))
        wide = [
            n
            for n in range(1, min(4, len(values) - LEAST_VALUES))
            if gaps[n - 1] >= FAR * abs(ends[-1] - ends[n]) and fit[::way][:n].all()
        ]
        found += ends[: max([int(known), *wide])].tolist()
    return found


def alike(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs of levels, the frequent one first, that differ by case and spaces, or by a letter of a
    word where one is RARER times as rare.
    """
    first: dict[str, str] = {}
    pairs = []
    for level in counts:
        same = first.setdefault(" ".join(normalize("NFKC", level).casefold().split()), level)
        if same != level:
            pairs.append((same, level))
    spelt = list(first)[:MOST_LEVELS]
    return pairs + [
        (first[small], first[rare])
        for place, small in enumerate(spelt)
        for rare in spelt[place + 1 :]
        if counts[first[rare]] * RARER <= counts[first[small]] and _slip(small, rare)
    ]


def _slip(one: str, other: str) -> bool:
    """Whether one word, of five letters or more in either, differs by a letter, but not the first."""
    words = sorted({*one.split()} ^ {*other.split()}, key=len)
    if len(words) != 2:
        return False
    short, long = words
    alike = SequenceMatcher(None, short, long).ratio() * (len(short) + len(long)) / 2
    word = (short + long).isalpha() and short[0] == long[0]
    return word and len(long) >= 5 and alike > len(long) - 1.5
