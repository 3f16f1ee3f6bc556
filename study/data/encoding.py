"""From rows to standardised numbers: which terms exist, what each encoder saw, and what a worker is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.splits import Part, Split, codes
from study.data.tables import Table, target_values
from study.schema import Feature, Kind, StudyError, Target

if TYPE_CHECKING:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

MOST_LEVELS = 20
"""Most levels of a category that get a term beside its reference; rarer ones share the reference's zeros."""

TRUSTED = ("numpy.dtype",)
"""The one type that skops must be told to trust to load a pipeline: numpy's word for the imputers' number format."""

LEAST_LEVEL_ROWS = 5
"""Fewest development rows in which a level, or a missing cell, must occur to get a term."""


@dataclass(frozen=True)
class Term:
    """One column of the matrix: a column itself (`age`), one of its levels (`sex[male]`), or its gaps (`age[missing]`).

    unit: "day" for dates, "level" for indicators of a level or a gap, else "".
    """

    name: str
    column: str
    level: str | None
    unit: str


@dataclass(frozen=True, eq=False)
class Encoded:
    """One target and outer fold as plain numpy, all that a worker needs.

    Encoder e < n_inner is fitted on the training rows of inner fold e, encoder n_inner on all development rows; each encodes
    every row that has a target. All know the same terms, chosen from the development rows.

    x: (n_inner + 1, n_rows, n_terms) float32, (original - center) / scale; zero for all rows where a term is constant on the
    rows its encoder was fitted on.
    center, scale: (n_inner + 1, n_terms) float64, in the column's unit; scale is 1 where a term is constant.
    y: (n_rows,) float64, the value, or the index in `classes`.
    y_center, y_scale: (n_inner + 1,) float64, mean and standard deviation of a continuous target on the rows each encoder
    was fitted on; 0 and 1 for other kinds.
    train, validation: n_inner arrays of int64 positions into n_rows. development, test: the same for the outer fold.
    parts: (fraction, positions) pairs, subsets of development (`study.data.splits.Split`).
    rows: (n_rows,) int64 row ids of the table. groups: (n_rows,) int64 codes, None where rows are independent.
    references: category column to the level that all its terms are compared with.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...]
    outer_fold: int
    terms: tuple[Term, ...]
    x: npt.NDArray[np.float32]
    center: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    y_center: npt.NDArray[np.float64]
    y_scale: npt.NDArray[np.float64]
    train: tuple[npt.NDArray[np.int64], ...]
    validation: tuple[npt.NDArray[np.int64], ...]
    development: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    references: dict[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    groups: npt.NDArray[np.int64] | None = None

    @property
    def n_outputs(self) -> int:
        """Width of the last layer: one a class for multiclass, else 1."""
        return len(self.classes) if self.kind is Kind.MULTICLASS else 1


EncodedData = Mapping[tuple[str, int], Encoded]
"""Encoded data by target and outer fold."""


def encode(table: Table, target: Target, split: Split) -> tuple[Encoded, Pipeline]:
    """Encode every row that has a target, once by each encoder of one outer fold.

    Numbers, dates and booleans: gaps take the median of the fitting rows, and a column with gaps in LEAST_LEVEL_ROWS or more
    development rows gets an indicator of them; columns with the same gaps share the first one's indicator. Categories: a gap
    is the level "missing"; the most frequent level is the reference, encoded as zeros, as are all levels beyond MOST_LEVELS,
    in fewer than LEAST_LEVEL_ROWS development rows, or unseen in them. Everything is then standardised.

    Returns
    -------
    Encoded, Pipeline
        The pipeline is fitted on the development rows, made of scikit-learn's own classes, and turns a frame of the feature
        columns, typed as in `table.frame`, into the standardised matrix (n, n_terms) float64.

    Raises
    ------
    StudyError
        No feature varies on the development rows.
    """
    from sklearn.preprocessing import StandardScaler

    values = target_values(table, target)
    rows = np.flatnonzero(~np.isnan(values)).astype(np.int64)
    frame, y = table.frame.iloc[rows], values[rows]
    place = np.full(len(values), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    development, train = place[split.development], tuple(place[training] for training, _ in split.inner)
    vocabulary = _vocabulary(frame.iloc[development], table.features)
    if not vocabulary.terms:
        raise StudyError(
            f"A model needs a feature that varies, but none does on the development rows of outer fold {split.outer_fold} of "
            f"{target.name!r}. Name other columns in data.features."
        )
    fitting, features = (*train, development), frame[vocabulary.columns]
    pipeline = vocabulary.pipeline().fit(features.iloc[development])
    # The encoders of a fold have all in common but medians and moments: a pipeline for each would take ten times as long.
    filled, measured = pipeline[0].transform(features), features[vocabulary.measured].to_numpy(np.float64)
    order: Literal["F", "C"] = "F" if filled.flags.f_contiguous else "C"  # moments are summed as in the pipeline, to the bit
    x = np.empty((len(fitting), len(rows), len(vocabulary.terms)), dtype=np.float32)
    center, scale = (np.empty((len(fitting), len(vocabulary.terms))) for _ in range(2))
    for e, fitted in enumerate(fitting):
        if measured.size:
            filled[:, : measured.shape[1]] = _median().fit(measured[fitted]).transform(measured)
        scaler = StandardScaler().fit(np.array(filled[fitted], order=order))
        matrix = scaler.transform(filled)
        matrix[:, np.ptp(matrix[fitted], axis=0) == 0] = 0.0
        x[e], center[e], scale[e] = matrix, scaler.mean_, scaler.scale_
    y_center, y_scale = np.zeros(len(fitting)), np.ones(len(fitting))
    if target.kind is Kind.CONTINUOUS:
        y_center = np.array([y[fitted].mean() for fitted in fitting])
        y_scale = np.array([y[fitted].std() or 1.0 for fitted in fitting])
    groups = codes(table, table.groups)
    encoded = Encoded(
        target=target.name,
        kind=target.kind,
        classes=tuple(target.classes),
        outer_fold=split.outer_fold,
        terms=vocabulary.terms,
        x=x,
        center=center,
        scale=scale,
        y=y,
        y_center=y_center,
        y_scale=y_scale,
        train=train,
        validation=tuple(place[validation] for _, validation in split.inner),
        development=development,
        test=place[split.test],
        rows=rows,
        references=vocabulary.references,
        parts=tuple((fraction, place[part]) for fraction, part in split.parts),
        groups=groups if groups is None else groups[rows],
    )
    return encoded, pipeline


def design(encoded: Encoded) -> pd.DataFrame:
    """The terms in original units, (n_rows, n_terms) float64, columns named by term, index the row ids.

    The last encoder's standardisation is undone; gaps hold that encoder's medians. Good to seven digits, indicators exact.
    """
    matrix = encoded.x[-1].astype(np.float64) * encoded.scale[-1] + encoded.center[-1]
    indicators = [i for i, term in enumerate(encoded.terms) if term.unit == "level"]
    matrix[:, indicators] = np.round(matrix[:, indicators])
    index = pd.Index(encoded.rows, name="row")
    return pd.DataFrame(matrix, index=index, columns=[term.name for term in encoded.terms])


@dataclass(frozen=True)
class _Vocabulary:
    """Which terms exist, and from which columns: `measured` by value, `gappy` by gap, `levels` by level."""

    measured: list[str]
    gappy: list[str]
    levels: dict[str, list[str]]
    references: dict[str, str]
    missing: str
    terms: tuple[Term, ...]

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys([*self.measured, *self.gappy, *self.levels]))

    def pipeline(self) -> Pipeline:
        """An unfitted pipeline that gives these terms in this order, whatever rows it is fitted on."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import MissingIndicator, SimpleImputer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        lists = [np.array(levels, dtype=object) for levels in self.levels.values()]
        blocks: list[tuple[str, Any, list[str]]] = [
            ("values", _median(), self.measured),
            ("gaps", MissingIndicator(features="all"), self.gappy),
            (
                "levels",
                Pipeline(
                    [
                        ("gap", SimpleImputer(strategy="constant", fill_value=self.missing)),
                        ("indicate", OneHotEncoder(categories=lists, handle_unknown="ignore", sparse_output=False)),
                    ]
                ),
                list(self.levels),
            ),
        ]
        return Pipeline([("columns", ColumnTransformer([b for b in blocks if b[2]])), ("standardise", StandardScaler())])


