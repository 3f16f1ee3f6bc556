"""Columns of what the models of the outer folds answer when they are asked about columns, and of where one helps."""

from __future__ import annotations

from study.records.columns.shared import Column, frame

_DIFFER: dict[str, Column] = {
    "base": ("str", "Procedure that the difference is measured from."),
    "other": ("str", "Procedure that it is measured to."),
    "output": ("str", "Class whose probability it is, where there are several: that in which they differ most; else empty."),
    "spread": ("float64", "Root of the mean variance of the difference over folds and replicates; missing of a single one."),
    "rank": ("int64", "1 differs most, or matters most, of the target."),
    "procedure": ("str", "`regression`, `extended`, `network` or `trees`."),
    "sort": ("str", "`number` or `level`: what the points of the column are."),
    "value": ("float64", "Value of the column; missing of a level."),
    "level": ("str", "Category of the column; empty of a number."),
    "place": ("int64", "Number of the point, from 0."),
    "share": ("float64", "Share of the table's rows that are nearest to the point."),
}

ASKED = {
    "effects.parquet": frame(
        "One point of a procedure's mean effect of a column (partial dependence, centred).",
        "target column base other output differ spread rank kind procedure sort value level place share effect low high "
        "n_curves",
        {**_DIFFER, "column": ("str", "Column of the table."),
         "differ": ("float64", "Root mean square difference of the two effects over the rows, less what luck alone gives."),
         "effect": ("float64", "Mean prediction there, less the mean over the curve."),
         "low": ("float64", "Lower end of the band that holds most curves of folds and replicates."),
         "high": ("float64", "Upper end of it."), "n_curves": ("int64", "Curves of folds and replicates.")},
    ),
    "importances.parquet": frame(
        "One column and procedure: how much more it loses where the column is permuted.",
        "target kind column procedure share low high rise n_folds rank",
        {**_DIFFER, "column": ("str", "Column of the table."),
         "share": ("float64", "The rise as a share of the best constant's loss on the same rows."),
         "low": ("float64", "`share` less its standard deviation over outer folds; of one fold the standard error over rows."),
         "high": ("float64", "`share` and the same."), "rise": ("float64", "Rise of the mean loss.")},
    ),
    "helps.parquet": frame(
        "A group of test rows on which the richer procedure helps most, or least: found on one half, checked on the other.",
        "target kind base other side rule n rows gain rest difference low high level holds",
        {"base": ("str", "The simpler procedure."), "other": ("str", "The richer procedure."),
         "side": ("str", "`more` or `less`."), "rule": ("str", "What the rows have in common; empty where nothing was found."),
         "n": ("int64", "Rows of the group in the half that checks."), "rows": ("int64", "Rows of that half."),
         "gain": ("float64", "Mean saved loss inside, as a share of the simpler procedure's."),
         "rest": ("float64", "The same outside."), "difference": ("float64", "Inside less outside."),
         "low": ("float64", "Lower end of its interval."), "high": ("float64", "Upper end of it."),
         "holds": ("bool", "Whether that lies off 0 on the side that was found.")},
    ),
}  # fmt: skip
