"""What a reader of a table should look at: codes that are read as numbers, columns that repeat like
groups.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.schema import Feature, StudyWarning

FEWEST = 20
"""Values above which a column looks like a list of units, such as dealers: of more levels a
category has no terms."""
OFTEN = 3
"""Rows of a value, on average, from which on it comes again and again."""
SPARSE = 10
"""Times that the range of codes is wider than their number; years, ages and counts fill theirs."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CODE_WORDS = frozenset({"zip", "zipcode", "plz", "postal", "postcode", "code", "id"})
_UNITS = re.compile(
    "client|company|customer|dealer|driver|firm|hospital|household|participant|patient|person|school|seller|shop|store|subject|user"
)
"""What rows are of, where a column of whole numbers is called so; in the plural it counts them."""


def hints(
    frame: pd.DataFrame,
    features: Sequence[Feature],
    declared: Collection[str],
    ids: Collection[str],
    arranged: bool,
) -> list[StudyWarning]:
    """Warnings of features of `frame`, a column each: S013 of codes read as numbers, S014 of groups
    that were not declared.

    declared: columns whose type the config says, which are no codes. ids: those that count the rows.
    arranged: groups or time are set already.
    """
    found = []
    for feature in features:
        counts = frame[feature.name].value_counts()
        number = feature.type == "numeric" and feature.name not in declared
        counter = number and feature.name in ids
        code = counter or (number and _is_code(feature.name, counts))
        if code:
            found.append(
                StudyWarning(
                    id="S013",
                    text=(
                        f"{feature.name!r} looks like a code, but is read as numbers: {len(counts)} whole numbers from "
                        f"{counts.index.min():.0f} to {counts.index.max():.0f}."
                    ),
                    todo="It counts the rows: add it to data.drop."
                    if counter
                    else f"If it measures nothing, set data.types.{feature.name} to category.",
                )
            )
        names = code or feature.type == "category" or (number and _is_unit(feature.name, counts))
        if names and not arranged and len(counts) > FEWEST and counts.mean() >= OFTEN:
            found.append(
                StudyWarning(
                    id="S014",
                    text=f"Rows of one {feature.name!r} can be in both training and test rows ({len(counts)} values, "
                    f"about {counts.mean():.0f} rows each).",
                    todo=f"To predict for new values of it, set groups: {feature.name!r}.",
                )
            )
    return found


def _is_unit(name: str, counts: pd.Series[Any]) -> bool:
    """Whether whole numbers are those of dealers, say."""
    words = _WORDS.findall(name)
    whole = not (np.asarray(counts.index, np.float64) % 1).any()
    return bool(words and whole and _UNITS.fullmatch(words[-1].lower()))


def _is_code(name: str, counts: pd.Series[Any]) -> bool:
    """Whether whole numbers look like names: three or more, none below 0, and called so, or like
    zip codes.

    These all have four digits or more and equally many, come again and again, lie far apart, and
    are mostly no multiples of ten, as prices and incomes are, nor all squares, as of ages; four
    digits between 1500 and 2200 are years.
    """
    values = np.asarray(counts.index, np.float64)
    if len(values) < 3 or (values % 1).any() or values.min() < 0:
        return False
    words = _WORDS.findall(name)
    if words and words[-1].lower() in _CODE_WORDS:
        return True
    low, high = float(values.min()), float(values.max())
    alike = low >= 1_000 and len(f"{low:.0f}") == len(f"{high:.0f}")
    years = low >= 1_500 and high <= 2_200
    apart = SPARSE * len(values) <= high - low + 1
    return bool(
        alike
        and not years
        and apart
        and counts.mean() >= OFTEN
        and (values % 10 == 0).mean() < 0.5
        and (values**0.5 % 1).any()
    )
