from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.config.options import LogTarget
from study.data.targets import read_target
from study.schema import Kind, StudyError


def series(values: Any) -> pd.Series[Any]:
    return pd.Series(np.asarray(values), name="y")


RNG = np.random.default_rng(0)
VISITS = RNG.negative_binomial(1, 0.3, 200)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RNG.normal(size=50), Kind.CONTINUOUS),
        ([-1, 0, 1] * 10, Kind.CONTINUOUS),
        (np.arange(25, 346), Kind.CONTINUOUS),
        ([3, 4, 5, 6, 7, 8] * 5, Kind.CONTINUOUS),
        ([0, 1] * 10, Kind.BINARY),
        ([0.1, 0.9] * 10, Kind.BINARY),
        ([True, False] * 10, Kind.BINARY),
        (["no", "yes"] * 10, Kind.BINARY),
        (["red", "blue"] * 10, Kind.BINARY),
        (["a", "b", "c"] * 10, Kind.MULTICLASS),
        ([0, 1, 2] * 10, Kind.MULTICLASS),
        ([1, 2, 3, 5, 6, 7] * 9, Kind.MULTICLASS),
        (VISITS, Kind.COUNT),
        ([0] * 50 + [1] * 30 + [2] * 15 + [3] * 5 + [4] * 2, Kind.COUNT),
        ([0] * 20 + [30_000, 52_000, 41_000, 250_000] * 5, Kind.CONTINUOUS),
    ],
)
def test_the_kind_follows_from_the_values(values: Any, kind: Kind) -> None:
    target, *_ = read_target(series(values), "auto")

    assert target.kind == kind


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
    target, labels, _ = read_target(
        series(values), Kind.BINARY if len(classes) == 2 else Kind.MULTICLASS
    )

    assert tuple(target.classes) == classes
    assert set(labels) == set(classes)


def test_a_kind_that_is_set_is_kept() -> None:
    target, values, _ = read_target(series([0, 1, 2] * 10), Kind.COUNT)

    assert (target.kind, target.classes) == (Kind.COUNT, {})
    assert values.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "kind", "way_out"),
    [
        (["1", "b"] * 10, Kind.CONTINUOUS, r"(?i)numeric.*'y'.*'b'.*row 1\..*targets\.y.*auto"),
        (["1", "b"] * 10, Kind.COUNT, r"(?i)numeric.*'y'.*'b'.*row 1\..*targets\.y.*auto"),
        ([1, -2] * 10, Kind.COUNT, r"Count.*'y'.*-2.*row 1\..*targets\.y.*continuous"),
        ([1, 2.5] * 10, Kind.COUNT, r"Count.*'y'.*2\.5.*row 1\..*targets\.y.*continuous"),
        (
            ["a", "b", "c"] * 10,
            Kind.BINARY,
            r"Binary.*'y'.* 3 classes\b.*'a', 'b', 'c'\..*targets\.y.*multiclass.*auto",
        ),
        (
            [f"t{i % 101}" for i in range(202)],
            "auto",
            r"'y'.*\b101 classes: 't0', 't1', 't2', 't3', 't4', \.\.\..*\b100\b",
        ),
        ([3, 0] * 10, LogTarget(transform="log"), r"'y'.* 0 .*row 1\..*targets\.y\.transform"),
        ([1.5] * 19 + [-2.5], LogTarget(transform="log"), r"'y'.*-2\.5.*row 19\."),
        (["1", "b"] * 10, LogTarget(transform="log"), r"'y'.*'b'.*row 1\."),
        (["a"] * 15 + ["b"] * 9 + ["c"], "auto", r"'c'.*'y'.*\b1\b"),
        ([1.0] * 30, "auto", "'y'.*'1'"),
        ([np.nan] * 30, "auto", "'y'.*missing"),
        ([1.5] * 10 + [2.5] * 9 + [np.nan] * 10, "auto", r"'y'.*\b19\b.*\b20\b"),
        (
            [*np.linspace(0, 1, 30), np.inf, -np.inf],
            "auto",
            r"'y'.*\b2\b.*row 30\..*another",
        ),
    ],
)
def test_an_impossible_target_says_why_and_what_to_do(values: Any, kind: Any, way_out: str) -> None:
    with pytest.raises(StudyError, match=way_out):
        read_target(series(values), kind)


def test_a_target_keeps_its_values_where_its_logarithm_is_trained() -> None:
    target, values, _ = read_target(series([1, 2, 40] * 10), LogTarget(transform="log"))

    assert (target.kind, target.transform) == (Kind.CONTINUOUS, "log")
    assert set(values) == {1.0, 2.0, 40.0}


def test_cells_that_are_no_scalars_are_no_target() -> None:
    with pytest.raises(StudyError, match=r"'y'.*list"):
        read_target(pd.Series([[1]] * 30, name="y"), "auto")


def test_a_declared_category_of_numbers_is_multiclass() -> None:
    target, *_ = read_target(series([3, 30, 300] * 10), "auto", "category")

    assert (target.kind, tuple(target.classes)) == (Kind.MULTICLASS, ("3", "30", "300"))
