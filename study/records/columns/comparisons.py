"""Columns of scores, of one procedure against another, and of what regressions with terms weigh."""

from __future__ import annotations

from study.records.columns.shared import frame

COMPARISONS = {
    "scores.parquet": frame(
        "One model and candidate, or the network as a procedure, on the test rows of all outer folds.",
        "target kind family depth candidate rank test_loss std_error low high method n_rows n_clipped n_folds "
        "calibration_error val_loss optimism",
        {"rank": ("Int64", "Of the candidate that is judged; 1 has the least test loss of the target."),
         "n_clipped": ("int64", "Test rows whose log loss is that of the surest mistake, 15.94 nats."),
         "calibration_error": ("float64", "Expected calibration error in ten bins of equally many rows.")},
    ),
    "pairs.parquet": frame(
        "One model against a simpler one, on the same test rows.",
        "target kind metric question base base_depth other other_depth margin min_margin n_rows n_groups n_folds n_repeats "
        "n_times per per_loss base_loss other_loss improvement low high low_amount high_amount level std_error df p_value "
        "positive better equal worse half_carried_by counted method p_holm",
        {"question": ("str", "Which comparisons the pair belongs to: of procedures, of depths, or of choosing a depth."),
         "base_depth": ("int64", "Hidden layers of `base`."),
         "other_depth": ("int64", "Hidden layers of `other`; -1 of the network that chooses."),
         "margin": ("float64", "Margin, as a share of `per_loss`."),
         "min_margin": ("float64", "Minimum margin, as a share of `per_loss`."),
         "per": ("str", "Family whose loss the shares are of."), "per_loss": ("float64", "Mean loss of `per`."),
         "base_loss": ("float64", "Mean loss of `base`."), "other_loss": ("float64", "Mean loss of `other`."),
         "improvement": ("float64", "The gain: (base_loss - other_loss) / per_loss."),
         "low_amount": ("float64", "Lower end of the interval of base_loss - other_loss; missing without a minimum margin."),
         "high_amount": ("float64", "Upper end of it."),
         "p_value": ("float64", "Two-sided, that the gain is just the bar (margin or minimum margin) that is harder to pass."),
         "positive": ("float64", "Probability that the gain is above 0."),
         "better": ("float64", "Probability that it is above the bar."),
         "equal": ("float64", "Probability that it is neither above nor below its negative."),
         "worse": ("float64", "Probability that it is below its negative."),
         "half_carried_by": ("int64", "Fewest units (rows, groups, times) that make half of the variance."),
         "counted": ("bool", "Whether rows are counted that two procedures have right or wrong, which are not the same."),
         "p_holm": ("float64", "`p_value`, adjusted over the pairs of one question (Holm 1979).")},
    ),
    "metrics.parquet": frame(
        "One metric of a procedure (`base` missing), or by how much `other` is better than `base` in it.",
        "target kind metric base other value low high std_error df p_value level base_value other_value n_rows n_groups "
        "n_folds n_repeats method",
        {"base": ("str", "The procedure that it is compared with; missing where it is of one."),
         "other": ("str", "The procedure."),
         "value": ("float64", "The metric; of two the difference, above 0 where `other` is better."),
         "p_value": ("float64", "Two-sided, of no difference; missing of one procedure."),
         "base_value": ("float64", "The metric of `base` on the rows of both."),
         "other_value": ("float64", "The metric of `other` on the rows of both.")},
    ),
    "terms.parquet": frame(
        "One weight of a regression with terms (family `terms`) or of a short formula (`formula`).",
        "target family outer_fold term form columns fill centers low high knot output weight",
        {"form": ("str", "`intercept`, `column`, `product` or `hinge`."),
         "columns": ("object", "List: columns that it is made of."), "fill": ("object", "List: what a gap in each takes."),
         "centers": ("object", "List: what is taken from each of a product."),
         "low": ("object", "List: where each is clipped from below."),
         "high": ("object", "List: where each is clipped from above."),
         "knot": ("float64", "Where a hinge begins."), "weight": ("float64", "The weight, in original units.")},
    ),
}  # fmt: skip
