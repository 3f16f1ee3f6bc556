"""The table of coefficients: trained estimates beside their reference fits, as contrasts, odds
ratios and gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.data.encoding import design
from study.data.units import Units
from study.diagnostics.coefficients.likelihood import REFERENCES
from study.diagnostics.coefficients.reference import (
    UNPENALISED,
    no_reference,
    reference_coefficients,
)
from study.diagnostics.context import Context
from study.diagnostics.jackknife import blocks
from study.records.columns.shared import frame
from study.schema import INTERCEPT, Kind

COLUMNS = frame(
    "One weight of a regression, in original units, with a reference fit of statsmodels or scikit-learn.",
    "target family outer_fold term level output unit estimate sd standardised ref_estimate ref_std_error ref_low ref_high "
    "gap_in_se mle_estimate mle_std_error mle_low mle_high pull_in_se odds_ratio se_over base note",
    {"level": ("str", "Level of a category; otherwise missing."),
     "unit": ("str", "Unit of the weight."), "estimate": ("float64", "The weight."),
     "sd": ("float64", "Standard deviation of the term over the rows; missing for an intercept."),
     "standardised": ("float64", "estimate * sd: the effect of one standard deviation of the term."),
     "ref_estimate": ("float64", "The same weight by the other library, with the same penalty."),
     "ref_std_error": ("float64", "Its standard error; missing with a penalty."),
     "ref_low": ("float64", "Lower limit of its 95% interval."), "ref_high": ("float64", "Upper limit of it."),
     "gap_in_se": ("float64", "(estimate - ref_estimate) / ref_std_error."),
     "mle_estimate": ("float64", "The weight without a penalty."),
     "mle_std_error": ("float64", "Its standard error."), "mle_low": ("float64", "Lower limit of its 95% interval."),
     "mle_high": ("float64", "Upper limit of it."),
     "pull_in_se": ("float64", "(estimate - mle_estimate) / mle_std_error: how far the penalty moved it."),
     "odds_ratio": ("float64", "exp(estimate) of a logistic regression."),
     "se_over": ("str", "Unit of the standard errors: `rows`, `groups` or `blocks of time`."),
     "base": ("str", "Level that a level is compared with."),
     "note": ("str", "A caveat, such as that classes separate.")},
)  # fmt: skip

KEYS = ["target", "family", "outer_fold", "term", "level", "output"]
MOST_CELLS = 10_000_000
"""Rows x terms of the most that a reference is fitted to: statsmodels takes up to 60 bytes for
each."""
TOO_LONG = "too many rows for a reference fit: no standard error"


def compute(context: Context) -> pd.DataFrame:
    """Estimates of the refitted regressions beside the reference fits of the same development rows.

    Standard errors are over what is independent in the table: its groups, blocks of its time, or
    else single rows. Of more than MOST_CELLS there is no reference and none of these.
    """
    keys = ["target", "family", "outer_fold"]
    estimates = context.estimates
    data = context.data
    trained, references = [estimates.iloc[:0]], [estimates.iloc[:0]]
    for (target, family, fold), rows in estimates.groupby(keys, sort=False):
        model: dict[str, Any] = {"target": target, "family": family, "outer_fold": fold}
        encoded = data[model["target"], model["outer_fold"]]
        development = encoded.development
        l2 = float(rows["l2"].iloc[0])
        terms = [term.name for term in encoded.terms]
        if len(rows) % (len(terms) + 1) == 0:  # names of an earlier version may be the intercept's
            rows = rows.assign(term=np.resize([INTERCEPT, *terms], len(rows)))
        if len(development) * len(terms) > MOST_CELLS:
            outputs = encoded.classes[1:] if encoded.kind is Kind.MULTICLASS else [None]
            reference = no_reference(terms, outputs, TOO_LONG)
        else:
            columns = design(encoded, development)
            units = Units.of(encoded, development, blocks)
            y, scale = encoded.y[development], encoded.scale[-1]
            reference = reference_coefficients(
                columns, y, encoded.kind, encoded.classes, l2, scale, units
            )
        if encoded.kind is Kind.MULTICLASS:
            rows = contrasts(rows, encoded.classes)
        if encoded.measured is not None:
            rows = rows.assign(contrast=f"of log({target})")
        trained.append(rows)
        spread = dict(zip(terms, encoded.scale[-1].tolist(), strict=True))
        bases = {
            term.name: encoded.references[term.column]
            for term in encoded.terms
            if term.column in encoded.references
        }
        names = reference["term"]
        references.append(reference.assign(**model, sd=names.map(spread), base=names.map(bases)))
    return coefficient_table(
        pd.concat(trained[1:] or trained), pd.concat(references[1:] or references)
    )


def contrasts(estimates: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Softmax weights as contrasts: rows of classes[1:], each less the same term's estimate for
    classes[0].

    (n_terms * n_classes, ...) rows with columns target, family, outer_fold, term, level, output,
    estimate, to (n_terms * (n_classes - 1), ...) of them, with a column `contrast` that says so.
    """
    keys = [column for column in KEYS if column != "output"]
    base = estimates.loc[estimates["output"] == classes[0], [*keys, "estimate"]].rename(
        columns={"estimate": "base"}
    )
    kept = estimates[estimates["output"].isin(list(classes[1:]))].merge(base, on=keys, how="left")
    kept = kept.assign(
        estimate=kept["estimate"] - kept["base"], contrast=f"contrast with {classes[0]}"
    )
    return kept.drop(columns="base")


