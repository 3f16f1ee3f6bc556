"""The back-test of forecasts: what it runs, what it counts, and that forecasts of cheap learners
come true.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calibrations import forecasts, learners
from harness.truths import Cell

TOLD = pd.DataFrame(
    {
        "effect": ["smooth"] * 4 + ["deep"] * 2,
        "undecided": [True, True, True, False, True, True],
        "foreseen": [True, True, False, False, True, True],
        "rows": [700.0, 900.0, np.nan, np.nan, 4_000.0, 800.0],
        "side": ["above", "above", None, None, "below", "below"],
        "became": ["above", "open", None, None, None, "above"],
        "seconds": [8.0, 10.0, 9.0, 9.0, 9.0, 9.0],
        "bare": [6.0, 8.0, *[np.nan] * 4],
    }
)


def test_a_forecast_is_true_only_on_its_side_and_counts_only_within_the_rows_that_are_judged_again() -> (
    None
):
    found = forecasts.by_effect(TOLD).set_index("effect")

    *_, undecided, foreseen, near, true = (found[name].tolist() for name in found)
    assert (undecided, foreseen, near) == ([3, 2, 5], [2, 2, 4], [2, 1, 3])
    assert [share.split()[0] for share in true] == ["50.0", "0.0", "33.3"]


def test_the_share_of_parts_is_of_the_tables_that_were_timed() -> None:
    assert forecasts.cost(TOLD).to_numpy().tolist() == [[2, "9.0", "7.0", "22"]]


@pytest.mark.checks
def test_forecasts_of_cheap_learners_come_true_where_half_a_width_does_not() -> None:
    found = learners.back_test(10)

    there = found.dropna(subset="there").groupby("rule")["there"].mean().to_dict()
    assert there.pop("forecast") >= 0.8
    assert min(there.values()) < 0.7  # of half a width


def test_a_procedure_on_a_part_of_the_rows_is_tested_on_the_same_rows_and_loses_more() -> None:
    x, y = (some[:300] for some in learners.table(3))

    for own in learners.losses(x, y, seed=0, parts=True):
        whole, part = own[1.0], own[0.25]
        assert part["row"].tolist() == whole["row"].tolist()
        assert part["loss"].mean() > whole["loss"].mean()


@pytest.mark.checks
def test_a_table_that_is_decided_is_judged_once_and_its_parts_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasts, "FEW", 100)
    monkeypatch.setattr(forecasts, "MANY", 120)
    monkeypatch.setattr(forecasts, "FOLDS", 3)
    monkeypatch.setattr(forecasts, "DEPTHS", [1])
    cell = Cell("continuous", 120, effect="interaction", gain=0.8)

    forecasts.run(cell, 0, tmp_path)

    (path,) = tmp_path.iterdir()
    frame = pd.read_parquet(path)
    parts = frame[frame["candidate"].isin(["rows-0.5", "rows-0.25"])]
    assert path.name.endswith("-0-100.parquet")
    assert forecasts.judged(frame).decided_at is None
    assert (
        parts.groupby(["family", "depth", "candidate", "outer_fold"])["val_loss"]
        .nunique()
        .eq(1)
        .all()
    )
    assert parts[["family", "depth"]].drop_duplicates().shape[0] == 3
