"""Dataframes that are gathered from records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import strategies as st

from study.records import gathering, reading
from study.records.frames import curves_frame, folds_frame, predictions_frame, trials_frame, whole
from study.records.results import load_results
from tests.records.examples import (
    failed,
    make_folder,
    scored_trees,
    search,
    trial,
    winner,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def test_gathered_files_hold_the_frames_of_the_records(tmp_path: Path) -> None:
    paths = make_folder(tmp_path, done=True)

    results = load_results(tmp_path)

    pd.testing.assert_frame_equal(results.trials, trials_frame([trial(), failed()]))
    pd.testing.assert_frame_equal(results.folds, folds_frame([trial()]))
    pd.testing.assert_frame_equal(results.curves, curves_frame([trial()]))
    pd.testing.assert_frame_equal(results.predictions, predictions_frame([winner()], {"y": []}))
    pd.testing.assert_frame_equal(
        results.trees, predictions_frame(whole([scored_trees()]), {"y": []})
    )
    table = pd.read_csv(paths.results_csv)
    assert list(table) == list(results.trials)
    assert table["val_loss"].dropna().tolist() == [1 / 3]


def test_records_gathered_in_batches_give_the_files_of_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = make_folder(tmp_path)
    records = [
        failed(number=0),
        failed(number=1),
        trial(number=2),
        trial(number=3),
        trial(search("neural", 1), 0),
    ]
    for record in records:
        reading.write_trial(paths, record)
    monkeypatch.setattr(gathering, "BATCH", 2)

    gathering.gather(paths)

    results = load_results(tmp_path)
    pd.testing.assert_frame_equal(results.trials, trials_frame(records))
    pd.testing.assert_frame_equal(results.folds, folds_frame(records))
    pd.testing.assert_frame_equal(results.curves, curves_frame(records))
