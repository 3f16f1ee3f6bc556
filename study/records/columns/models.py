"""Columns of what the models say."""

from __future__ import annotations

from study.records.columns.shared import frame

MODELS = {
    "coefficients.parquet": frame(
        "One weight of a regression, in original units, beside a reference fit of statsmodels or scikit-learn.",
        "target family outer_fold term level output unit estimate sd standardised ref_estimate ref_std_error ref_low ref_high "
        "gap_in_se mle_estimate mle_std_error mle_low mle_high pull_in_se odds_ratio ratio_to_largest se_over note",
        {"level": ("str", "Level of a column of categories; else missing."),
         "unit": ("str", "Unit of the weight."), "estimate": ("float64", "The weight."),
         "sd": ("float64", "Standard deviation of the term over the rows; none of an intercept."),
         "standardised": ("float64", "estimate * sd: what one standard deviation of the term changes."),
         "ref_estimate": ("float64", "The same weight by the other library, with the same penalty."),
         "ref_std_error": ("float64", "Its standard error; missing where there is a penalty."),
         "ref_low": ("float64", "Lower end of its 95 % interval."), "ref_high": ("float64", "Upper end of it."),
         "gap_in_se": ("float64", "(estimate - ref_estimate) / ref_std_error."),
         "mle_estimate": ("float64", "The weight without a penalty."),
         "mle_std_error": ("float64", "Its standard error."), "mle_low": ("float64", "Lower end of its 95 % interval."),
         "mle_high": ("float64", "Upper end of it."),
         "pull_in_se": ("float64", "(estimate - mle_estimate) / mle_std_error: how far the penalty moved it."),
         "odds_ratio": ("float64", "exp(estimate) of a logistic regression."),
         "ratio_to_largest": ("float64", "Over the largest weight of the same logistic model and class."),
         "se_over": ("str", "What standard errors are over: `rows`, `groups` or `blocks of time`."),
         "note": ("str", "What to know of the weight, such as that classes separate.")},
    ),
    "terms.parquet": frame(
        "One weight of a regression with terms (family `extended`) or of a short formula (`short`).",
        "target family outer_fold term form columns fill centers low high knot output weight",
        {"form": ("str", "`intercept`, `column`, `product` or `hinge`."),
         "columns": ("object", "List: columns that it is made of."), "fill": ("object", "List: what a gap in each takes."),
         "centers": ("object", "List: what is taken from each of a product."),
         "low": ("object", "List: where each is clipped from below."),
         "high": ("object", "List: where each is clipped from above."),
         "knot": ("float64", "Where a hinge begins."), "weight": ("float64", "The weight, in original units.")},
    ),
}  # fmt: skip
