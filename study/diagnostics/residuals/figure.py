"""How far predictions are off, by what was predicted."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import dots, model_panels
from study.diagnostics.drawing.palette import MUTED
from study.diagnostics.drawing.style import colours, ticks, with_names
from study.diagnostics.drawing.words import at_most, most_off
from study.formatting import are_years, human, year
from study.records.results import Results

WORTH = 0.02
"""Share of the range of predictions that a mean residual has to pass for the title to name it."""
WHEN = "Where a continuous target or a count was scored."
TEXT = """\
### Where are predictions too high or too low?

Dots above 0 were predicted too low, with intervals that hold together at 95%; the band holds 80% of residuals.
"""


def data(results: Results) -> pd.DataFrame:
    """Mean residuals in bins of the prediction (`study.diagnostics.residuals.compute.residuals`).

    Returns
    -------
    (n_bins, 16) frame: target, kind, family, depth, bin, start, end, x, mean, low, high, q10, q90,
    n_rows, model, colour.
    """
    own = results.residuals
    own = (
        own[own["column"] == ""] if "column" in own else own
    )  # versions before this one had bins of columns too
    return with_names(own, results.data.models)


def finding(own: pd.DataFrame) -> str:
    """The bin whose interval is furthest off, or what the intervals allow."""
    width = float(own["end"].max() - own["start"].min())
    sure = ((own["low"] > 0) | (own["high"] < 0)) & (own["mean"].abs() > WORTH * width)
    if not sure.any():
        limit = 100 * own[["low", "high"]].abs().max().max() / width if width else math.nan
        return at_most("mean predictions", limit, "% of their range")
    worst = most_off(own, own["mean"], sure)
    ends = [worst["start"], worst["end"]]
    start, end = map(year if are_years(ends, worst["target"]) else partial(human, digits=2), ends)
    amount = human(abs(worst["mean"]), 2)
    return f"{worst['model']} is {'low' if worst['mean'] > 0 else 'high'} by {amount} on average from {start} to {end}"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target and model: mean residual and interval of every bin, a band of the middle 80
    % of residuals.
    """
    figure, parts = model_panels(frame, 2.7)
    for ax, own in parts:
        ax.axhline(0, color=MUTED, lw=0.9, zorder=1)
        palette = colours(own)
        for model, colour in palette.items():
            bins = own[own["model"] == model]
            dots(ax, bins, "x", "mean", color=colour)
            if len(palette) == 1 < len(bins):
                ax.fill_between(bins["x"], bins["q10"], bins["q90"], color=colour, alpha=0.13, lw=0)
        ax.set(xlabel="predicted", ylabel="observed minus predicted")
        ticks(ax.xaxis, 5)
        ticks(ax.yaxis, 5)
        of_target = frame[frame["target"] == own["target"].iloc[0]]
        low = of_target[["q10", "low"]].min().min()
        high = of_target[["q90", "high"]].max().max()
        pad = 0.05 * (high - low) or 0.1
        ax.set_ylim(low - pad, high + pad)
    return figure
