"""Coefficients of the regressions beside their reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.digits import human
from study.records.results import Results
from study.report.style import INK, MUTED, REGRESSION, Picture, look, plain, target_panels
from study.schema import CONSTANT

MOST_TERMS = 24

TEXT = """\
### What the regressions say

A regression is a network without hidden layers, so its weights can be checked: dots are those of the saved model, bars
those of an exact fit with its 95 % interval. They are per unit of each column as it stands in the table; for a logistic
regression in log-odds, for a Poisson regression in log-rates. An odds ratio is what one unit multiplies the odds by; the share
of the largest weight stays true where classes separate and the weights grow without end. Where a standard error would mean
nothing, the note says why. A penalised weight has none: it is pulled towards 0 on purpose. Beside it stands the fit of the
same rows without the penalty, with its own standard error, and how many of those the pull is. Standard errors are over
what is independent, whatever the noise is: the groups of the table, blocks of its time, or single rows, each left out once.
"""


def when(results: Results) -> bool:
    """Where a regression was refitted."""
    return results.concluded and bool((results.coefficients["family"] != CONSTANT).any())


def data(results: Results) -> pd.DataFrame:
    """Weights of the regression of all rows with their reference, at most MOST_TERMS a target, the intercept last.

    Returns
    -------
    (n_weights, 9) frame: target, family, label (term, level and output), unit, estimate, ref_estimate, ref_low, ref_high
    (per original unit; NaN where the reference has none), note. Of more terms those furthest from 0 are kept.
    """
    coefficients = results.coefficients
    own = coefficients[(coefficients["family"] != CONSTANT) & coefficients["estimate"].notna()]
    own = own[own["outer_fold"] == own.groupby("target")["outer_fold"].transform("min")]
    parts = own[["term", "level", "output"]].astype(object)
    named = [
        term
        + (f" = {level}" if pd.notna(level) and f"{level}" not in str(term) else "")
        + (f" \N{RIGHTWARDS ARROW} {output}" if pd.notna(output) else "")
        for term, level, output in parts.itertuples(index=False)
    ]
    own = own.assign(label=named, size=own["estimate"].abs(), last=own["term"] == "intercept")
    kept = own.sort_values(["last", "size"], ascending=[False, False]).groupby("target").head(MOST_TERMS)
    kept = own.loc[own.index.isin(kept.index)].sort_values(["last"], kind="stable")
    kept = kept.assign(place=kept["target"].map({t: i for i, t in enumerate(own["target"].unique())}))
    columns = ["target", "family", "label", "unit", "estimate", "ref_estimate", "ref_low", "ref_high", "note"]
    shown: pd.DataFrame = kept.sort_values("place", kind="stable").reset_index(drop=True)[columns]
    return shown


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: the trained estimate as a dot on its reference (a bar, with the 95 % interval as a line)."""
    sizes = frame["target"].value_counts(sort=False).tolist()
    heights = [1.1 + 0.3 * max(sizes[first : first + 2]) for first in range(0, len(sizes), 2)]
    with look():
        figure, parts = target_panels(frame, heights)
        for ax, own in parts:
            y = np.arange(len(own))
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            ax.hlines(y, own["ref_low"], own["ref_high"], color=INK, lw=1.4)
            ax.plot(own["ref_estimate"], y, "|", color=INK, ms=13, mew=1.8)
            ax.plot(own["estimate"], y, "o", color=REGRESSION, ms=6, alpha=0.85, zorder=4)
            ax.set_yticks(y, [plain(label) for label in own["label"]])
            ax.invert_yaxis()
            target, family = own[["target", "family"]].iloc[0]
            scale = {"logistic": "log-odds", "poisson": "log-rate"}.get(family, f"change in {plain(target)}")
            ax.set_xlabel(f"{scale} per unit of the column")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.grid(axis="x")
            ax.margins(y=max(0.3 / len(own), 0.03))
        marks = [
            Line2D([], [], marker="o", ls="", color=REGRESSION, label="saved model"),
            Line2D([], [], marker="|", ls="-", lw=1.4, ms=10, mew=1.8, color=INK, label="reference fit, 95 % interval"),
        ]
        figure.legend(handles=marks, loc="outside upper right", ncols=2)
    said = "; ".join(
        f"{target}, {label}: {human(estimate)} (reference {human(reference)})"
        for target, label, estimate, reference in frame[["target", "label", "estimate", "ref_estimate"]].itertuples(index=False)
    )
    return Picture(figure, f"Coefficients of the regressions beside their reference. {said}.")