def odds(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with odds_ratio, exp(estimate): what one unit multiplies the odds by; NaN but for
    logistic weights.
    """
    is_weight = (table["family"] == "logistic") & (table["term"] != INTERCEPT)
    with np.errstate(over="ignore"):
        return table.assign(odds_ratio=np.exp(table["estimate"].astype(float).where(is_weight)))


def coefficient_table(estimates: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Estimates of the refitted models beside their reference, and the gap between them in standard
    errors.

    Parameters
    ----------
    estimates : (n, 8) frame of target, family, outer_fold, term, level, output, unit, estimate; of
        a softmax its `contrasts`.
    reference : `reference_coefficients` with those of target, family, outer_fold, level added that
        tell its rows apart, and sd.

    Returns
    -------
    (n, 24) frame: the columns of `estimates`, sd (standard deviation of the column over the rows of
    the fit), standardised = estimate * sd (what one standard deviation of the column changes),
    ref_estimate, ref_std_error, ref_low, ref_high, gap_in_se = (estimate - ref_estimate) /
    ref_std_error, mle_estimate, mle_std_error, mle_low, mle_high (the fit without a penalty),
    pull_in_se = (estimate - mle_estimate) / mle_std_error, which is how far the penalty moved the
    estimate, odds_ratio (`odds`), se_over (what was left out, one at a time, for the standard
    errors: `rows`, `groups` or `blocks of time`), base (the level compared with), and note; NaN where
    there is none.
    """
    keys = [column for column in KEYS if column in reference]
    reference = reference.reindex(
        columns=[*keys, "sd", *REFERENCES, *UNPENALISED, "se_over", "base", "note"]
    )
    objects = dict.fromkeys(
        [key for key in ("level", "output") if key in keys], object
    )  # a column of None has no other type
    merged = estimates.astype(objects).merge(reference.astype(objects), on=keys, how="left")
    merged["sd"] = merged["sd"].astype(float)
    merged["standardised"] = merged["estimate"] * merged["sd"]
    merged["gap_in_se"] = (merged["estimate"] - merged["ref_estimate"]) / merged["ref_std_error"]
    merged["pull_in_se"] = (merged["estimate"] - merged["mle_estimate"]) / merged["mle_std_error"]
    merged = odds(merged)
    said = merged.reindex(columns=["contrast", "note"]).astype(object).fillna("")
    merged["note"] = [": ".join(filter(None, pair)) for pair in said.itertuples(index=False)]
    gaps = [*REFERENCES, "gap_in_se", *UNPENALISED, "pull_in_se"]
    return merged[
        [
            *KEYS,
            "unit",
            "estimate",
            "sd",
            "standardised",
            *gaps,
            "odds_ratio",
            "se_over",
            "base",
            "note",
        ]
    ]
