"""What a table is hinted to hold: codes, groups, gaps, and how its splits are kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.tables import read_table
from study.schema import StudyData

from .helpers import config_for, table_of

ROWS = 400
RNG = np.random.default_rng(0)
ZIPS = RNG.permutation(np.arange(10_115, 80_331, 7))[:25]


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**columns, "x": RNG.normal(size=ROWS), "y": RNG.normal(size=ROWS)})


def numbers(text: str) -> list[int]:
    """Whole numbers that stand in a text."""
    return [int(each.replace(",", "")) for each in re.findall(r"(?<!\w)\d[\d,]*", text)]


def drawn(values: Sequence[Any] | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Each of the values in about as many rows."""
    return np.resize(np.asarray(values), ROWS)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("plz", ZIPS[:8]),
        ("zip", [2_138, 10_115, 80_331]),
        ("where", ZIPS[:8]),
        ("storeId", [1, 2, 7]),
        ("country code", [4, 40, 276]),
    ],
)
def test_whole_numbers_that_look_like_codes_are_noted_unless_their_type_is_declared(
    tmp_path: Path, name: str, values: Any
) -> None:
    table = frame(**{name: drawn(values)})

    found = table_of(tmp_path, table).warnings
    declared = table_of(tmp_path, table, data={"types": {name: "numeric"}}).warnings

    (told,) = found
    assert (told.id, numbers(told.text)) == ("S013", [len(values), min(values), max(values)])
    assert repr(name) in told.text
    assert f"data.types.{name}" in told.todo
    assert declared == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", np.r_[RNG.permutation(10**6)[: ROWS - 9], [7] * 9]),
        ("number", np.r_[np.arange(ROWS - 9), np.arange(9)]),
        ("row", np.where(RNG.random(ROWS) < 0.05, np.nan, 1.0 * np.arange(ROWS))),
    ],
)
def test_a_column_that_counts_rows_is_to_be_dropped_and_no_category(
    tmp_path: Path, name: str, values: Any
) -> None:
    (found,) = table_of(tmp_path, frame(**{name: values})).warnings

    assert (found.id, repr(name) in found.text) == ("S013", True)
    assert "data.drop" in found.todo
    assert "data.types" not in found.todo


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("distance", RNG.permutation(10**6)[:ROWS]),
        ("year", range(1990, 2021)),
        ("built", [1_700, 1_850, 1_911, 1_999]),
        ("income", range(20_000, 99_000, 2_500)),
        ("price", RNG.integers(10_000, 99_999, ROWS)),
        ("visits", RNG.poisson(3, ROWS)),
        ("day", range(1_000, 1_100)),
        ("ageSquared", [age**2 for age in range(35, 55, 2)]),
        ("metres", [900, 1_234, 20_345, 33_333]),
        ("width", [0.5, 1_234.5, 4_321.5]),
        ("paid", [1, 2]),
        ("grid", [1, 2, 3]),
        ("id", [0, 1]),
    ],
)
def test_amounts_years_and_counts_are_no_codes(tmp_path: Path, name: str, values: Any) -> None:
    assert table_of(tmp_path, frame(**{name: drawn(list(values))})).warnings == ()


def test_numbers_of_dealers_or_customers_are_noted_as_groups_and_how_many_there_are_is_not(
    tmp_path: Path,
) -> None:
    table = frame(
        dealer=drawn(range(40)),
        lastCustomer=drawn(range(30)),
        dealers=drawn(range(40)),
        user=drawn(["no", "yes"]),
    )

    found = table_of(tmp_path, table).warnings

    assert [re.findall(r"'(\w+)'", warning.text) for warning in found] == [
        ["dealer"],
        ["lastCustomer"],
    ]
    assert [numbers(warning.text)[0] for warning in found] == [40, 30]


def test_a_column_that_repeats_like_groups_is_noted_unless_groups_or_time_are_set(
    tmp_path: Path,
) -> None:
    table = frame(
        dealer=drawn([f"dealer {i}" for i in range(40)]),
        seen=pd.date_range("2020-01-01", periods=ROWS),
    )

    found = table_of(tmp_path, table).warnings

    (told,) = found
    assert (told.id, numbers(told.text)) == ("S014", [40, 10])
    assert "groups" in told.todo
    assert "'dealer'" in told.todo
    assert table_of(tmp_path, table, groups="dealer").warnings == ()
    assert table_of(tmp_path, table, time="seen").warnings == ()


def test_a_code_of_many_values_may_be_groups_too(tmp_path: Path) -> None:
    first, second = table_of(tmp_path, frame(zip=drawn(ZIPS))).warnings

    assert [first.id, second.id] == ["S013", "S014"]
    assert (numbers(first.text)[0], numbers(second.text)) == (25, [25, 16])


@pytest.mark.parametrize("count", [20, 150])
def test_few_levels_and_levels_that_hardly_come_again_are_no_groups(
    tmp_path: Path, count: int
) -> None:
    assert table_of(tmp_path, frame(town=drawn([f"town {i}" for i in range(count)]))).warnings == ()


def test_groups_and_time_are_confirmed_in_words(tmp_path: Path) -> None:
    table = frame(
        dealer=drawn(["a", "b", "c"]),
        seen=pd.date_range("2019-01-02", periods=ROWS),
        week=drawn(range(50)),
    )

    def said(**more: str) -> str:
        return StudyData.model_validate_json(
            table_of(tmp_path, table, **more).summary().model_dump_json()
        ).splitting

    assert said() == ""
    assert re.search(r"'dealer' \(3 ", said(groups="dealer"))
    assert re.search(r"'seen'.* 2019-01-02 .* 2020-02-05", said(time="seen"))
    assert re.search(r"'week'.* 0 .* 49", said(time="week"))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sklearn:diabetes", "target"),
        ("sklearn:wine", "target"),
        ("sklearn:breast_cancer", "target"),
        ("sklearn:iris", "target"),
        ("sklearn:digits", "target"),
        ("statsmodels:fair", "affairs"),
        ("statsmodels:anes96", "vote"),
        ("statsmodels:randhie", "mdvis"),
        ("balloons", "balloons"),
        ("balloons", "colour"),
    ],
)
def test_tables_of_measurements_get_no_hint(source: str, target: str) -> None:
    assert read_table(config_for(source, target)).warnings == ()
