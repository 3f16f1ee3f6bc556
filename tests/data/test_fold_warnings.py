"""What is warned of between the folds of a table: twins, drift, and classes too rare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode_all
from study.data.fold_warnings import distances, fold_warnings
from study.data.splits import make_splits
from study.data.tables import read_table
from study.schema import StudyWarning

from .helpers import config_for, saved

RNG, NOISE = np.random.default_rng(0), np.random.default_rng(20)


def found(folder: Path, frame: pd.DataFrame, **more: Any) -> dict[str, StudyWarning]:
    """Warnings of four outer folds, by id."""
    config = config_for(
        saved(folder, frame),
        **({"protocol": "nested", "outer": {"folds": 4}, "inner": {"folds": 3}} | more),
    )
    table = read_table(config)
    data = encode_all(
        table, [(table.targets[0], split) for split in make_splits(table, table.targets[0], config)]
    )
    return {warning.id: warning for warning in fold_warnings(data)}


def measured(rows: int = 240, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": RNG.normal(size=rows),
            "z": RNG.normal(size=rows),
            "y": RNG.normal(size=rows),
            **columns,
        }
    )


def test_rows_that_stand_on_both_sides_of_a_split_are_warned_of(tmp_path: Path) -> None:
    frame = measured(unit=np.arange(240) // 2)
    frame.loc[1:19:2, ["x", "z", "y"]] = frame.loc[0:18:2, ["x", "z", "y"]].to_numpy()

    copies = found(tmp_path, frame.drop(columns="unit"))
    apart = found(tmp_path, frame.assign(unit=[f"u{i}" for i in frame["unit"]]), groups="unit")
    none = found(tmp_path, measured())

    assert copies.keys() == {"S010"}
    count, rows = map(int, re.findall(r"\d+", copies["S010"].text)[:2])
    assert 8 <= count <= 20  # of 20 rows that have a twin, about a quarter lies in one fold with it
    assert rows == 240
    assert apart == none == {}


def test_features_that_two_rows_share_are_warned_of_though_their_targets_differ(
    tmp_path: Path,
) -> None:
    frame = measured()
    frame.loc[1:19:2, ["x", "z"]] = frame.loc[0:18:2, ["x", "z"]].to_numpy()
    coarse = measured().round({"x": 0, "z": 0})

    (warning,) = found(tmp_path, frame).values()

    count, rows, share = map(float, re.findall(r"\d[\d.]*", warning.text)[:3])
    assert (warning.id, rows) == ("S010", 240)
    assert share == pytest.approx(100 * count / rows, rel=0.05)
    assert found(tmp_path, coarse) == {}


def test_rows_of_a_few_coarse_columns_are_equal_by_chance(tmp_path: Path) -> None:
    coarse = pd.DataFrame({name: RNG.integers(0, 3, 240).astype(float) for name in ("a", "b")})

    assert found(tmp_path, coarse.assign(y=[*"abcd" * 60])) == {}


def test_rows_that_share_frequent_values_alone_are_no_copies(tmp_path: Path) -> None:
    earned = np.where(np.arange(240) % 4 == 0, NOISE.normal(size=(8, 240)), 0)
    frame = pd.DataFrame(earned.T, columns=[*"abcdefgh"]).assign(age=NOISE.integers(20, 40, 240))

    assert found(tmp_path, frame.assign(y=NOISE.integers(0, 4, 240) + 0.5)) == {}


def test_a_column_that_grows_with_time_is_warned_of_and_one_that_does_not_is_not(
    tmp_path: Path,
) -> None:
    seen = pd.date_range("2020-01-01", periods=240)
    frame = measured(seen=seen, odometer=np.arange(240) * 10.0 + RNG.normal(size=240))

    drifts = found(tmp_path, frame, time="seen")
    steady = found(tmp_path, frame.drop(columns="odometer"), time="seen")
    drawn = found(tmp_path, frame.drop(columns="seen"))

    assert drifts.keys() == {"S011"}
    assert re.search(r"odometer \(.*4.*4.*\b1\.00\)", drifts["S011"].text)
    assert "seen" not in drifts["S011"].text
    assert steady == drawn == {}


def test_the_distance_of_two_samples_is_that_of_scipy(tmp_path: Path) -> None:
    from scipy.stats import ks_2samp

    config = config_for(saved(tmp_path, measured()), time=None)
    table = read_table(config)
    split = make_splits(table, table.targets[0], config)[0]
    encoded = encode_all(table, [(table.targets[0], split)])["y", 0]

    distance, chance = distances(encoded)["x"]

    sides = [table.frame["x"].to_numpy()[rows] for rows in (split.development, split.test)]
    expected = ks_2samp(*sides, method="asymp")
    np.testing.assert_allclose(distance, expected.statistic, rtol=1e-6)
    np.testing.assert_allclose(chance, expected.pvalue, rtol=0.2)


def test_a_class_of_few_rows_and_one_that_a_training_set_lacks_are_warned_of(
    tmp_path: Path,
) -> None:
    few = measured().assign(y=["a"] * 120 + ["b"] * 113 + ["c"] * 7)
    late = measured(seen=pd.date_range("2020-01-01", periods=240)).assign(
        y=[*"ab" * 90, *"abc" * 20]
    )

    rare = found(tmp_path, few)
    lacking = found(tmp_path, late, time="seen")

    assert re.findall(r"'.'|\d+", rare["S009"].text) == ["'c'", "7"]
    assert re.findall(r"'.'|\d+", lacking["S009"].text)[:2] == ["'c'", "20"]
    assert len(re.findall(r"\d+", lacking["S009"].text)) > 1  # and how many training sets lack it
    assert "S009" not in found(tmp_path, measured().assign(y=["a"] * 120 + ["b"] * 120))


def test_a_target_whose_logarithm_is_linear_is_warned_of_and_no_skewed_sum(tmp_path: Path) -> None:
    frame = measured(600)
    eta, noise = frame["x"] - 0.5 * frame["z"], RNG.normal(size=600)
    product = frame.assign(y=np.exp(5 + eta + 0.3 * noise))
    skewed = np.exp(frame[["x", "z"]])

    (told,) = found(tmp_path, product).values()
    logged = found(tmp_path, product, targets={"y": {"transform": "log"}})
    total = found(tmp_path, skewed.assign(y=skewed.sum(axis=1) + 0.1 * np.exp(noise)))
    alone = found(tmp_path, frame.assign(y=np.exp(noise)))
    random = np.random.default_rng(20)
    few = pd.DataFrame(random.normal(size=(60, 8)), columns=[*"abcdefgh"])
    followed = found(tmp_path, few.assign(y=random.lognormal(size=60)))
    wrong = found(
        tmp_path,
        skewed.assign(y=skewed.sum(axis=1) + 0.1 * np.exp(noise)),
        targets={"y": {"transform": "log"}},
    )
    below = found(tmp_path, product.assign(y=product["y"] - product["y"].median()))

    assert (told.id, told.target) == ("S017", "y")
    assert 30 < int(re.findall(r"(\d+)%", told.text)[0]) < 90
    assert "targets.y.transform" in told.todo
    assert wrong.keys() == {"S017"}
    assert wrong["S017"].todo.startswith("Remove targets.y.transform ")
    assert logged == total == alone == followed == below == {}
