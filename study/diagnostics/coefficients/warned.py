"""Warnings of coefficients: separation and collinearity, as the notes of the reference fits tell
them.
"""

from __future__ import annotations

import re

import pandas as pd

from study.diagnostics.coefficients.basis import (
    FAILED,
    MOST_CONDITION,
    MOST_VIF,
    SEPARATED,
)
from study.schema import ALL_ROWS, INTERCEPT, StudyWarning

_TIED = re.compile(r"collinear \(condition number")
_NAMED = re.compile(
    rf"(?:variance inflation above {MOST_VIF:g}|collinear) \((?!condition)(.*?)\): (?:no|least)"
)


def coefficient_warnings(coefficients: pd.DataFrame) -> list[StudyWarning]:
    """What is to be said of the regressions' coefficients on all rows, or on the first outer fold
    where there are no others.

    coefficients: target, family, outer_fold, term and note, as
    `study.diagnostics.coefficients.compute.coefficient_table` gives them.
    """
    found: list[StudyWarning | None] = []
    for (target, _), own in coefficients.groupby(["target", "family"], sort=False):
        rows = own[own["outer_fold"] == own["outer_fold"].min()]
        where = (
            "all rows"
            if (rows["outer_fold"] == ALL_ROWS).all()
            else "the training rows of outer fold 0"
        )
        noted = rows.assign(note=rows["note"].fillna("").astype(str))
        found += [separated(str(target), noted, where), collinear(str(target), noted, where)]
    return [warning for warning in found if warning]


def separated(target: str, rows: pd.DataFrame, where: str) -> StudyWarning | None:
    """S007 where the likelihood without a penalty has no maximum, or none was found. rows: of one
    fit; where: of which rows.
    """
    told, failed = (
        rows["note"].str.contains(said, regex=False).any() for said in (SEPARATED, FAILED)
    )
    if not told and not failed:
        return None
    penalised = rows["note"].str.contains("penalised", regex=False).any()
    kept = "come from the penalty" if penalised else "have meaningful signs only"
    found = "separate" if told else "nearly separate"
    return StudyWarning(
        id="S007",
        target=target,
        text=f"On {where} the features {found} the classes or counts of {target}. "
        f"Coefficients {kept} and have no standard error.",
        todo="Don't read coefficients as effects. Look for a column that gives the answer away, or merge rare classes.",
    )


def collinear(target: str, rows: pd.DataFrame, where: str) -> StudyWarning | None:
    """S008 where columns are so nearly sums of others that their coefficients have no standard
    error.
    """
    notes = rows.loc[
        rows["note"].str.contains(r"collinear \(|variance inflation", regex=True), "note"
    ]
    if notes.empty:
        return None
    terms = [str(term) for term in rows.loc[notes.index, "term"].unique() if term != INTERCEPT]
    named = next((match[1] for note in notes if (match := _NAMED.search(note))), "")
    which = named or f"all {len(terms)} columns together"
    limit = (
        f"condition number above {MOST_CONDITION:,g}"
        if notes.str.contains(_TIED).any() and not named
        else (f"variance inflation above {MOST_VIF:g}, or an exact sum")
    )
    return StudyWarning(
        id="S008",
        target=target,
        text=f"On {where} of {target} some columns are nearly sums of others: {which} ({limit}). "
        "Their coefficients have no standard error.",
        todo="To read coefficients, keep one such column and put the others in `data.drop`.",
    )
