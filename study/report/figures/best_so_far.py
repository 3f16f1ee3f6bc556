"""The least validation loss after so many trials."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.digits import human, percent
from study.evidence import winners
from study.evidence.sentences import listed as joined
from study.records.results import Results
from study.report.style import Picture, colours, listed, log_axis, look, number, plain, target_panels, with_names
from study.schema import CONSTANT, LOSS_NAMES, Kind

LATE = 0.75
"""A search that still improved after this share of its trials, and by"""
LEAST_FALL = 0.01
"""this share of its loss, might go on."""

TEXT = """\
### Was the search long enough?

The least validation loss after so many trials: a line is the median over the outer folds, the band around it their range. A
line still falling at its end says that more trials could help that model. A regression's trial scores a whole path of
penalties, so that without terms it has one. The constant, which nothing is searched for, is named below the axis and sets
no scale.
"""


def when(results: Results) -> bool:
    """Where some model was searched."""
    return bool((data(results)["family"] != CONSTANT).any())


def data(results: Results) -> pd.DataFrame:
    """Least validation loss of the first trials of every model, by trial number (`study.evidence.winners.best_so_far`).

    Returns
    -------
    (n, 11) frame: target, kind, family, depth, number, best, low, high (median and range over n_folds outer folds, in units of
    the kind's loss), n_folds, model, colour.
    """
    return with_names(winners.best_so_far(results.trials), results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Which models were still improving when their trials ended, and by how much."""
    searched = frame[frame["family"] != CONSTANT]
    late, several = [], len(searched["target"].unique()) > 1
    constants = {str(target): winners.baseline(own, "best") for target, own in frame.groupby("target")}
    for (target, model), own in searched.groupby(["target", "model"], sort=False):
        last = own["number"].max() + 1
        early = own.loc[own["number"] < LATE * last, "best"].min()
        fall = (early - own["best"].min()) / abs(early) if early else 0.0
        fell = winners.least(pd.Series([early, own["best"].min()]), constants[str(target)]) == [1]
        if last > 3 and fell and fall >= LEAST_FALL:
            late.append(f"{model}{f' on {target}' if several else ''} by {percent(fall)} %")
    if not late:
        return f"No model improved by {percent(LEAST_FALL)} % in the last quarter of its trials" if len(searched) else ""
    few = joined(late) if len(late) <= 3 else f"{len(late)} of {searched.groupby(['target', 'model']).ngroups} models"
    return f"Still improving in the last quarter of the trials: {few}"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target, a step line a model with its range over the outer folds."""
    searched = frame[frame["family"] != CONSTANT]
    with look():
        figure, parts = target_panels(searched, 3.3)
        for ax, own in parts:
            palette, target = colours(own), own["target"].iloc[0]
            last = max(own["number"].max() + 1, 2)
            for model, line in own.groupby("model", sort=False):
                x = [*(line["number"] + 1), last]
                best, low, high = ([*line[name], line[name].iloc[-1]] for name in ("best", "low", "high"))
                ax.fill_between(x, low, high, step="post", color=palette[str(model)], alpha=0.13, lw=0)
                ax.step(x, best, where="post", color=palette[str(model)], lw=1.7, alpha=0.95)
            if not log_axis(ax, "y", own[["low", "best", "high"]].melt()["value"]):
                ax.yaxis.set_major_locator(MaxNLocator(5))
            ax.yaxis.set_major_formatter(number)
            constant = frame.loc[(frame["family"] == CONSTANT) & (frame["target"] == target), "best"]
            beside = f"\nconstant: {human(constant.iloc[-1])}" if len(constant) else ""
            ax.set(xlabel=f"trials of the model{beside}", ylabel=f"best {LOSS_NAMES[Kind(own['kind'].iloc[0])]}")
            ax.set_title(plain(target))
            ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            ax.grid(axis="y")
        lines = [Line2D([], [], color=colour, lw=1.8, label=model) for model, colour in colours(searched).items()]
        figure.legend(handles=lines, handlelength=1.3, loc="outside upper left", ncols=4, columnspacing=1.4)
    final = frame.sort_values("number", kind="stable").groupby(["target", "model"], sort=False)["best"].last()
    alt = f"Least validation loss so far by trial, the median over outer folds. Best in the end: {listed(final)}."
    return Picture(figure, alt, finding(frame))
