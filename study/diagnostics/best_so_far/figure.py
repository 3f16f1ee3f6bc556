"""Lowest validation loss by number of trials."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import model_legend
from study.diagnostics.drawing.style import colours, loss_ticks, ticks, titled_panels, with_names
from study.evidence import winners
from study.evidence.wording.amounts import listed
from study.formatting import given_percent, percent
from study.records.results import Results
from study.schema import BASELINE, LOSS_NAMES, Kind

LATE = 0.75
"""A search that still improved after this share of its trials, and by"""
LEAST_FALL = 0.01
"""this share of its loss, might go on."""

WHEN = "Where some model was searched."
TEXT = """\
### Was the search long enough?

Lines are medians over outer folds, with their range; one still falling at its end may need more trials.
"""


def data(results: Results) -> pd.DataFrame:
    """Least validation loss of the first trials of every model, by trial number
    (`study.evidence.winners.best_so_far`); none where the baseline is alone.

    Returns
    -------
    (n, 11) frame: target, kind, family, depth, number, best, low, high (median and range over
    n_folds outer folds, in units of the kind's loss), n_folds, model, colour.
    """
    frame = winners.best_so_far(results.trials)
    searched = (frame["family"] != BASELINE).any()
    return with_names(frame if searched else frame.iloc[:0], results.data.models)


def finding(own: pd.DataFrame) -> str:
    """Which models were still improving when their trials ended, and by how much."""
    late = []
    for model, line in own[own["family"] != BASELINE].groupby("model", sort=False):
        last, end = line["number"].max() + 1, line["best"].min()
        early = line.loc[line["number"] < LATE * last, "best"].min()
        fall = (early - end) / abs(early) if early else 0.0
        fell = winners.least(pd.Series([early, end]), winners.baseline(own, "best")) == [1]
        if last > 3 and fell and fall >= LEAST_FALL:
            late.append(f"{model} by {percent(fall)}%")
    said = f"no model improved by {given_percent(LEAST_FALL)}"
    if late:
        said = f"still improving: {listed(late)}"
    return f"{said} in the last quarter of the trials"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target, a step line a model with its range over the outer folds."""
    searched = frame[frame["family"] != BASELINE]
    figure, parts = titled_panels(searched, 3.3)
    for ax, own in parts:
        last = max(own["number"].max() + 1, 2)
        for (_, colour), line in own.groupby(["model", "colour"], sort=False):
            x = [*(line["number"] + 1), last]
            best, low, high = (
                [*line[name], line[name].iloc[-1]] for name in ("best", "low", "high")
            )
            ax.fill_between(x, low, high, step="post", color=colour, alpha=0.13, lw=0)
            ax.step(x, best, where="post", color=colour, lw=1.7)
        loss_ticks(ax, own[["low", "best", "high"]], 5)
        ax.set(xlabel="trials of the model", ylabel=f"best {LOSS_NAMES[Kind(own['kind'].iloc[0])]}")
        ticks(ax.xaxis, 6, integer=True)
        ax.grid(axis="y")
    model_legend(figure, colours(searched))
    return figure
