"""From rows to standardised numbers: which terms exist, what each encoder saw, and what a worker is handed."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.matrix import Matrix, Term, make_matrix
from study.data.rows import IntArray, drawn
from study.data.splits import Part, Split, codes
from study.data.tables import Table, target_values
from study.data.vocabulary import Vocabulary, find_vocabulary, missing_name
from study.schema import Kind, StudyError, Target

BLOCK = 2_000_000
"""Cells of the table that are looked at in float64 at a time, of two columns at least: of one alone NumPy sums otherwise."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """One target and outer fold, all that a worker needs: which rows of the matrix are what, and how encoders read them.

    Encoder e < n_inner is fitted on the training rows of inner fold e, encoder n_inner on all development rows. All know the
    same terms, chosen from the development rows.

    matrix: the study's one copy of the table. columns: (n_terms,) int64, column of the matrix that each term is read from.
    fill, center, scale: (n_inner + 1, n_terms) float64, in the column's unit: what a gap takes, mean and standard deviation;
    scale is 1 where a term is constant on the rows its encoder was fitted on, and `varies` (bool, same shape) False.
    y: (n_rows,) float64, the value, or the index in `classes`.
    y_center, y_scale: (n_inner + 1,) float64, mean and standard deviation of a continuous target on the rows each encoder
    was fitted on; 0 and 1 for other kinds.
    train, validation: n_inner arrays of ascending int64 positions into n_rows. development, test: the same for the outer fold.
    parts: (fraction, positions) pairs, subsets of development (`study.data.splits.Split`).
    rows: (n_rows,) int64 row ids of the table, those that have a target. groups, times: (n_rows,) int64 codes of the groups and
    of the times, in order; None where rows are in no groups or no order.
    references: category column to the level that all its terms are compared with.
    bounds: most rows that anything of this target trains on, and most that validate, over all its outer folds.
    combined: columns that products and curves may be made of; None: all.
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

    def __post_init__(self) -> None:
        if self.bounds == (0, 0):
            object.__setattr__(self, "bounds", (len(self.development), max(map(len, self.validation))))

    @property
    def n_outputs(self) -> int:
        """Width of the last layer: one a class for multiclass, else 1."""
        return len(self.classes) if self.kind is Kind.MULTICLASS else 1

    def apart(self) -> Encoded:
        """The same without its matrix, which is sent once for all places; `replace` puts it back."""
        return replace(self, matrix=Matrix(self.matrix.values[:0], self.matrix.offset[:0]))

    @property
    def earlier(self) -> list[int]:
        """(n_test,) how many rows are earlier in time than each test row; nothing where rows are in no order."""
        return [] if self.times is None else np.searchsorted(np.sort(self.times), self.times[self.test]).tolist()

    @property
    def tested(self) -> dict[str, Any]:
        """The test rows, as a record has them (`study.records.trial.Tested`)."""
        test = self.test
        groups = [] if self.groups is None else self.groups[test].tolist()
        return {"rows": self.rows[test].tolist(), "observed": self.y[test].tolist(), "groups": groups, "earlier": self.earlier}

    def drawn(self, rows: IntArray, cells: int, width: int, seed: int) -> IntArray:
        """At most so many cells of some rows, `width` each, drawn at random, ascending; every class stays among them."""
        return drawn(rows, self.y if self.classes else None, max(1, cells // max(1, width)), seed)

    def x(self, encoder: int, positions: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.float32]:
        """Rows as an encoder reads them, (n_positions, n_terms) float32: (original - center) / scale; 0 where not `varies`."""
        x, offset = self._values(positions), self.matrix.offset[self.columns]
        np.copyto(x, (self.fill[encoder] - offset).astype(np.float32), where=np.isnan(x))
        x -= (self.center[encoder] - offset).astype(np.float32)
        x *= np.where(self.varies[encoder], 1 / self.scale[encoder], 0.0).astype(np.float32)
        return x

    def original(self, encoder: int, positions: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.float64]:
        """The same in original units, (n_positions, n_terms) float64, gaps filled; good to seven digits."""
        values = self.raw(positions)
        np.copyto(values, self.fill[encoder], where=np.isnan(values))
        return values

    def raw(self, positions: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.float64]:
        """What a saved model takes, (n_positions, n_terms) float64: original units, NaN for gaps, 0 and 1 for levels and gaps.

        They are those that the matrix holds, whose measured columns are rounded to float32 about their offset.
        """
        return np.asarray(self._values(positions) + self.matrix.offset[self.columns])

    def cells(self, term: int, positions: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.float64]:
        """One term of `raw`, (n_positions,) float64."""
        column = self.columns[term]
        return np.asarray(self.matrix.values[self.rows[positions], column] + self.matrix.offset[column])

    def _values(self, positions: npt.NDArray[np.int64] | slice) -> npt.NDArray[np.float32]:
        return self.matrix.values[np.ix_(self.rows[positions], self.columns)]


EncodedData = Mapping[tuple[str, int], Encoded]
"""Encoded data by target and outer fold."""


def encode(table: Table, target: Target, split: Split) -> Encoded:
    """Encode every row that has a target for one outer fold (`encode_all`)."""
    return encode_all(table, [(target, split)])[target.name, split.outer_fold]


def encode_all(table: Table, splits: Sequence[tuple[Target, Split]]) -> dict[tuple[str, int], Encoded]:
    """Encode a table for every target and outer fold of a study, over one matrix.

    Numbers, dates and booleans: gaps take the median of the fitting rows, and a column with gaps in LEAST_LEVEL_ROWS or more
    development rows gets an indicator of them; columns with the same gaps share the first one's indicator. Categories: a gap
    is the level "missing"; the most frequent level is the reference, encoded as zeros, as are all levels beyond MOST_LEVELS,
    in fewer than LEAST_LEVEL_ROWS development rows, or unseen in them. Everything is then standardised.

    Returns
    -------
    Encoded data by target and outer fold.

    Raises
    ------
    StudyError
        No feature varies on the development rows of one of them.
    """
    missing = missing_name(table)
    vocabularies = [find_vocabulary(table.frame, split.development, table.features, missing) for _, split in splits]
    for (target, split), vocabulary in zip(splits, vocabularies, strict=True):
        if not vocabulary.terms:
            raise StudyError(
                f"A model needs a feature that varies, but none does on the development rows of outer fold "
                f"{split.outer_fold} of {target.name!r}. Name other columns in data.features."
            )
    places = {source: i for i, source in enumerate(dict.fromkeys(t.source for v in vocabularies for t in v.terms))}
    matrix = make_matrix(table.frame, table.features, missing, places)
    observed = {target.name: _observed(table, target) for target in {t.name: t for t, _ in splits}.values()}
    data: dict[tuple[str, int], Encoded] = {}
    for (target, split), vocabulary in zip(splits, vocabularies, strict=True):
        key = target.name, split.outer_fold
        columns = np.array([places[term.source] for term in vocabulary.terms], np.int64)
        data[key] = _encode(table, target, split, vocabulary, matrix, columns, observed[target.name])
    for name in dict.fromkeys(name for name, _ in data):
        own = {key: encoded for key, encoded in data.items() if key[0] == name}
        train, validation = (max(encoded.bounds[i] for encoded in own.values()) for i in (0, 1))
        data |= {key: replace(encoded, bounds=(train, validation)) for key, encoded in own.items()}
    give_back()
    return data


def give_back() -> None:
    """Let the system have the memory that this process has freed, which the C library would keep for it."""
    with suppress(AttributeError, OSError):  # it is no GNU one
        ctypes.CDLL(None).malloc_trim(0)


def _observed(table: Table, target: Target) -> dict[str, Any]:
    """What all outer folds of a target have in common: its rows, and their values, groups and times."""
    values = target_values(table, target)
    rows = np.flatnonzero(~np.isnan(values)).astype(np.int64)
    found = {"groups": codes(table, table.groups), "times": codes(table, table.time)}
    return {"rows": rows, "y": values[rows]} | {name: own if own is None else own[rows] for name, own in found.items()}


def _encode(
    table: Table,
    target: Target,
    split: Split,
    vocabulary: Vocabulary,
    matrix: Matrix,
    columns: IntArray,
    observed: dict[str, Any],
) -> Encoded:
    rows, y = observed["rows"], observed["y"]
    place = np.full(len(table.frame), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    development = place[split.development]
    train = [place[training] for training, _ in split.inner]
    fitting = [*train, development]
    y_center, y_scale = np.zeros(len(fitting)), np.ones(len(fitting))
    if target.kind is Kind.CONTINUOUS:
        y_center = np.array([y[fitted].mean() for fitted in fitting])
        y_scale = np.array([y[fitted].std() or 1.0 for fitted in fitting])
    sources = [
        table.frame[term.column].to_numpy(np.float64) if term.level is None else matrix.values[:, column]
        for term, column in zip(vocabulary.terms, columns, strict=True)
    ]
    return Encoded(
        target=target.name,
        kind=target.kind,
        classes=tuple(target.classes),
        outer_fold=split.outer_fold,
        terms=vocabulary.terms,
        matrix=matrix,
        columns=columns,
        y_center=y_center,
        y_scale=y_scale,
        train=train,
        validation=[place[validation] for _, validation in split.inner],
        development=development,
        test=place[split.test],
        references=vocabulary.references,
        parts=[(fraction, place[part]) for fraction, part in split.parts],
        combined=table.combined,
        **observed,
        **_readings(sources, rows, fitting),
    )


def _readings(sources: list[npt.NDArray[Any]], rows: IntArray, fitting: Sequence[IntArray]) -> dict[str, Any]:
    """`fill`, `center`, `scale` and `varies` of encoders fitted on such positions of `rows`; sources: a column a term."""
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    n_terms = len(sources)
    fill, center, scale = (np.zeros((len(fitting), n_terms)) for _ in range(3))
    varies = np.zeros((len(fitting), n_terms), bool)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    blocks = max(1, min(-(-n_terms * len(rows) // BLOCK), n_terms // 2))
    for part in np.array_split(np.arange(n_terms), blocks):
        cells = np.column_stack([sources[i][rows] for i in part])
        for e, fitted in enumerate(fitting):
            own = cells[fitted]
            fill[e, part] = imputer.fit(own).statistics_
            np.copyto(own, fill[e, part], where=np.isnan(own))
            scaler = StandardScaler().fit(own)
            center[e, part], scale[e, part], varies[e, part] = scaler.mean_, scaler.scale_, np.ptp(own, axis=0) > 0
    return {"fill": fill, "center": center, "scale": scale, "varies": varies}


def design(encoded: Encoded, positions: IntArray | slice = slice(None)) -> pd.DataFrame:
    """The terms in original units, (n_positions, n_terms) float64, columns named by term, index the row ids.

    Gaps hold the medians of the development rows. Good to seven digits, indicators exact.
    """
    names = [term.name for term in encoded.terms]
    index = pd.Index(encoded.rows[positions], name="row")
    return pd.DataFrame(encoded.original(-1, positions), index=index, columns=names)
