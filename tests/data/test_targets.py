from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.targets import read_target
from study.schema import Kind, StudyError


def series(values: Any) -> pd.Series[Any]:
    return pd.Series(np.asarray(values), name="y")


RNG = np.random.default_rng(0)
VISITS = RNG.negative_binomial(1, 0.3, 200)


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        (RNG.normal(size=50), Kind.CONTINUOUS, "numeric, 50 distinct values"),
        ([-1, 0, 1] * 10, Kind.CONTINUOUS, "numeric, 3 distinct values"),
        (np.arange(25, 346), Kind.CONTINUOUS, "numeric, 321 distinct values, whole numbers from 25 to 345"),
        ([3, 4, 5, 6, 7, 8] * 5, Kind.CONTINUOUS, "numeric, 6 distinct values, whole numbers from 3 to 8"),
        ([0, 1] * 10, Kind.BINARY, "numeric with 2 distinct values"),
        ([0.1, 0.9] * 10, Kind.BINARY, "numeric with 2 distinct values"),
        ([True, False] * 10, Kind.BINARY, "boolean with 2 distinct values"),
        (["no", "yes"] * 10, Kind.BINARY, "boolean with 2 distinct values"),
        (["red", "blue"] * 10, Kind.BINARY, "text with 2 distinct values"),
        (["a", "b", "c"] * 10, Kind.MULTICLASS, "text with 3 distinct values"),
        ([0, 1, 2] * 10, Kind.MULTICLASS, "whole numbers that look like codes, 3 distinct values from 0 to 2"),
        ([1, 2, 3, 5, 6, 7] * 9, Kind.MULTICLASS, "whole numbers that look like codes, 6 distinct values from 1 to 7"),
        (
            VISITS,
            Kind.COUNT,
            f"non-negative whole numbers, {len(set(VISITS))} distinct values, at most {VISITS.max()}",
        ),
        (
            [0] * 50 + [1] * 30 + [2] * 15 + [3] * 5 + [4] * 2,
            Kind.COUNT,
            "non-negative whole numbers, 5 distinct values, at most 4",
        ),
        (
            [0] * 20 + [30_000, 52_000, 41_000, 250_000] * 5,
            Kind.CONTINUOUS,
            "numeric, 5 distinct values, whole numbers from 0 to 250000",
        ),
    ],
)
def test_the_kind_follows_from_the_values(values: Any, kind: Kind, reason: str) -> None:
    target, _ = read_target(series(values), "auto")

    assert (target.kind, target.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["red", "blue"] * 10, ("blue", "red")),
        ([10, 9, 2] * 10, ("2", "9", "10")),
        ([0.0, 1.0] * 10, ("0", "1")),
        ([True, False] * 10, ("False", "True")),
        (["10", "9", "x"] * 10, ("10", "9", "x")),
    ],
)
def test_classes_are_sorted_as_numbers_or_as_text(values: Any, classes: tuple[str, ...]) -> None:
    target, labels = read_target(series(values), Kind.BINARY if len(classes) == 2 else Kind.MULTICLASS)

    assert tuple(target.classes) == classes
    assert set(labels) == set(classes)


def test_a_kind_that_is_set_is_kept() -> None:
    target, values = read_target(series([0, 1, 2] * 10), Kind.COUNT)

    assert (target.kind, target.classes, target.reason) == (Kind.COUNT, {}, "set in targets")
    assert values.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (
            ["1", "b"] * 10,
            Kind.CONTINUOUS,
            "A continuous target holds numbers, but column 'y' has 'b' in row 1. Mend the cell, or set targets.y to auto.",
        ),
        (
            ["1", "b"] * 10,
            Kind.COUNT,
            "A count holds non-negative whole numbers, but column 'y' has 'b' in row 1. "
            "Mend the cell, or set targets.y to auto.",
        ),
        (
            [1, -2] * 10,
            Kind.COUNT,
            "A count holds non-negative whole numbers, but column 'y' has -2 in row 1. "
            "Mend the cell, or set targets.y to continuous.",
        ),
        (
            [1, 2.5] * 10,
            Kind.COUNT,
            "A count holds non-negative whole numbers, but column 'y' has 2.5 in row 1. "
            "Mend the cell, or set targets.y to continuous.",
        ),
        (
            ["a", "b", "c"] * 10,
            Kind.BINARY,
            "A binary target has exactly 2 classes, but 'y' has 3: 'a', 'b', 'c'. Set targets.y to multiclass, or to auto.",
        ),
        (
            [f"t{i % 101}" for i in range(202)],
            "auto",
            "A multiclass target has at most 100 classes, but 'y' has 101: 't0', 't1', 't2', 't3', 't4', .... "
            "Choose another target, or merge classes; if it is a number, mend the cells that are none and set its kind to "
            "continuous.",
        ),
        (
            ["a"] * 15 + ["b"] * 9 + ["c"],
            "auto",
            "Every class needs rows to train and to test on, but class 'c' of 'y' has 1 row. "
            "Merge it with another class, or leave its row out.",
        ),
        (
            [1.0] * 30,
            "auto",
            "A target needs two distinct values, but every cell of 'y' is '1'. Choose another.",
        ),
        ([np.nan] * 30, "auto", "A target needs values, but every cell of 'y' is missing. Choose another target."),
        (
            [1.5] * 10 + [2.5] * 9 + [np.nan] * 10,
            "auto",
            "A comparison needs 20 rows with a target, but 'y' is filled in 19. Add rows.",
        ),
        (
            [*np.linspace(0, 1, 30), np.inf, -np.inf],
            "auto",
            "Numbers must be finite and below 1e+100, but column 'y' has 2 that are not (row 30, 31). "
            "Mend the cells, empty them, or add the column to data.drop.",
        ),
    ],
)
def test_an_impossible_target_says_why_and_what_to_do(values: Any, kind: Any, message: str) -> None:
    with pytest.raises(StudyError) as raised:
        read_target(series(values), kind)

    assert str(raised.value) == message


def test_cells_that_are_no_scalars_are_no_target() -> None:
    values = pd.Series([[1]] * 30, name="y")

    with pytest.raises(StudyError, match=r"'y' has cells of type list\. Choose another\."):
        read_target(values, "auto")


def test_a_declared_category_of_numbers_is_multiclass() -> None:
    target, _ = read_target(series([3, 30, 300] * 10), "auto", "category")

    assert (target.kind, tuple(target.classes)) == (Kind.MULTICLASS, ("3", "30", "300"))
