"""Importance and dependence are told by models of outer folds on rows that they have not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from study.diagnostics.probe import POINTS
from study.results import Results
from study.schema import StudyError

from .made import awkward_frame


@pytest.mark.parametrize("model", ["regression", "trees"])
def test_the_column_that_the_truth_leans_on_is_the_most_important(flats: Results, model: str) -> None:
    found = flats.importance("price", model)

    assert list(found) == ["column", "loss_increase", "std_error", "share"]
    assert found["column"].iloc[0] == "size"
    assert set(found["column"]) == {"size", "floor", "heated", "built", "town"}
    assert found["loss_increase"].iloc[0] > 10 * found["std_error"].iloc[0] > 0


@pytest.mark.parametrize("model", ["regression", "trees"])
def test_importance_is_what_the_report_shows(flats: Results, model: str) -> None:
    shown = flats.importances.query("target == 'price' and procedure == @model").set_index("column")

    found = flats.importance("price", model).set_index("column").loc[shown.index]

    np.testing.assert_allclose(found["loss_increase"], shown["rise"], rtol=1e-3)
    np.testing.assert_allclose(found["share"], shown["share"], rtol=1e-3)


@pytest.mark.parametrize("column", ["size", "town"])
def test_dependence_is_the_effect_that_the_report_shows(flats: Results, column: str) -> None:
    shown = flats.effects.query("target == 'price' and procedure == 'network' and column == @column")
    shown = shown.set_index("level" if column == "town" else "value")["effect"]

    found = flats.dependence(column, "price", "network").set_index("value")["predicted"].loc[shown.index]

    np.testing.assert_allclose(found - found.iloc[0], shown - shown.iloc[0], rtol=1e-3, atol=1e-3 * np.ptp(shown))


def test_dates_and_numbers_ascend_and_classes_have_a_probability_each(flats: Results) -> None:
    dates, sizes = flats.dependence("built", "price", "trees"), flats.dependence("size", "sort", "trees")

    assert len(dates) == len(sizes) == POINTS
    assert dates["value"].between("2003-02-01", "2019-12-31").all()
    assert dates["value"].is_monotonic_increasing
    assert sizes["value"].is_monotonic_increasing
    assert list(sizes) == ["value", "p_large", "p_middle", "p_small"]
    assert sizes["p_large"].iloc[-1] > sizes["p_large"].iloc[0]


def test_rows_that_are_not_the_studys_own_are_errors(flats: Results) -> None:
    frame = awkward_frame()

    assert flats.importance("price", "regression", rows=frame).equals(flats.importance("price", "regression"))
    with pytest.raises(StudyError, match=r"\b150\b"):
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
