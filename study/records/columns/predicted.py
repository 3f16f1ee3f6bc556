"""Columns of how good the predictions of the test rows are."""

from __future__ import annotations

from study.records.columns.shared import frame

PREDICTED = {
    "residuals.parquet": frame(
        "One bin of a model's test rows, by its predictions.",
        "target kind family depth bin start end x mean low high q10 q90 n_rows",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "bin": ("int64", "Number of the bin, from 0."),
         "start": ("float64", "Least prediction in the bin."), "end": ("float64", "Largest prediction in it."),
         "x": ("float64", "Mean prediction in it."),
         "mean": ("float64", "Mean residual, observed less predicted, each distinct row once."),
         "low": ("float64", "Lower end of its interval, which holds for all bins together."),
         "high": ("float64", "Upper end of it."),
         "q10": ("float64", "Tenth percentile of the residuals of the predictions."),
         "q90": ("float64", "Ninetieth percentile of them."),
         "n_rows": ("int64", "Distinct test rows of the bin.")},
    ),
    "calibration.parquet": frame(
        "One bin of a model's predicted probabilities of a class.",
        "target kind family depth class n_class bin p share low high n_rows",
        {"class": ("int64", "Index of the class."), "n_class": ("int64", "Distinct test rows of the class."),
         "depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "bin": ("int64", "Number of the bin, from 0."), "p": ("float64", "Mean probability of the distinct rows."),
         "share": ("float64", "Share of them that are of the class."),
         "low": ("float64", "Lower end of its interval, which holds for all bins of the target together."),
         "high": ("float64", "Upper end of it."),
         "n_rows": ("int64", "Distinct test rows of the bin.")},
    ),
    "discrimination.parquet": frame(
        "One point of a model's ROC or precision-recall curve for a class, the mean over outer folds.",
        "target kind family depth class curve x y area share",
        {"class": ("int64", "Index of the class."), "depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "curve": ("str", "`roc` or `precision_recall`."), "x": ("float64", "False positive rate, or recall."),
         "y": ("float64", "True positive rate, or precision."), "area": ("float64", "AUC, or average precision."),
         "share": ("float64", "Share of test rows that are of the class.")},
    ),
    "confusion.parquet": frame(
        "One pair of classes of a model: what was observed, and what was taken for the most probable.",
        "target kind family depth observed predicted n_rows",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "observed": ("int64", "Index of the class."), "predicted": ("int64", "Index of the class that was most probable."),
         "n_rows": ("float64", "Distinct test rows; one that is predicted several times is divided between its predictions.")},
    ),
}  # fmt: skip
