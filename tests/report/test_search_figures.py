"""Figures of the search: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

import pytest

from study.diagnostics.hyperparameters import figure as hyperparameters
from study.diagnostics.learning_curves import figure as learning_curves
from study.evidence import winners
from study.records.results import Results
from tests.report.frames import mattered
from tests.report.synthetic import axes_of, numbers


def test_importances_stand_by_model_the_most_important_first(nested: Results) -> None:
    frame = hyperparameters.data(nested)

    told = nested.hyperparameters.dropna(subset="importance")
    assert len(frame) == len(told) == 8
    assert frame["importance"].sum() == pytest.approx(told["importance"].sum())
    assert all(
        own["importance"].is_monotonic_decreasing for _, own in frame.groupby(["target", "model"])
    )
    assert frame["target"].unique().tolist() == ["balloons", "pops"]


def test_what_mattered_most_is_the_title() -> None:
    of_all, of_one = (
        hyperparameters.finding(mattered(0.7, 0.3, *rest)) for rest in ((0.6, 0.4), (0.4, 0.6))
    )

    assert numbers(of_all) == [2, 2, 60]
    assert numbers(of_one)[:2] == [1, 2]
    assert not any("width" in title for title in (of_all, of_one))


def test_a_bar_is_an_importance(nested: Results) -> None:
    frame = hyperparameters.data(nested)

    ax = axes_of(hyperparameters.draw(frame))[0]

    own = frame[frame["model"] == frame["model"].iloc[0]][: len(ax.patches)]
    assert [bar.get_width() for bar in ax.patches] == own["importance"].tolist()
    assert ax.get_xlim() == (0, 1)


def test_a_replicates_dot_is_the_epoch_whose_weights_it_kept(nested: Results) -> None:
    frame = learning_curves.data(nested)

    kept = frame[frame["split"] == "kept"]
    best = winners.best_trials(nested.trials).query("outer_fold == 0")[[*winners.SEARCH, "number"]]
    fits = nested.folds.merge(best, on=[*winners.SEARCH, "number"]).query("family != 'baseline'")
    assert sorted(kept["loss"]) == sorted(fits["val_loss"])
    assert set(kept["epoch"]) == {20}
    assert numbers(learning_curves.finding(frame)) == [20, 24]
