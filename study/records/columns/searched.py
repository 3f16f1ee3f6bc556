"""Columns of how the search went."""

from __future__ import annotations

from study.records.columns.shared import frame

SEARCHED = {
    "hyperparameters.parquet": frame(
        "One hyperparameter of a model: how much it mattered.",
        "target kind family depth name n_trials importance least most note",
        {"name": ("str", "The hyperparameter."), "n_trials": ("int64", "Trials of all outer folds."),
         "importance": ("float64", "Share of the variance of a trial's rank that it accounts for by itself (fANOVA)."),
         "least": ("float64", "The least of that and of parts of the outer folds."),
         "most": ("float64", "The most of them."),
         "note": ("str", "Why there is no importance; empty where there is one.")},
    ),
}  # fmt: skip
