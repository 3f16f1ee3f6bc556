"""Which terms the rows of an outer fold give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study.data.matrix import Term
from study.data.rows import IntArray
from study.data.tables import Table
from study.formatting import unique
from study.schema import INTERCEPT, Feature

MOST_LEVELS = 20
"""Most levels of a category that get a term beside its reference; rarer ones share the reference's
zeros."""

LEAST_LEVEL_ROWS = 5
"""Fewest development rows in which a level, or a missing cell, must occur to get a term."""


@dataclass(frozen=True)
class Vocabulary:
    """Which terms exist, and the level of each category that its terms are compared with."""

    terms: tuple[Term, ...]
    references: dict[str, str]


def find_vocabulary(
    frame: pd.DataFrame, development: IntArray, features: tuple[Feature, ...], missing: str
) -> Vocabulary:
    """Terms that development rows of a table give; missing: what a gap in a category is called."""
    categories = [feature.name for feature in features if feature.type == "category"]
    units = {
        feature.name: "day" if feature.type == "date" else ""
        for feature in features
        if feature.type != "category"
    }
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
        listed = [
            level for level in ordered[1 : MOST_LEVELS + 1] if filled[level] >= LEAST_LEVEL_ROWS
        ]
        if listed:
            levels[name], references[name] = sorted(listed), str(ordered[0])
    own = dict(zip(units, unique(units, {INTERCEPT}), strict=True))
    columns = [Term(own[name], name, None, units[name]) for name in measured]
    terms = [Term(f"{name}[missing]", name, "missing", "level") for name in gappy]
    terms += [
        Term(f"{name}[{level}]", name, level, "level")
        for name, listed in levels.items()
        for level in listed
    ]
    names = unique((term.name for term in terms), {*own.values(), *categories})
    told = (replace(term, name=name) for term, name in zip(terms, names, strict=True))
    return Vocabulary((*columns, *told), references)


def missing_name(table: Table) -> str:
    """What a gap in a category is called: a word that no category has."""
    name = "missing"
    while any((table.frame[f.name] == name).any() for f in table.features if f.type == "category"):
        name = f"({name})"
    return name
