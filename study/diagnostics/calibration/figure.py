"""Calibration of predicted probabilities."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.classes import are_classes, below, lines, unit_square, with_classes
from study.diagnostics.drawing.model_panels import dots, model_panels
from study.diagnostics.drawing.palette import MUTED
from study.diagnostics.drawing.style import plain, with_names
from study.diagnostics.drawing.words import at_most, most_off, share
from study.records.results import Results
from study.schema import Kind

WORTH = 0.02
"""How far a share has to lie from the probability for the title to name it."""
WHEN = "Where a target of classes was scored."
TEXT = """\
### Are the probabilities right?

One dot per bin of test rows, with its interval; on the grey line, a predicted 30% happens 30% of the time.
"""


def data(results: Results) -> pd.DataFrame:
    """Share of a class by its predicted probability (`study.diagnostics.calibration.compute`).

    Returns
    -------
    (n_bins, 17) frame: target, kind, family, depth, class, n_class, bin, p, share, low, high,
    n_rows, place, name (of the class), more (classes that are not shown), model, colour.
    """
    own = results.calibration
    return with_names(with_classes(own, results.data, -own["n_class"]), results.data.models)


def finding(own: pd.DataFrame) -> str:
    """The bin whose interval is furthest off, or what the intervals allow."""
    off = own["share"] - own["p"]
    sure = (off.abs() > WORTH) & ((own["low"] > own["p"]) | (own["high"] < own["p"]))
    if not sure.any():
        limit = (own["high"] - own["p"]).combine(own["p"] - own["low"], max).max()
        return at_most("predicted probabilities", 100 * limit, " points")
    worst = most_off(own, off, sure)
    reach = f"{share(worst['low'])} to {share(worst['high'])}"
    return f"{worst['name']} comes up in {share(worst['share'])} ({reach}) where {worst['model']} gives {share(worst['p'])}"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target and model: a line a class, its observed share by its probability; on the
    diagonal it is right.
    """
    figure, parts = model_panels(frame, 3.6)
    for ax, own in parts:
        unit_square(ax)
        ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9)
        for bins, line in lines(own):
            dots(ax, bins, "p", "share", **line)
        name = plain(own["name"].iloc[0]) if own["kind"].iloc[0] == Kind.BINARY else "a class"
        ax.set(xlabel=f"predicted probability of {name}", ylabel=f"share that is {name}")
        if are_classes(own):
            below(ax, own)
    return figure
