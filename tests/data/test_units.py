"""What is independent in a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.data.units import Units
from tests.training.tables import saved_encoded


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(240, 2)), columns=["x", "y"])
    return frame.assign(house=np.repeat(np.arange(60), 4), day=np.arange(240) // 2).sample(
        frac=1, random_state=0
    )


def test_rows_of_a_group_are_one_unit(tmp_path: Path, frame: pd.DataFrame) -> None:
    encoded = saved_encoded(tmp_path, frame.drop(columns="day"), groups="house")[0]

    units = Units.of(encoded, encoded.development, lambda moments: moments)

    houses = frame["house"].to_numpy()[encoded.rows[encoded.development]]
    assert units.sort == "group"
    assert units.count == len(np.unique(houses))
    assert len(np.unique(np.column_stack([houses, units.codes]), axis=0)) == units.count


def test_rows_of_one_time_are_in_one_block_and_blocks_hold_as_many_times_each(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    encoded = saved_encoded(tmp_path, frame.drop(columns="house"), time="day")[0]

    units = Units.of(encoded, encoded.development, lambda moments: 7)

    days = pd.Series(frame["day"].to_numpy()[encoded.rows[encoded.development]])
    spans = days.groupby(units.codes).agg(["min", "max", "nunique"])
    assert (units.sort, units.count) == ("block", 7)
    assert (spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]).all()
    assert np.ptp(spans["nunique"]) <= 1


def test_rows_without_groups_or_time_are_each_a_unit(tmp_path: Path, frame: pd.DataFrame) -> None:
    encoded = saved_encoded(tmp_path, frame.drop(columns=["house", "day"]))[0]

    units = Units.of(encoded, encoded.development, lambda moments: 7)

    assert (units.sort, units.count) == ("row", len(encoded.development))
