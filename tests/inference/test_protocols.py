"""Predictions and intervals of studies with one split, groups, rows in time order, and without the
folds' models.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.inference.models import judged_rows
from study.inference.predictions import predict
from study.results import Results
from study.schema import StudyError

from .made import awkward_frame, made_study


def studied(folder: Path, targets: Any = "price", **more: Any) -> Results:
    """A study of regressions alone, of 120 rows."""
    frame = awkward_frame(120).assign(house=np.arange(120) // 3, day=np.arange(120) // 2)
    unused = {"house", "day"} - {more.get("groups"), more.get("time")}
    families = ["linear"] if targets == "price" else ["logistic", "poisson"]
    return made_study(folder, frame.drop(columns=[*unused]), targets, families=families, **more)


def test_one_split_gives_split_conformal_intervals_once_models_of_folds_that_were_removed_are_made_again(
    tmp_path: Path,
) -> None:
    fresh = awkward_frame(300, seed=9)
    without = studied(tmp_path, protocol="holdout", keep_fold_models=False)

    said = predict(without, fresh, model="regression")

    assert not without.paths.fold_models.exists()
    assert len(said.frame) == 300
    assert re.search(r"\b96 rows", said.notes[0])
    for asked in ({"interval": 0.9}, {"fold": 0}):
        with pytest.raises(StudyError, match=r"winner\.json.*keep_fold_models: true"):
            predict(without, fresh, model="regression", **asked)
    with pytest.raises(StudyError, match=r"network.*price"):
        predict(without, fresh, model="network")
    for record in without.paths.trials.glob("*-o?/winner.json"):  # as the message says
        record.unlink()
    results = studied(tmp_path, protocol="holdout")
    said = predict(results, fresh, model="regression", interval=0.9)
    assert re.findall(r"\d+", said.notes[0]) == [
        "24",
        "90",
    ]  # rows that were tested, and the share that is held for certain
    assert fresh["price"].between(said.frame["low"], said.frame["high"]).mean() > 0.8
    centre = predict(results, fresh, model="regression", fold=0).frame["predicted"]
    np.testing.assert_allclose((said.frame["low"] + said.frame["high"]) / 2, centre, rtol=1e-9)


def test_groups_are_left_out_whole_and_count_once_and_counts_and_two_classes_get_whole_numbers_and_sets(
    tmp_path: Path,
) -> None:
    results = studied(tmp_path, {"dear": "binary", "visits": "count"}, groups="house")
    fresh = awkward_frame(300, seed=9).assign(house="new")

    two, counts = (
        predict(results, fresh, target, "regression", interval=0.9) for target in ("dear", "visits")
    )

    for said in (two, counts):
        assert re.findall(r"\d+", said.notes[0]) == [
            "2",
            "40",
            "90",
            "80",
        ]  # folds, groups, shares in practice and for certain
    assert list(two.frame) == [
        "flat",
        "price",
        "dear",
        "sort",
        "visits",
        "house",
        "predicted",
        "p_cheap",
        "p_dear",
        "set",
    ]
    found = two.frame["set"].str.split(", ")
    assert np.mean([own in named for own, named in zip(fresh["dear"], found, strict=True)]) > 0.8
    assert all(own in named for own, named in zip(two.frame["predicted"], found, strict=True))
    low, high = counts.frame["low"], counts.frame["high"]
    assert (counts.frame[["low", "high"]] % 1 == 0).all(axis=None)
    assert (low >= 0).all()
    assert fresh["visits"].between(low, high).mean() > 0.8
    for target, column in {"dear": "p_dear", "visits": "predicted"}.items():
        scored = judged_rows(results, target, "regression", 1)
        rows = awkward_frame(120).iloc[scored["row"]]
        own = predict(results, rows, target, "regression", 1).frame[column]
        np.testing.assert_array_equal(own, scored["predicted"])


def test_rows_in_time_order_get_no_interval_and_are_told_why(tmp_path: Path) -> None:
    results = studied(tmp_path, time="day", protocol="holdout")
    rows = awkward_frame(20, seed=9)

    said = predict(results, rows, model="regression", interval=0.9)

    assert "time" in said.notes[0]
    assert "low" not in said.frame
    assert (
        results.predictions["time"] == results.predictions["row"] // 2 * 2
    ).all()  # two rows a day, in order
