"""Columns of how good the predictions of the test rows are."""

from __future__ import annotations

from study.records.columns.shared import Column, frame

_CLASS: dict[str, Column] = {
    "class": ("int64", "Index of the class."),
    "n_class": ("int64", "Distinct test rows of the class."),
}

PREDICTED = {
    "residuals.parquet": frame(
        "One bin of a model's test rows, by its predictions or by a column that explains its residuals.",
        "target kind family depth column unit category bin start end x mean low high q10 q90 n_rows n_groups explained holds",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "column": ("str", "The column that rows are divided by; empty for the prediction."),
         "unit": ("str", "`row`, or what x is counted in where it is a date."),
         "category": ("str", "Category of the bin; empty where it is a range."),
         "bin": ("int64", "Number of the bin, from 0."),
         "start": ("float64", "Least value in the bin."), "end": ("float64", "Largest value in the bin."),
         "x": ("float64", "Mean value in the bin."),
         "mean": ("float64", "Mean residual, observed less predicted, each distinct row once."),
         "low": ("float64", "Lower end of its interval, which holds for all bins together."),
         "high": ("float64", "Upper end of it."),
         "q10": ("float64", "Tenth percentile of the residuals of the predictions."),
         "q90": ("float64", "Ninetieth percentile of them."),
         "n_rows": ("int64", "Distinct test rows of the bin."), "n_groups": ("int64", "Groups among them."),
         "explained": ("float64", "Share of the squared residuals that the column saves on rows it was not found on."),
         "holds": ("bool", "Whether that is surely above 0.")},
    ),
    "calibration.parquet": frame(
        "One bin of a model's predicted probabilities of a class.",
        "target kind family depth class n_class bin p share low high n_rows n_groups",
        {**_CLASS, "depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "bin": ("int64", "Number of the bin, from 0."), "p": ("float64", "Mean probability of the distinct rows."),
         "share": ("float64", "Share of them that are of the class."),
         "low": ("float64", "Lower end of its interval, which holds for all bins of the target together."),
         "high": ("float64", "Upper end of it."),
         "n_rows": ("int64", "Distinct test rows of the bin."), "n_groups": ("int64", "Groups among them.")},
    ),
    "discrimination.parquet": frame(
        "One point of a model's ROC or precision-recall curve for a class, the mean over outer folds.",
        "target kind family depth class n_class curve x y area share n_folds",
        {**_CLASS, "depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "curve": ("str", "`roc` or `precision-recall`."), "x": ("float64", "False positive rate, or recall."),
         "y": ("float64", "True positive rate, or precision."), "area": ("float64", "AUC, or average precision."),
         "share": ("float64", "Share of test rows that are of the class."),
         "n_folds": ("int64", "Outer folds that have rows of the class and of another.")},
    ),
    "confusion.parquet": frame(
        "One pair of classes of a model: what was observed, and what was taken for the most probable.",
        "target kind family depth observed predicted n_rows",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "observed": ("int64", "Index of the class."), "predicted": ("int64", "Index of the class that was most probable."),
         "n_rows": ("float64", "Distinct test rows; one that is predicted several times is divided between its predictions.")},
    ),
    "frequencies.parquet": frame(
        "One count, or a range of them: how often it came up, and how often a model says.",
        "target kind family depth start end observed expected low high",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses."),
         "start": ("int64", "Least count."), "end": ("float64", "Largest count; missing where there is no end."),
         "observed": ("float64", "Distinct test rows with such a count."),
         "expected": ("float64", "The same if each row is Poisson with the predicted rate."),
         "low": ("float64", "Lower end of the interval of what is observed if the rates are right."),
         "high": ("float64", "Upper end of it.")},
    ),
}  # fmt: skip
