"""Separation and collinearity, as the reference fits note them, become warnings."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.coefficients.reference import reference_coefficients
from study.diagnostics.coefficients.warned import coefficient_warnings
from study.schema import Kind


def fitted(
    design: pd.DataFrame, y: np.ndarray, kind: Kind, l2: float = 0.0, fold: int = -1
) -> pd.DataFrame:
    found = reference_coefficients(design, y, kind, None, l2, design.std(ddof=0).to_numpy())
    return found.assign(
        target="y", family="linear" if kind is Kind.CONTINUOUS else "logistic", outer_fold=fold
    )


@pytest.fixture
def design(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])


@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_classes_that_a_sum_of_columns_tells_apart_are_warned_of(
    design: pd.DataFrame, l2: float
) -> None:
    y = (design["a"] + design["b"] > 0).to_numpy(float)

    (found,) = coefficient_warnings(fitted(design, y, Kind.BINARY, l2))

    assert (found.id, found.target) == ("S007", "y")


def test_columns_that_nearly_tell_each_other_are_named(
    design: pd.DataFrame, rng: np.random.Generator
) -> None:
    y = rng.normal(size=200)
    near = design.assign(twin=design["a"] + 0.05 * rng.normal(size=200))
    exact = design.assign(sum=design["b"] + design["c"])

    (one,), (other,) = (
        coefficient_warnings(fitted(each, y, Kind.CONTINUOUS, fold=0)) for each in (near, exact)
    )

    assert (one.id, one.target) == (other.id, other.target) == ("S008", "y")
    named = [re.findall(r"((?:\w+, )+\w+) \(", found.text) for found in (one, other)]
    assert named == [["a, twin"], ["b, c, sum"]]


def test_columns_of_which_none_stands_out_are_told_together(rng: np.random.Generator) -> None:
    scales = np.r_[1.0, np.full(5, 1e-4)]
    mixed = pd.DataFrame(
        rng.normal(size=(200, 6)) * scales @ rng.normal(size=(6, 6)), columns=[*"abcdef"]
    )

    (found,) = coefficient_warnings(fitted(mixed, rng.normal(size=200), Kind.CONTINUOUS))

    assert found.id == "S008"
    assert re.findall(r"\d[\d,]*\d|\d", found.text) == ["6", "1,000"]


def test_columns_of_their_own_and_classes_that_overlap_are_not_warned_of(
    design: pd.DataFrame, rng: np.random.Generator
) -> None:
    y = (design["a"] + rng.normal(size=200) > 0).to_numpy(float)

    assert coefficient_warnings(fitted(design, y, Kind.BINARY)) == []
    assert coefficient_warnings(fitted(design, y, Kind.BINARY, l2=1.0)) == []


def test_collinear_columns_are_named_whole_though_a_name_has_brackets(design: pd.DataFrame) -> None:
    names = ["hinge(a)", "town[Bonn] (2)", "c (x): y"]
    tied = design.set_axis(names, axis=1).assign(sum=design.sum(axis=1))

    (warning,) = coefficient_warnings(fitted(tied, design["a"].to_numpy(), Kind.CONTINUOUS))

    assert ", ".join([*names, "sum"]) in warning.text
