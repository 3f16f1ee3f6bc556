"""Values that may mean missing, and levels that are one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.oddities import alike, far

from .helpers import table_of

RNG = np.random.default_rng(0)
ROWS = 300
AGES = RNG.integers(18, 81, ROWS)
NORMAL_AGES = np.random.default_rng(1).normal(45, 18, ROWS).clip(18, 90).round()
RECENT = RNG.integers(16_000, 19_000, ROWS)


def far_of(values: Any, mark: float, cells: int) -> list[float]:
    column = pd.Series(np.asarray(values, float))
    column[:cells] = mark
    return far(column.value_counts())


@pytest.mark.parametrize(
    ("values", "mark", "cells"),
    [
        (RNG.uniform(0, 100, ROWS), -999, 5),
        (RNG.normal(10, 8, ROWS), -999, 90),
        (RNG.lognormal(10, 1, ROWS), -999, 5),
        (RNG.lognormal(8, 0.5, ROWS), 99_999, 5),
        (RNG.integers(0, 11, ROWS), 99, 5),
        (RNG.integers(0, 2, ROWS), 9, 5),
        (AGES, 99, 5),
        (NORMAL_AGES, 99, 9),
        (AGES, -1, 5),
        (RNG.uniform(1.5, 2.1, ROWS), 0, 5),
        (RNG.integers(-14_000, 12_000, ROWS), -25_567, 5),
        (RECENT, 0, 5),
        (RECENT, -25_567, 5),
    ],
)
def test_a_value_far_outside_the_rest_that_repeats_may_mean_missing(
    values: Any, mark: float, cells: int
) -> None:
    assert far_of(values, mark, cells) == [mark]


@pytest.mark.parametrize(
    ("values", "mark", "cells"),
    [
        (RNG.integers(-1, 2, ROWS), -1, 0),
        (AGES, 0, 5),
        (NORMAL_AGES, 99, 1),
        (np.arange(ROWS) % 90, 99, 5),
        (np.minimum(np.arange(ROWS), 99), 99, 0),
        (RNG.poisson(3, ROWS), 12, 3),
        (RNG.choice([0, 1, 10, 100], ROWS), 100, 0),
        (RNG.lognormal(5, 1, ROWS), 0, 120),
        (np.minimum(RNG.normal(22, 12, ROWS), 50), 50, 20),
        (RNG.integers(1, 8, ROWS), 9, 5),
        (RNG.normal(size=ROWS), 60, 1),
        (RNG.uniform(90, 110, ROWS), 99, 20),
    ],
)
def test_ends_of_a_distribution_and_a_single_outlier_do_not(
    values: Any, mark: float, cells: int
) -> None:
    assert far_of(values, mark, cells) == []


def test_columns_of_a_table_are_named_with_the_value_and_its_cells(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": AGES, "born": pd.to_datetime(RECENT, unit="D")}).assign(
        town=[*["Bonn", "Köln", "Ulm"] * 100], y=RNG.normal(size=ROWS)
    )
    odd = frame.copy()
    odd.loc[:3, "age"], odd.loc[:4, "born"] = -1, pd.Timestamp("1900-01-01")
    odd.loc[:5, "town"], odd.loc[:6, "y"] = "Unknown", -999

    (found,) = table_of(tmp_path, odd).warnings

    assert found.id == "S015"
    assert re.findall(r"(\S+) in '(\w+)' \((\d+)", found.text) == [
        ("-1", "age", "4"),
        ("1900-01-01", "born", "5"),
        ("Unknown", "town", "6"),
        ("-999", "y", "7"),
    ]
    assert table_of(tmp_path, frame).warnings == ()


@pytest.mark.parametrize(
    ("common", "rare"),
    [
        ("VW", "vw"),
        ("Opel", "Oppel"),
        ("Mercedes Benz", "mercedes  benz"),
        ("Mercedes Benz", "Mercedez Benz"),
        ("Köln", "Ko\N{COMBINING DIAERESIS}ln"),
    ],
)
def test_levels_spelt_in_two_ways_are_a_pair(common: str, rare: str) -> None:
    assert alike({"Ford": 50, common: 40, rare: 2}) == [(common, rare)]


@pytest.mark.parametrize(
    ("common", "rare"),
    [
        ("A1", "A2"),
        ("10001", "10002"),
        ("type a", "type b"),
        ("typical", "atypical"),
        ("Austria", "Australia"),
        ("Iran", "Iraq"),
        ("Ford", "Opel"),
    ],
)
def test_levels_that_differ_are_not(common: str, rare: str) -> None:
    assert alike({common: 40, rare: 2}) == []


def test_levels_that_are_both_frequent_differ() -> None:
    assert alike({"Marten": 40, "Martin": 30}) == []


def test_levels_and_classes_of_a_table_are_named_with_their_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"make": ["VW", "Opel", "vw"] * 100, "y": ["yes", "no", "No"] * 100})

    (found,) = (
        each for each in table_of(tmp_path, frame.assign(x=AGES)).warnings if each.id == "S016"
    )

    assert re.findall(r"'(\w+)'", found.text) == ["VW", "vw", "make", "no", "No", "y"]
