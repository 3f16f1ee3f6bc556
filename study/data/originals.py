"""The columns of a table as the models see them, one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from study.data.encoding import Encoded, EncodedData
from study.evidence.checks.columns import Original


def originals_of(data: EncodedData, target: str) -> Iterator[Original]:
    """Every column that a target is predicted from, with its values by row, of all rows that have the target.

    A category is text; a level that the models do not tell from the reference has the reference's name. An empty cell of a
    number is NaN, one of a category the level "missing". Terms are those of the first of the target's places: the others may
    lack one that is too rare among their rows.
    """
    encoded = data[min(place for place in data if place[0] == target)]
    for name in dict.fromkeys(term.column for term in encoded.terms):
        values = _category(encoded, name) if name in encoded.references else _number(encoded, name)
        if values is not None:
            unit = next(term.unit for term in encoded.terms if term.column == name)
            yield Original(name, unit if unit == "day" else "", pd.Series(values, encoded.rows))


def _number(encoded: Encoded, name: str) -> np.ndarray | None:
    found = [k for k, term in enumerate(encoded.terms) if term.source == (name, None)]
    return encoded.cells(found[0]) if found else None


def _category(encoded: Encoded, name: str) -> np.ndarray:
    values = np.full(len(encoded.rows), encoded.references[name], object)
    for k, term in enumerate(encoded.terms):
        if term.column == name and term.level is not None:
            values[encoded.cells(k) == 1] = term.level
    return values
