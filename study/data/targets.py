"""The kind of a target: inferred from its values, or checked where the config sets it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config.options import ColumnType, LogTarget, TargetForm
from study.data.cells import as_label
from study.data.columns import (
    LARGEST,
    Column,
    check_finite,
    numbers_or_error,
    read_column,
    read_labels,
)
from study.formatting import count
from study.schema import Kind, StudyError, Target, in_order

MOST_CLASSES = 100
"""Most classes of a multiclass target."""

LEAST_ROWS = 20
"""Fewest rows with a target that can be split and compared."""


def read_target(
    raw: pd.Series[Any], wanted: TargetForm, declared: ColumnType | None = None
) -> tuple[Target, pd.Series[Any]]:
    """Decide the kind of a target.

    Two distinct values are binary, text is multiclass. Numbers with fractions or below zero are
    continuous. Whole numbers are

    - multiclass where they look like codes: 3 to 11 values that fill most of a range from 0 or 1 to
      at most 10, unless five
      or more values start at 0 and grow rare (skewness above 0.5, largest value below 5% of the
      rows), which is a count;
    - count where they start at 0, lean to the right (skewness above 0.5), are small (median at most
      30, largest at most
      1,000), as doctor visits are;
    - continuous otherwise.

    Returns
    -------
    Target, Series (n_rows,)
        The target, and its values as the table keeps them: float64, or class labels as text; NaN
        where missing.

    Raises
    ------
    StudyError
        All cells are missing or equal, fewer than LEAST_ROWS are filled, a number is infinite, a
        class has one row, there are more than MOST_CLASSES, or the wanted kind or transform is
        impossible.
    """
    if isinstance(wanted, LogTarget):
        return _logged(*read_target(raw, Kind(wanted.kind), declared))
    name = str(raw.name)
    column = read_column(raw, declared)
    if column.type is None:
        raise StudyError(
            f"Target {name!r} has {column.reason}, not numbers, words or true and false. Choose another."
        )
    counts = (
        column.values if column.type == "numeric" else read_labels(raw, column)
    ).value_counts()
    if not len(counts):
        raise StudyError(f"Every cell of target {name!r} is missing. Choose another.")
    if len(counts) == 1:
        raise StudyError(
            f"Every cell of target {name!r} is {as_label(counts.index[0])!r}. Choose another."
        )
    if counts.sum() < LEAST_ROWS:
        raise StudyError(
            f"Target {name!r} is filled in {count(int(counts.sum()), 'row')}. A comparison needs at least {LEAST_ROWS}."
        )
    kind, reason = _infer(column, counts) if wanted == "auto" else (wanted, "set in targets")
    if kind in {Kind.CONTINUOUS, Kind.COUNT}:
        values, classes = _number_target(raw, column, kind), {}
    else:
        values = read_labels(raw, column)
        classes = _classes(name, kind, values.value_counts())
    missing = int(values.isna().sum())
    return Target(name=name, kind=kind, classes=classes, reason=reason, missing=missing), values


def as_target(raw: pd.Series[Any], target: Target) -> npt.NDArray[np.float64]:
    """Cells of other rows as values of a target (n_rows,), dates as days, class numbers where it
    has classes.

    NaN where a cell is missing, no number, or none of the target's values: another class, or of a
    count a negative one.
    """
    column = read_column(raw)
    if column.type is None:
        return np.full(len(raw), np.nan)
    if target.classes:
        labels = read_labels(raw, column).astype(object)
        return np.asarray(
            labels.map({label: float(i) for i, label in enumerate(target.classes)}), np.float64
        )
    number = column.type in {"numeric", "date"}
    values = np.asarray(
        column.values if number else pd.to_numeric(read_labels(raw, column), errors="coerce"),
        np.float64,
    )
    strange = np.abs(values) > LARGEST
    if target.kind is Kind.COUNT:
        strange |= (values < 0) | (values % 1 != 0)
    return np.where(strange, np.nan, values)


def _infer(column: Column, counts: pd.Series[int]) -> tuple[Kind, str]:
    from scipy.stats import skew  # half a second, which workers need not spend

    distinct = len(counts)
    word = "text" if column.type == "category" else column.type
    if distinct == 2:
        return Kind.BINARY, f"{word} with 2 distinct values"
    if column.type == "category":
        return Kind.MULTICLASS, f"text with {distinct} distinct values"
    if column.type == "date":
        return Kind.CONTINUOUS, f"dates as days since 1970-01-01, {distinct} distinct values"
    check_finite(column)
    values = column.values.dropna().to_numpy()
    if (values % 1 != 0).any() or values.min() < 0:
        return Kind.CONTINUOUS, f"numeric, {distinct} distinct values"
    low, high = int(values.min()), int(values.max())
    facts = f"non-negative whole numbers, {distinct} distinct values, at most {high}"
    skewed = skew(values) > 0.5
    codes = low in {0, 1} and high <= 10 and distinct >= 0.7 * (high - low + 1)
    fading = low == 0 and distinct >= 5 and skewed and (values == high).mean() < 0.05
    if codes and not fading:
        return (
            Kind.MULTICLASS,
            f"whole numbers that look like codes, {distinct} distinct values from {low} to {high}",
        )
    if low == 0 and skewed and np.median(values) <= 30 and high <= 1000:
        return Kind.COUNT, facts
    return (
        Kind.CONTINUOUS,
        f"numeric, {distinct} distinct values, whole numbers from {low} to {high}",
    )


def _number_target(raw: pd.Series[Any], column: Column, kind: Kind) -> pd.Series[Any]:
    name = column.name
    what = f"{kind.value.capitalize()} target"
    way_out = f"Fix the cell, or set targets.{name} to auto."
    values = (
        column.values
        if column.type in {"numeric", "date"}
        else numbers_or_error(raw, what, way_out)
    )
    check_finite(Column(name, "numeric", values, ""))
    if kind is Kind.COUNT:
        wrong = (values < 0) | (values % 1 != 0) & values.notna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise StudyError(
                f"{what} {name!r} has {as_label(values[row])} in row {row}. "
                f"Fix the cell, or set targets.{name} to continuous."
            )
    return values


def _logged(target: Target, values: pd.Series[Any]) -> tuple[Target, pd.Series[Any]]:
    wrong = values <= 0
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise StudyError(
            f"Target {target.name!r} has {as_label(values[row])} in row {row}, which has no logarithm. "
            f"Fix the cell, or remove targets.{target.name}.transform."
        )
    return target.model_copy(update={"transform": "log"}), values


def _classes(name: str, kind: Kind, counts: pd.Series[int]) -> dict[str, int]:
    classes = [str(label) for label in counts.index]
    if kind is Kind.BINARY and len(classes) != 2:
        raise StudyError(
            f"Binary target {name!r} has {len(classes)} classes: {_listed(classes)}. Set targets.{name} to multiclass or auto."
        )
    if len(classes) > MOST_CLASSES:
        raise StudyError(
            f"Target {name!r} has {len(classes)} classes: {_listed(classes)}. The most is {MOST_CLASSES}: merge some, "
            f"or set targets.{name} to continuous."
        )
    rarest = counts.index[-1]
    if counts.iloc[-1] < 2:
        raise StudyError(
            f"Class {rarest!r} of {name!r} has only 1 row. Merge it with another class, or remove the row."
        )
    return {label: int(counts[label]) for label in in_order(classes)}


def _listed(classes: list[str]) -> str:
    return ", ".join(map(repr, classes[:5])) + (", ..." if len(classes) > 5 else "")
