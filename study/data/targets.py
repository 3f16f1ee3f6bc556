"""The kind of a target: inferred from its values, or checked where the config sets it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config.options import ColumnType, LogTarget, TargetForm
from study.data.cells import as_label, as_plain, as_text
from study.data.columns import TARGET_SIZES, check, read_as, read_column, read_labels
from study.data.numbers import PLAIN
from study.data.readings import Column, refuse, text_numbers
from study.formatting import count
from study.schema import Kind, StudyError, Target, in_order

MOST_CLASSES = 100
"""Most classes of a multiclass target."""

LEAST_ROWS = 20
"""Fewest rows with a target that can be split and compared."""


def read_target(
    raw: pd.Series[Any], wanted: TargetForm, declared: ColumnType | None = None
) -> tuple[Target, pd.Series[Any], tuple[str, ...]]:
    """Decide the kind of a target.

    Two distinct values are binary, text is multiclass. Numbers with fractions or below zero are
    continuous. Whole numbers are

    - multiclass where they look like codes: 3 to 11 values that fill most of a range from 0 or 1 to
      at most 10, unless five or more values start at 0 and grow rare (skewness above 0.5, largest
      value below 5% of the rows), which is a count;
    - count where they start at 0, lean to the right (skewness above 0.5), are small (median at most
      30, largest at most 1,000), as doctor visits are;
    - continuous otherwise.

    Returns
    -------
    Target, Series (n_rows,), tuple of str
        Its values are float64, or class labels as text, NaN where missing; then notes on reading.

    Raises
    ------
    StudyError
        All cells are missing or equal, fewer than LEAST_ROWS are filled, a number has no float64, a
        class has one row, there are over MOST_CLASSES, or the wanted form is impossible.
    """
    if isinstance(wanted, LogTarget):
        return _logged(*read_target(raw, Kind(wanted.kind), declared))
    name, column = str(raw.name), _column(raw, wanted, declared)
    if column.type is None:
        raise StudyError(
            f"Target {name!r} has {column.reason}, not numbers, words or true and false. Choose another."
        )
    cells = column.values if column.type == "numeric" else read_labels(raw, column)
    counts = cells.value_counts()
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
        values, classes = _number_target(column, kind), {}
    else:
        values = read_labels(raw, column)
        classes = _classes(name, kind, values.value_counts())
    target = Target(
        name=name,
        kind=kind,
        classes=classes,
        reason=reason,
        missing=int(values.isna().sum()),
        pattern=column.pattern,
    )
    return target, values, (*column.notes, *_notes(target, len(values)))


def _column(raw: pd.Series[Any], wanted: str, declared: ColumnType | None) -> Column:
    """A target as numbers or dates, or as labels of classes, where that is wanted; a StudyError where
    it cannot be.
    """
    column = read_column(raw, declared)
    if wanted in {Kind.BINARY, Kind.MULTICLASS} and (column.lost or column.unclear):
        return read_column(raw, "category")
    if wanted in {Kind.CONTINUOUS, Kind.COUNT} and column.type in {"category", "boolean"}:
        way_out = f"Fix the cell, or set targets.{column.name} to auto."
        column = read_as(raw, "numeric", way_out)
    check(column, TARGET_SIZES, "Fix or empty the cells, or choose another target.")
    if column.merged:
        raise StudyError(column.merged)
    return column


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
        if column.lost or column.unclear:
            column = read_column(raw, "category")
        labels = read_labels(raw, column).astype(object)
        return np.asarray(
            labels.map({label: float(i) for i, label in enumerate(target.classes)}), np.float64
        )
    plain = as_plain(raw)
    if column.type != "date" and not pd.api.types.is_numeric_dtype(plain):
        column = text_numbers(as_text(plain), target.pattern or PLAIN)
    values = column.values.to_numpy(np.float64)
    strange = np.abs(values) > TARGET_SIZES[1]
    if target.kind is Kind.COUNT:
        strange |= (values < 0) | (values % 1 > 0)
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
    values = column.values.dropna().to_numpy()
    if (values % 1).any() or values.min() < 0:
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


def _number_target(column: Column, kind: Kind) -> pd.Series[Any]:
    values = column.values
    if kind is Kind.COUNT:
        offends = (values < 0) | (values % 1 > 0)
        way_out = f"Fix the cell, or set targets.{column.name} to continuous."
        refuse("Count target", values, offends, way_out)
    return values


def _logged(
    target: Target, values: pd.Series[Any], notes: tuple[str, ...]
) -> tuple[Target, pd.Series[Any], tuple[str, ...]]:
    way_out = f"A logarithm needs numbers above 0: fix the cell, or remove targets.{target.name}.transform."
    refuse("Target", values, values <= 0, way_out)
    said = (
        f"Models are trained on log({target.name}). Predictions and test losses are in its own unit: the exponential, "
        "times the mean error factor of the training rows (Duan's smearing)."
    )
    return target.model_copy(update={"transform": "log"}), values, (said, *notes)


def _notes(target: Target, n_rows: int) -> list[str]:
    notes = []
    if target.missing:
        notes.append(
            f"{target.missing} of {n_rows} rows have no {target.name!r}; they are left out for this target."
        )
    if target.reason.startswith("whole numbers that look like codes"):
        notes.append(
            f"{target.name!r} is taken as multiclass: {target.reason}. If their order counts, set targets.{target.name} to "
            "count or continuous."
        )
    return notes


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
