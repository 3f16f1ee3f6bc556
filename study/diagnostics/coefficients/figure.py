"""Coefficients of the regressions for one standard deviation of each column, with their reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.diagnostics.drawing.html_table import Html, by_target
from study.diagnostics.drawing.palette import INK, MUTED, REGRESSION
from study.diagnostics.drawing.picture import look
from study.diagnostics.drawing.style import number, plain, ticks, titled_panels, wrapped
from study.formatting import count, human
from study.records.results import Results
from study.schema import BASELINE, INTERCEPT

MOST_TERMS = 30
BEYOND = 1.6
"""The axis ends at so many times the largest weight.
"""

WHEN = "Where a regression was refitted."
TEXT = """\
### Which coefficients are largest?

Change in the prediction for one standard deviation of each column; no bar means no standard error.
"""
MOST_WEIGHTS = 100
"""Most weights of a regression in one table."""
TABLE = "Coefficients are per unit of each column; standard errors are those of a fit without a penalty."
PENALISED = r"penalised \([^)]*\): no standard error(; without the penalty: )?"
"""What a note says of every row, and the text before the table too."""
SCALES = {"logistic": "the log-odds", "poisson": "the log-rate"}


def first_fold(coefficients: pd.DataFrame) -> pd.DataFrame:
    """Of each target the weights of all rows, or else those of its first outer fold."""
    own = coefficients[coefficients["family"] != BASELINE]
    return own[own["outer_fold"] == own.groupby("target")["outer_fold"].transform("min")]


def data(results: Results) -> pd.DataFrame:
    """Standardised weights of the regression of all rows with their reference, at most MOST_TERMS a
    target, the largest first.

    Returns
    -------
    (n_weights, 10) frame: target, family, scale (what changes), label (term, its base and output),
    estimate (per original unit), weight, ref_weight, ref_low, ref_high (without a penalty, times the
    standard deviation of the column; NaN where there is no standard error), n_more (smaller terms,
    left out); no intercept, which has no weight here.
    """
    own = first_fold(results.coefficients)
    own = own[own["estimate"].notna() & (own["term"] != INTERCEPT)]
    parts = own.reindex(columns=["term", "output", "base"]).astype(object)
    named = [
        term
        + (f" (base: {base})" if pd.notna(base) else "")
        + (f" \N{RIGHTWARDS ARROW} {output}" if pd.notna(output) else "")
        for term, output, base in parts.itertuples(index=False)
    ]
    names = {"mle_estimate": "ref_weight", "mle_low": "ref_low", "mle_high": "ref_high"}
    logs = {each.name: f"log({each.name})" for each in results.data.targets if each.transform}
    scale = own["family"].map(SCALES).fillna(own["target"].replace(logs))
    scaled = own[list(names)].where(own["mle_std_error"].notna())
    scaled = scaled.mul(own["sd"].astype(float), axis=0).rename(columns=names)
    own = (
        own[["target", "family", "estimate"]]
        .assign(scale=scale, label=named, weight=own["standardised"].astype(float))
        .join(scaled)
    )
    place = own["weight"].abs().groupby(own["target"]).rank(method="first", ascending=False)
    more = (own.groupby("target")["label"].transform("size") - MOST_TERMS).clip(lower=0)
    kept = own.assign(n_more=more, place=place, first=pd.factorize(own["target"])[0])[
        place <= MOST_TERMS
    ]
    return kept.sort_values(["first", "place"], ignore_index=True).drop(columns=["first", "place"])


def finding(own: pd.DataFrame) -> str:
    """The column with the largest standardised weight."""
    label, weight, scale = own[["label", "weight", "scale"]].iloc[0]
    return f"the largest coefficient is that of {label}: {human(weight)} in {scale} per standard deviation"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target: the trained weight as a dot on its reference (a bar, with the 95%
    interval as a line).
    """
    with look():
        figure, parts = titled_panels(frame, lambda own: 1.5 + 0.3 * len(own))
        for ax, own in parts:
            most = BEYOND * float(own[["weight", "ref_weight"]].abs().max().max()) or 1.0
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            places = range(len(own))
            low, high = (own[name].clip(-most, most) for name in ("ref_low", "ref_high"))
            ax.hlines(places, low, high, color=INK, lw=1.4)
            ax.plot(own["ref_weight"], places, "|", color=INK, ms=13, mew=1.8)
            ax.plot(own["weight"], places, "o", color=REGRESSION, ms=6, zorder=4)
            ax.set_yticks(places, [plain(label) for label in own["label"]])
            ax.set(xlim=(-most, most), ylim=(len(own) - 0.4, -0.6))
            scale, n_more = own[["scale", "n_more"]].iloc[0]
            label = wrapped(f"change in {plain(scale)} per standard deviation of the column")
            ax.set_xlabel(
                f"{label}\nand {count(n_more, 'smaller term')}, in the table" if n_more else label
            )
            ticks(ax.xaxis, 5, number)
            ax.grid(axis="x")
        marks = [
            Line2D([], [], marker="o", ls="", color=REGRESSION, label="saved model"),
            Line2D(
                [],
                [],
                marker="|",
                ms=10,
                mew=1.8,
                color=INK,
                label="fit without a penalty, 95% interval",
            ),
        ]
        figure.legend(handles=marks, loc="outside lower center", ncols=2)
    return figure


def table(results: Results) -> Html:
    """`coefficients_frame` by target."""
    return by_target(coefficients_frame(results))


def coefficients_frame(results: Results) -> pd.DataFrame:
    """Coefficients of the regressions of all rows with the standard errors of their reference.

    Of more than MOST_WEIGHTS a target those of largest standardised size, intercepts always.
    """
    own = first_fold(results.coefficients)
    size = own["standardised"].astype(float).abs().fillna(np.inf)
    place = size.groupby(own["target"]).rank(method="first", ascending=False)
    names = {
        "target": "target", "term": "column", "base": "base", "output": "class", "estimate": "coefficient",
        "mle_std_error": "std. error", "odds_ratio": "odds ratio", "note": "note",
    }  # fmt: skip
    shown = own.loc[place <= MOST_WEIGHTS].reindex(columns=list(names)).rename(columns=names)
    shown["note"] = shown["note"].str.replace(PENALISED, "", regex=True).str.removesuffix(": ")
    return shown.replace("", None).reset_index(drop=True)
