"""Groups of rows on which a model helps: found where they are, and not where there are none."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.diagnostics.helps.compute import COLUMNS, where_it_helps
from study.schema import ALL_ROWS
from tests.data.helpers import config_for, saved, table_of


def encoded_from(folder: Path, frame: pd.DataFrame, **more: object) -> Encoded:
    table = table_of(folder, frame, **more)
    return encode(
        table,
        table.targets[0],
        make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))[-1],
    )


def frame_of(rng: np.random.Generator, n: int = 400) -> pd.DataFrame:
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    town = rng.choice(["Bonn", "Ulm", "Köln"], n, p=[0.5, 0.3, 0.2])
    return pd.DataFrame(
        {
            "x": rng.uniform(0, 10, n),
            "town": town,
            "day": day,
            "y": rng.normal(size=n),
            "built": rng.integers(2000, 2020, n),
        }
    )


def gains(gain: np.ndarray, loss: float = 2.0) -> pd.DataFrame:
    told = {
        "target": "y",
        "kind": "continuous",
        "base": "regression",
        "other": "network",
        "group": 0,
        "time": np.nan,
    }
    return pd.DataFrame({**told, "row": np.arange(len(gain)), "gain": gain, "loss": loss})


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        (lambda frame: frame["x"] > 6, r"^x .*[5-8]\.\d"),
        (lambda frame: frame["built"] > 2010, r"^built .*20(09|1[0-2])\b"),
        (lambda frame: frame["town"] == "Ulm", "^town .*Ulm"),
        (lambda frame: frame["day"] > pd.Timestamp("2023-06-30"), "^day .*2023-0[67]"),
    ],
)
def test_a_group_that_is_there_is_named_and_holds(
    tmp_path: Path, rng: np.random.Generator, inside: object, rule: str
) -> None:
    frame = frame_of(rng)
    group = inside(frame).to_numpy()  # type: ignore[operator]
    encoded = encoded_from(tmp_path, frame)

    found = where_it_helps(
        gains(group + 0.3 * rng.normal(size=len(frame))), {("y", ALL_ROWS): encoded}
    )

    most = found[found["side"] == "more"].iloc[0]
    assert found.columns.tolist() == list(COLUMNS.columns)
    assert re.search(rule, most["rule"])
    assert most["holds"]
    assert most["gain"] == pytest.approx(0.5, abs=0.15)  # of a loss of 2
    assert most["low"] <= most["gain"] - most["rest"] <= most["high"]
    assert most["rows"] == 200


def test_where_nothing_is_to_be_found_nearly_nothing_holds(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    frame = frame_of(rng)
    encoded = {("y", ALL_ROWS): encoded_from(tmp_path, frame)}

    held = [
        where_it_helps(gains(rng.standard_t(3, len(frame))), encoded)["holds"].any()
        for _ in range(40)
    ]

    assert sum(held) <= 5  # one in twenty is expected, and is as rare that both hold


def test_groups_of_rows_find_and_check_as_wholes(tmp_path: Path, rng: np.random.Generator) -> None:
    group = np.repeat(np.arange(20), 20)
    frame = frame_of(rng).assign(x=rng.uniform(0, 10, 20)[group], who=group)
    encoded = encoded_from(tmp_path, frame, groups="who")
    lucky = rng.normal(size=20)[group]

    held = [
        where_it_helps(gains(np.roll(lucky, 20 * k)), {("y", ALL_ROWS): encoded})["holds"].any()
        for k in range(20)
    ]

    assert (
        sum(held) <= 4
    )  # as if rows were alone, nearly all would hold: a group's x tells its luck


def test_of_few_rows_nothing_is_looked_for(tmp_path: Path, rng: np.random.Generator) -> None:
    frame = frame_of(rng, 60)

    found = where_it_helps(gains(np.arange(60.0)), {("y", 0): encoded_from(tmp_path, frame)})

    assert found[["side", "rule", "holds"]].to_numpy().tolist() == [["", "", False]]
