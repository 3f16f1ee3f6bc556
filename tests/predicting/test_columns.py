"""Importance and dependence are told by models of outer folds on rows that they have not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.predicting.models import judged_rows, open_saved
from study.predicting.results import Results
from study.schema import StudyError

from .made import awkward_frame


@pytest.mark.parametrize("model", ["regression", "trees"])
def test_the_column_that_the_truth_leans_on_is_the_most_important(flats: Results, model: str) -> None:
    found = flats.importance("price", model)

    assert list(found) == ["column", "loss_increase", "std_error", "share"]
    assert found["column"].iloc[0] == "size"
    assert set(found["column"]) == {"size", "floor", "heated", "built", "town"}
    assert found["loss_increase"].iloc[0] > 10 * found["std_error"].iloc[0] > 0
    losses = np.concatenate([judged_rows(flats, "price", model, fold)["loss"] for fold in range(2)])
    np.testing.assert_allclose(found["share"] * losses.mean(), found["loss_increase"])


def test_dependence_is_the_mean_prediction_if_all_test_rows_had_one_value(flats: Results) -> None:
    frame = awkward_frame()

    found = flats.dependence("town", "price", "network")

    assert found["value"].tolist() == ["Aix", "Bonn", "Köln", "Ulm, alt"]
    means = []
    for fold in range(2):
        saved, rows = open_saved(flats, "price", "network", fold), judged_rows(flats, "price", "network", fold)["row"]
        means.append(saved.response(saved.reader.read(frame.iloc[rows].assign(town="Köln").reset_index(drop=True)).values))
    assert found["predicted"].iloc[2] == pytest.approx(np.concatenate(means).mean(), rel=1e-9)


def test_dates_and_numbers_ascend_and_classes_have_a_probability_each(flats: Results) -> None:
    dates, sizes = flats.dependence("built", "price", "trees"), flats.dependence("size", "sort", "trees")

    assert len(dates) == len(sizes) == 20
    assert pd.to_datetime(dates["value"], format="%d/%m/%Y").is_monotonic_increasing
    assert pd.to_numeric(sizes["value"]).is_monotonic_increasing
    assert list(sizes) == ["value", "p_large", "p_middle", "p_small"]
    assert sizes["p_large"].iloc[-1] > sizes["p_large"].iloc[0]


def test_rows_that_are_not_the_studys_own_are_errors(flats: Results) -> None:
    frame = awkward_frame()

    assert flats.importance("price", "regression", rows=frame).equals(flats.importance("price", "regression"))
    with pytest.raises(StudyError, match=r"\b150\b.*\b149\b"):
        flats.dependence("size", "price", "regression", rows=frame.iloc[1:])
    with pytest.raises(StudyError, match="price"):
        flats.importance("price", "regression", rows=frame.iloc[::-1])


def test_a_column_that_is_none_and_a_table_that_has_changed_are_errors(flats: Results, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"'sise'.*'size'"):
        flats.dependence("sise", "price")
    source = Path(flats.config.data.source)
    before = source.read_bytes()
    source.write_bytes(before + before.splitlines()[-1])
    try:
        with pytest.raises(StudyError, match=r"flats\.csv"):
            flats.importance("price")
    finally:
        source.write_bytes(before)
