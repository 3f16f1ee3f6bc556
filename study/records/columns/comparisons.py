"""Columns of scores, of one procedure against another, and of what regressions with terms weigh."""

from __future__ import annotations

from study.records.columns.shared import frame

COMPARISONS = {
    "scores.parquet": frame(
        "One model and candidate, or the network as chosen, on the test rows of all outer folds.",
        "target kind family depth candidate rank test_loss std_error low high method n_rows n_clipped n_folds "
        "calibration_error val_loss optimism",
        {"rank": ("Int64", "Rank of the refit or ensemble by test loss; 1 is the lowest of the target."),
         "n_clipped": ("int64", "Test rows with a clipped probability (log loss 15.94)."),
         "calibration_error": "Expected calibration error, in ten bins with equally many rows."},
    ),
    "pairs.parquet": frame(
        "One model compared with a simpler one, on the same test rows.",
        "target kind metric question base base_depth other other_depth margin min_margin n_rows n_groups n_folds n_repeats "
        "n_times per per_loss base_loss other_loss improvement low high low_amount high_amount level std_error df p_value "
        "positive better equal worse half_carried_by counted method p_holm",
        {"question": ("str", "What is compared: models, depths, or choosing a depth."),
         "base_depth": ("int64", "Hidden layers of `base`."),
         "other_depth": ("int64", "Hidden layers of `other`; -1: chosen in each fold."),
         "margin": "Margin, as a share of `per_loss`.",
         "min_margin": "Minimum margin, as a share of `per_loss`.",
         "per": ("str", "Model whose loss the shares are of."), "per_loss": "Mean loss of `per`.",
         "base_loss": "Mean loss of `base`.", "other_loss": "Mean loss of `other`.",
         "improvement": "(base_loss - other_loss) / per_loss.",
         "low_amount": "Lower limit of base_loss - other_loss; missing without a minimum margin.",
         "high_amount": "Upper limit of base_loss - other_loss.",
         "p_value": "Two-sided test of improvement = margin (the larger of margin and minimum margin).",
         "positive": "Probability that the improvement is above 0.",
         "better": "Probability that it is above the margin.",
         "equal": "Probability that it is within the margin, above or below 0.",
         "worse": "Probability that it is below minus the margin.",
         "half_carried_by": ("int64", "Fewest units (rows, groups, times) with half the variance."),
         "counted": ("bool", "Whether the interval counts rows that only one of the two gets right."),
         "p_holm": "`p_value`, adjusted over the pairs of one question (Holm 1979)."},
    ),
    "metrics.parquet": frame(
        "One metric of a model (`base` missing), or the difference between two models.",
        "target kind metric base other value low high std_error df p_value level base_value other_value n_rows n_groups "
        "n_folds n_repeats method",
        {"base": ("str", "The model compared with; missing for the metric of one."),
         "other": ("str", "The model."),
         "value": "The metric, or the difference: above 0 if `other` is better.",
         "p_value": "Two-sided test of no difference; missing for one model.",
         "base_value": "The metric of `base` on the rows of both.",
         "other_value": "The metric of `other` on the rows of both."},
    ),
    "terms.parquet": frame(
        "One weight of a regression with extra terms (family `terms`) or of a simple formula (`formula`).",
        "target family outer_fold term form columns fill centers low high knot output weight",
        {"form": ("str", "`intercept`, `column`, `product` or `hinge`."),
         "columns": ("object", "List: columns it is made of."), "fill": ("object", "List: value of an empty cell in each."),
         "centers": ("object", "List: subtracted from each column of a product."),
         "low": ("object", "List: lower limit of each column."),
         "high": ("object", "List: upper limit of each column."),
         "knot": "Where a hinge begins.", "weight": "The weight, in original units."},
    ),
}  # fmt: skip
