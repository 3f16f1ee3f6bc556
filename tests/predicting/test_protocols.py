"""Predictions and intervals of studies with one split, groups, rows in time order, and without the folds' models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.predicting.predictions import predict
from study.predicting.results import Results
from study.schema import StudyError

from .made import awkward_frame, made_study


def studied(folder: Path, **more: Any) -> Results:
    frame = awkward_frame(200).assign(house=np.arange(200) // 5, day=np.arange(200) // 2)
    unused = {"house", "day"} - {more.get("groups"), more.get("time")}
    return made_study(folder, frame.drop(columns=[*unused, "dear", "sort", "visits"]), "price", families=["linear"], **more)


def test_one_split_gives_split_conformal_intervals_of_its_one_model(tmp_path: Path) -> None:
    results = studied(tmp_path, protocol="holdout")
    fresh = awkward_frame(300, seed=9)

    said = predict(results, fresh, model="regression", interval=0.9)

    assert any("the one split and its 40 tested rows (split conformal): of new rows" in text for text in said.notes)
    assert fresh["price"].between(said.frame["low"], said.frame["high"]).mean() > 0.85
    centre = predict(results, fresh, model="regression", fold=0).frame["predicted"]
    np.testing.assert_allclose((said.frame["low"] + said.frame["high"]) / 2, centre, rtol=1e-9)


def test_groups_are_left_out_whole_and_count_once(tmp_path: Path) -> None:
    results = studied(tmp_path, groups="house")

    said = predict(results, awkward_frame(20, seed=9).assign(house="new"), model="regression", interval=0.9)

    (words,) = (text for text in said.notes if text.startswith("Intervals"))
    assert "3 outer folds and their 40 tested groups (CV+)" in words
    assert words.endswith("Whole groups were left out, and each counts once.")
    assert list(said.frame) == ["flat", "price", "dear", "sort", "visits", "house", "predicted", "low", "high"]


def test_rows_in_time_order_get_no_interval_and_are_told_why(tmp_path: Path) -> None:
    results = studied(tmp_path, time="day")
    rows = awkward_frame(20, seed=9)

    said = predict(results, rows, model="trees", interval=0.9)

    assert "Rows in time order are not exchangeable, so that no interval has a guarantee: none is given." in said.notes
    assert "low" not in said.frame
    assert results.importance(model="trees")["column"].iloc[0] == "size"
    assert (results.predictions["time"] == results.predictions["row"] // 2 * 2).all()  # two rows a day, in order


def test_without_the_folds_models_there_are_predictions_and_no_intervals(tmp_path: Path) -> None:
    results = studied(tmp_path, keep_fold_models=False)

    said = predict(results, awkward_frame(20, seed=9), model="regression")

    assert not results.paths.fold_models.exists()
    assert len(said.frame) == 20
    assert said.notes[0].startswith("No test row is left to score linear regression for price, fitted on all 200 rows. The")
    for asked in ({"interval": 0.9}, {"fold": 1}):
        with pytest.raises(StudyError, match=r"^The models of the outer folds were removed \(keep_fold_models: false\)\. To"):
            predict(results, awkward_frame(20, seed=9), model="regression", **asked)
    for record in results.paths.trials.glob("*-o?/winner.json"):  # as the message says
        record.unlink()
    assert "low" in predict(studied(tmp_path), awkward_frame(20, seed=9), model="regression", interval=0.9).frame


def test_a_model_that_a_study_has_not_is_named_with_those_that_it_has(tmp_path: Path) -> None:
    results = studied(tmp_path, protocol="holdout")

    with pytest.raises(StudyError, match=r"no model of price on all rows that is the network: .*is regression, short, trees "):
        predict(results, awkward_frame(20, seed=9), model="network")
