"""Which terms the rows of an outer fold give, and the scikit-learn pipeline that makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.matrix import Term
from study.data.rows import IntArray
from study.data.tables import Table
from study.schema import Feature

if TYPE_CHECKING:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

FloatArray = npt.NDArray[np.float64]

MOST_LEVELS = 20
"""Most levels of a category that get a term beside its reference; rarer ones share the reference's zeros."""

LEAST_LEVEL_ROWS = 5
"""Fewest development rows in which a level, or a missing cell, must occur to get a term."""


@dataclass(frozen=True)
class Vocabulary:
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
            ("values", median_imputer(), self.measured),
            ("gaps", MissingIndicator(features="all"), self.gappy),
            (
                "levels",
                Pipeline(
                    [
                        ("gap", SimpleImputer(strategy="constant", fill_value=self.missing, keep_empty_features=True)),
                        ("indicate", OneHotEncoder(categories=lists, handle_unknown="ignore", sparse_output=False)),
                    ]
                ),
                list(self.levels),
            ),
        ]
        return Pipeline([("columns", ColumnTransformer([b for b in blocks if b[2]])), ("standardise", StandardScaler())])

    def fitted(self, frame: pd.DataFrame, n_rows: int, fill: FloatArray, center: FloatArray, scale: FloatArray) -> Pipeline:
        """The pipeline as `n_rows` rows of a table fit it whose medians, means and deviations are known, (n_terms,) each.

        It is fitted on the first row, so that all is there that a fit leaves, and then has their numbers.
        """
        pipeline = self.pipeline().fit(frame[self.columns].iloc[:1])
        if self.measured:
            pipeline["columns"].named_transformers_["values"].statistics_ = fill[: len(self.measured)].copy()
        scaler = pipeline["standardise"]
        scaler.mean_, scaler.scale_, scaler.var_ = center.copy(), scale.copy(), scale**2
        scaler.n_samples_seen_ = np.int64(n_rows)
        return pipeline


def median_imputer() -> SimpleImputer:
    """What fills the gaps of measured columns."""
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", keep_empty_features=True)


def find_vocabulary(frame: pd.DataFrame, development: IntArray, features: tuple[Feature, ...], missing: str) -> Vocabulary:
    """Terms that development rows of a table give; missing: what a gap in a category is called."""
    categories = [feature.name for feature in features if feature.type == "category"]
    units = {feature.name: "day" if feature.type == "date" else "" for feature in features if feature.type != "category"}
    measured = []
    patterns: dict[bytes, str] = {}
    for name in units:
        column = frame[name].iloc[development]
        if column.min() < column.max():
            measured.append(name)
        gap = column.isna().to_numpy()
        if LEAST_LEVEL_ROWS <= gap.sum() < len(gap):
            patterns.setdefault(np.packbits(gap).tobytes(), name)
    gappy = list(patterns.values())
    levels, references = {}, {}
    for name in categories:
        filled = frame[name].iloc[development].astype(object).fillna(missing).value_counts()
        ordered = sorted(filled.index, key=lambda level: (-int(filled[level]), str(level)))
        listed = [level for level in ordered[1 : MOST_LEVELS + 1] if filled[level] >= LEAST_LEVEL_ROWS]
        if listed:
            levels[name], references[name] = sorted(listed), str(ordered[0])
    terms = [Term(name, name, None, units[name]) for name in measured]
    terms += [Term(f"{name}[missing]", name, "missing", "level") for name in gappy]
    terms += [Term(f"{name}[{level}]", name, level, "level") for name, listed in levels.items() for level in listed]
    return Vocabulary(measured, gappy, levels, references, missing, _unique(terms))


def missing_name(table: Table) -> str:
    """What a gap in a category is called: a word that no category has."""
    name = "missing"
    while any((table.frame[f.name] == name).any() for f in table.features if f.type == "category"):
        name = f"({name})"
    return name


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
