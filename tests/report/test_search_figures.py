"""Figures of the search: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

from study.diagnostics.learning_curves import figure as learning_curves
from study.evidence import winners
from study.records.results import Results
from tests.report.synthetic import numbers


def test_a_replicates_dot_is_the_epoch_whose_weights_it_kept(nested: Results) -> None:
    frame = learning_curves.data(nested)

    kept = frame[frame["split"] == "kept"]
    best = winners.best_trials(nested.trials).query("outer_fold == 0")[[*winners.SEARCH, "number"]]
    fits = nested.folds.merge(best, on=[*winners.SEARCH, "number"]).query("family != 'baseline'")
    assert sorted(kept["loss"]) == sorted(fits["val_loss"])
    assert set(kept["epoch"]) == {20}
    assert numbers(learning_curves.finding(frame)) == [20, 24]
