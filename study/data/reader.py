"""From a user's frame to the raw rows that a saved model takes: what is kept of the encoding beside
the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config.options import ColumnType
from study.data.cells import plain_number
from study.data.columns import FEATURE_SIZES, check, read_as
from study.data.encoding import Encoded
from study.data.numbers import PLAIN
from study.data.tables import Table
from study.data.targets import as_target
from study.data.vocabulary import missing_name
from study.schema import Frozen, Kind, StudyError, Target, nearest


class ReadColumn(Frozen):
    """A feature column: its type, how its dates or numbers were written, and the levels that the
    development rows have of a category.
    """

    name: str
    type: ColumnType
    pattern: str = ""
    levels: tuple[str, ...] = ()


class ReadTerm(Frozen):
    """One number of a raw row: a column's value (level None), whether it has a level, or whether it
    is empty (`gap`).

    offset: of the matrix that models were trained on, about which values are rounded to float32.
    low, high: range on the development rows, in the column's unit.
    """

    name: str
    column: str
    level: str | None
    gap: bool
    offset: float
    low: float
    high: float


@dataclass(frozen=True)
class Raw:
    """Rows as models take them, and what is odd about them.

    values: (n_rows, n_terms) float64. gaps, unseen, outside, unread: rows of each column that are
    empty, have a level which no development row has, lie outside the development rows' range, or
    hold no date or number; columns without any are left out. notes: how columns were read.
    """

    values: npt.NDArray[np.float64]
    gaps: dict[str, int]
    unseen: dict[str, int]
    outside: dict[str, int]
    unread: dict[str, int]
    notes: tuple[str, ...] = ()


class Reader(Frozen):
    """Turns rows of a table into what the models of one target and outer fold take; a JSON file
    beside them.

    n_rows: development rows, on which `terms`, levels and ranges rest. classes: as in
    `schema.Target`. pattern: how numbers of the target were written. logged: whether the logarithm
    of the target was trained.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...]
    outer_fold: int
    n_rows: int
    columns: tuple[ReadColumn, ...]
    terms: tuple[ReadTerm, ...]
    pattern: str = ""
    logged: bool = False

    def read(self, frame: pd.DataFrame) -> Raw:
        """Raw rows of a frame of text names, index 0..n-1, types as in training.

        A level that no development row has counts as the reference; a date in another format than
        that of training is a gap, as is a cell that is no number where training had such.

        Raises
        ------
        StudyError
            A column is missing, or a cell breaks the type that its column had in training.
        """
        self._check_names(frame)
        typed: dict[str, pd.Series[Any]] = {}
        notes: list[str] = []
        counts: dict[str, dict[str, int]] = {"gaps": {}, "unseen": {}, "outside": {}, "unread": {}}
        for column in self.columns:
            way_out = f"Write {column.name!r} as it was in training."
            read = read_as(frame[column.name], column.type, way_out, column.pattern or PLAIN)
            check(read, (0, FEATURE_SIZES[1]), "Fix or empty the cells.")
            notes += read.notes
            typed[column.name] = read.values
            empty = read.values.isna()
            counts["unread"][column.name] = read.lost
            counts["gaps"][column.name] = int(empty.sum()) - read.lost
            if column.type == "category":
                typed[column.name] = spelt(read.values, column.levels)
                counts["unseen"][column.name] = int(
                    (~empty & ~typed[column.name].isin(column.levels)).sum()
                )
        values = np.empty((len(frame), len(self.terms)))
        for i, term in enumerate(self.terms):
            own = typed[term.column]
            if term.gap:
                values[:, i] = own.isna()
            elif term.level is not None:
                values[:, i] = (own == term.level).fillna(False)
            else:
                values[:, i] = (own.to_numpy(np.float64) - term.offset).astype(np.float32).astype(
                    np.float64
                ) + term.offset
                outside = (values[:, i] < term.low) | (values[:, i] > term.high)
                counts["outside"][term.column] = int(outside.sum())
        odd = {kind: _some(found) for kind, found in counts.items()}
        return Raw(values, **odd, notes=tuple(notes))

    def observed(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Values of the target (n_rows,), class numbers where it has classes; NaN where missing or
        not to be read.
        """
        target = Target(
            name=self.target,
            kind=self.kind,
            classes=dict.fromkeys(self.classes, 0),
            reason="",
            missing=0,
            pattern=self.pattern,
        )
        return as_target(frame[self.target], target)

    def _check_names(self, frame: pd.DataFrame) -> None:
        lacking = [column.name for column in self.columns if column.name not in frame]
        if lacking:
            hint = nearest(
                lacking[0],
                [str(name) for name in frame if name not in {own.name for own in self.columns}],
            )
            raise StudyError(
                f"The rows lack {', '.join(map(repr, lacking))}, which the models need.{hint} "
                f"Add the column{'s' * (len(lacking) > 1)}; cells may be empty."
            )


def spelt(values: pd.Series[Any], levels: Sequence[str]) -> pd.Series[Any]:
    """Cells of a category, numbers spelt as its levels are: files spell a level `3` as `3.0` beside
    gaps.
    """
    strange = values.notna() & ~values.isin(levels)
    if not strange.any():
        return values
    spelt = {plain_number(level): level for level in levels}
    return values.where(
        ~strange, values[strange].map(lambda cell: spelt.get(plain_number(cell), cell))
    )


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def make_reader(table: Table, encoded: Encoded) -> Reader:
    """The reader of what `encoded` was made from."""
    missing = missing_name(table)
    development = encoded.rows[encoded.development]
    types = {feature.name: feature.type for feature in table.features}
    terms = []
    for term, place in zip(encoded.terms, encoded.columns, strict=True):
        values = encoded.matrix.values[development, place]
        offset = float(encoded.matrix.offset[place])
        terms.append(
            ReadTerm(
                name=term.name,
                column=term.column,
                level=term.level,
                gap=term.level is not None
                and (types[term.column] != "category" or term.level == missing),
                offset=offset,
                low=float(np.nanmin(values)) + offset,
                high=float(np.nanmax(values)) + offset,
            )
        )
    columns = []
    for feature in table.features:
        own = table.frame[feature.name].iloc[development]
        levels = (
            tuple(sorted(map(str, own.dropna().unique()))) if feature.type == "category" else ()
        )
        columns.append(
            ReadColumn(name=feature.name, type=feature.type, pattern=feature.pattern, levels=levels)
        )
    return Reader(
        target=encoded.target,
        kind=encoded.kind,
        classes=encoded.classes,
        outer_fold=encoded.outer_fold,
        n_rows=len(development),
        columns=tuple(columns),
        terms=tuple(terms),
        pattern=next(each.pattern for each in table.targets if each.name == encoded.target),
        logged=encoded.measured is not None,
    )
