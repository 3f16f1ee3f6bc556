"""Columns of how the search went."""

from __future__ import annotations

from study.records.columns.shared import frame

SEARCHED = {
    "searched.parquet": frame(
        "One trial of a tested outer fold that did not fail, in numbers that outer folds can share.",
        "target kind family depth outer_fold number state seconds n_parameters relative reference rank best",
        {"seconds": ("float64", "Seconds on the worker."), "n_parameters": ("float64", "Numbers that training chose."),
         "relative": ("float64", "Validation loss over that of the reference in the same fold."),
         "reference": ("str", "Family whose incumbent that is: the plain regression, or else the constant."),
         "rank": ("float64", "Share of its arm's other trials in the fold that are better: 0 of the best."),
         "best": ("bool", "Whether it is among the best of them.")},
    ),
    "fronts.parquet": frame(
        "One corner of the Pareto front of loss and cost, the median over outer folds.",
        "target cost at relative",
        {"cost": ("str", "`seconds` or `n_parameters`."), "at": ("float64", "So many of them, from which on the loss is had."),
         "relative": ("float64", "The least validation loss, as in searched.parquet.")},
    ),
    "hyperparameters.parquet": frame(
        "One hyperparameter of a model: how much it mattered, and where its best trials lie.",
        "target kind family depth name form log low high choices n_trials n_best importance least most best_low best_high "
        "best_choice best_share open note",
        {"name": ("str", "The hyperparameter."), "form": ("str", "`range` or `choices`."),
         "log": ("bool", "Whether the range is searched by its logarithm."),
         "low": ("float64", "Lower edge of the range; missing of choices."),
         "high": ("float64", "Upper edge of it."), "choices": ("str", "JSON list; empty of a range."),
         "n_trials": ("int64", "Trials of all outer folds."), "n_best": ("int64", "The best of them."),
         "importance": ("float64", "Share of the variance of a trial's rank that it accounts for by itself (fANOVA)."),
         "least": ("float64", "The least of that and of parts of the outer folds."),
         "most": ("float64", "The most of them."),
         "best_low": ("float64", "Where the best trials begin on the range."),
         "best_high": ("float64", "Where they end."), "best_choice": ("str", "What most of the best have of the choices."),
         "best_share": ("float64", "Share of the best that have it."),
         "open": ("float64", "How much of its space the best take; 1 is no less than chance."),
         "note": ("str", "Why there is no importance; empty where there is one.")},
    ),
}  # fmt: skip