def _median() -> SimpleImputer:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", keep_empty_features=True)


def _vocabulary(development: pd.DataFrame, features: tuple[Feature, ...]) -> _Vocabulary:
    categories = [feature.name for feature in features if feature.type == "category"]
    units = {feature.name: "day" if feature.type == "date" else "" for feature in features if feature.type != "category"}
    measured = [name for name in units if development[name].min() < development[name].max()]
    patterns: dict[bytes, str] = {}
    for name in units:
        gap = development[name].isna().to_numpy()
        if LEAST_LEVEL_ROWS <= gap.sum() < len(gap):
            patterns.setdefault(gap.tobytes(), name)
    gappy = list(patterns.values())
    missing = "missing"
    while any((development[name] == missing).any() for name in categories):
        missing = f"({missing})"
    levels, references = {}, {}
    for name in categories:
        filled = development[name].astype(object).fillna(missing).value_counts()
        ordered = sorted(filled.index, key=lambda level: (-int(filled[level]), str(level)))
        listed = [level for level in ordered[1 : MOST_LEVELS + 1] if filled[level] >= LEAST_LEVEL_ROWS]
        if listed:
            levels[name], references[name] = sorted(listed), str(ordered[0])
    terms = [Term(name, name, None, units[name]) for name in measured]
    terms += [Term(f"{name}[missing]", name, "missing", "level") for name in gappy]
    terms += [Term(f"{name}[{level}]", name, level, "level") for name, listed in levels.items() for level in listed]
    return _Vocabulary(measured, gappy, levels, references, missing, _unique(terms))


def _unique(terms: list[Term]) -> tuple[Term, ...]:
    """`terms` with ` (2)`, ` (3)`... after a name that an earlier term has."""
    named: dict[str, Term] = {}
    for term in terms:
        name, number = term.name, 1
        while name in named:
            number += 1
            name = f"{term.name} ({number})"
        named[name] = replace(term, name=name)
    return tuple(named.values())
