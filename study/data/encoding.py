"""From rows to standardised numbers: which terms exist, what each encoder saw, and what a worker is
handed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.matrix import Matrix, Term
from study.data.rows import IntArray, drawn
from study.data.splits import Part
from study.schema import Kind

BLOCK = 2_000_000
"""Cells of the table that are looked at in float64 at a time, of two columns at least: of one alone
NumPy sums otherwise."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """One target and outer fold, all that a worker needs: which rows of the matrix are what, and
    how encoders read them.

    Encoder e < n_inner is fitted on the training rows of inner fold e, encoder n_inner on all
    development rows. All know the same terms, chosen from the development rows.

    matrix: the study's one copy of the table. columns: (n_terms,) int64, column of the matrix that
    each term is read from. fill, center, scale: (n_inner + 1, n_terms) float64, in the column's
    unit: what a gap takes, mean and standard deviation; scale is 1 where a term is constant on the
    rows its encoder was fitted on, and `varies` (bool, same shape) False. y: (n_rows,) float64, the
    value, or the index in `classes`. measured: (n_rows,) float64, the values whose logarithms y
    are; None: y itself. y_center, y_scale: (n_inner + 1,) float64, mean and standard deviation of a
    continuous y on the rows each encoder was fitted on; 0 and 1 for other kinds. train, validation:
    n_inner arrays of ascending int64 positions into n_rows. development, test: the same for the
    outer fold. parts: (fraction, positions) pairs, subsets of development
    (`study.data.splits.Split`). rows: (n_rows,) int64 row ids of the table, those that have a
    target. groups, times: (n_rows,) int64 codes of the groups and of the times, in order; None
    where rows are in no groups or no order. references: category column to the level that all its
    terms are compared with. bounds: most rows that anything of this target trains on, and most that
    validate, over all its outer folds. combined: columns that products and curves may be made of;
    None: all.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...]
    outer_fold: int
    terms: tuple[Term, ...]
    matrix: Matrix
    columns: npt.NDArray[np.int64]
    fill: npt.NDArray[np.float64]
    center: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    varies: npt.NDArray[np.bool_]
    y: npt.NDArray[np.float64]
    y_center: npt.NDArray[np.float64]
    y_scale: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    train: Sequence[IntArray]
    validation: Sequence[IntArray]
    development: IntArray
    test: IntArray
    references: dict[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    groups: npt.NDArray[np.int64] | None = None
    times: npt.NDArray[np.int64] | None = None
    bounds: tuple[int, int] = (0, 0)
    combined: tuple[str, ...] | None = None
    measured: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.bounds == (0, 0):
            object.__setattr__(
                self, "bounds", (len(self.development), max(map(len, self.validation)))
            )

    @property
    def n_outputs(self) -> int:
        """Width of the last layer: one a class for multiclass, else 1."""
        return len(self.classes) if self.kind is Kind.MULTICLASS else 1

    @property
    def observed(self) -> npt.NDArray[np.float64]:
        """The target in its own unit, (n_rows,)."""
        return self.y if self.measured is None else self.measured

    def apart(self) -> Encoded:
        """The same without its matrix, which is sent once for all places; `replace` puts it back."""
        return replace(self, matrix=Matrix(self.matrix.values[:0], self.matrix.offset[:0]))

    @property
    def earlier(self) -> list[int]:
        """(n_test,) how many rows are earlier in time than each test row; nothing where rows are in
        no order.
        """
        return (
            []
            if self.times is None
            else np.searchsorted(np.sort(self.times), self.times[self.test]).tolist()
        )

    @property
    def tested(self) -> dict[str, Any]:
        """The test rows, as a record has them (`study.records.trial.Tested`)."""
        test = self.test
        groups = [] if self.groups is None else self.groups[test].tolist()
        return {
            "rows": self.rows[test].tolist(),
            "observed": self.observed[test].tolist(),
            "groups": groups,
            "earlier": self.earlier,
        }

    def drawn(self, rows: IntArray, cells: int, width: int, seed: int) -> IntArray:
        """At most so many cells of some rows, `width` each, drawn at random, ascending; every class
        stays among them.
        """
        return drawn(rows, self.y if self.classes else None, max(1, cells // max(1, width)), seed)

    def x(
        self, encoder: int, positions: npt.NDArray[np.int64] | slice = slice(None)
    ) -> npt.NDArray[np.float32]:
        """Rows as an encoder reads them, (n_positions, n_terms) float32: (original - center) /
        scale; 0 where not `varies`.
        """
        x = self._values(positions)
        offset = self.matrix.offset[self.columns]
        np.copyto(x, (self.fill[encoder] - offset).astype(np.float32), where=np.isnan(x))
        x -= (self.center[encoder] - offset).astype(np.float32)
        x *= np.where(self.varies[encoder], 1 / self.scale[encoder], 0.0).astype(np.float32)
        return x

    def original(
        self, encoder: int, positions: npt.NDArray[np.int64] | slice = slice(None)
    ) -> npt.NDArray[np.float64]:
        """The same in original units, (n_positions, n_terms) float64, gaps filled; good to seven
        digits.
        """
        values = self.raw(positions)
        np.copyto(values, self.fill[encoder], where=np.isnan(values))
        return values

    def raw(
        self, positions: npt.NDArray[np.int64] | slice = slice(None)
    ) -> npt.NDArray[np.float64]:
        """What a saved model takes, (n_positions, n_terms) float64: original units, NaN for gaps, 0
        and 1 for levels and gaps.

        They are those that the matrix holds, whose measured columns are rounded to float32 about
        their offset.
        """
        return np.asarray(self._values(positions) + self.matrix.offset[self.columns])

    def cells(
        self, term: int, positions: npt.NDArray[np.int64] | slice = slice(None)
    ) -> npt.NDArray[np.float64]:
        """One term of `raw`, (n_positions,) float64."""
        column = self.columns[term]
        return np.asarray(
            self.matrix.values[self.rows[positions], column] + self.matrix.offset[column]
        )

    def _values(self, positions: npt.NDArray[np.int64] | slice) -> npt.NDArray[np.float32]:
        return self.matrix.values[np.ix_(self.rows[positions], self.columns)]


EncodedData = Mapping[tuple[str, int], Encoded]
"""Encoded data by target and outer fold."""


def design(encoded: Encoded, positions: IntArray | slice = slice(None)) -> pd.DataFrame:
    """The terms in original units, (n_positions, n_terms) float64, columns named by term, index the
    row ids.

    Gaps hold the medians of the development rows. Good to seven digits, indicators exact.
    """
    names = [term.name for term in encoded.terms]
    index = pd.Index(encoded.rows[positions], name="row")
    return pd.DataFrame(encoded.original(-1, positions), index=index, columns=names)
