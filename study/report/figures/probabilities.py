"""Calibration of predicted probabilities."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from study.records.results import Results
from study.report.classes import below, strokes, with_classes
from study.report.model_panels import model_panels
from study.report.style import MUTED, Picture, colours, look, plain, with_names
from study.report.words import beside, called, each_target, most_off, points, share, short, verb
from study.schema import Kind

WORTH = 0.02
"""How far a share has to lie from the probability for the title to name it."""
TEXT = """\
### Are the probabilities right?

Test rows in bins of about equally many by predicted probability, a line a class. On the grey line a predicted 30 % happens 30 %
of the time; below it a class is predicted too often. The intervals hold together for all dots of a target in 95 % of
cases: a dot whose interval leaves out the grey line is surely off. Of many classes those of the most test rows are shown.
"""


def when(results: Results) -> bool:
    """Where a target of classes was scored."""
    return results.concluded and not results.calibration.empty


def data(results: Results) -> pd.DataFrame:
    """Share of a class by its predicted probability (`study.evidence.checks.calibration`).

    Returns
    -------
    (n_bins, 16) frame: target, kind, family, depth, class, n_class, bin, p, share, low, high, n_rows, name (of the class), more
    (classes that are not shown), model, colour.
    """
    own = results.calibration.drop(columns="n_groups")
    return with_names(with_classes(own, results.data, -own["n_class"]), results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the bin that is most surely off, and which models are nowhere."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    far = (own["share"] - own["p"]).abs() > WORTH
    sure = own[far & ((own["low"] > own["p"]) | (own["high"] < own["p"]))]
    if sure.empty:
        return [f"no model's probabilities are surely off by more than {points(WORTH)} anywhere"]
    worst = most_off(sure, sure["share"] - sure["p"])
    others, right = beside(own, sure, worst["model"])
    noun = called(own)[worst["model"]]
    said = [
        f"where {noun} {verb(noun, 'gives', 'give')} {worst['name']} a probability of {share(worst['p'])}, it comes up in "
        f"{share(worst['share'])} ({share(worst['low'])} to {share(worst['high'])})"
    ]
    said += [f"probabilities of {others} are off too"] if others else []
    return said + ([f"those of {right} are nowhere surely off by more than {points(WORTH)}"] if right else [])


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: a line a class, its observed share by its probability; on the diagonal it is right."""
    with look():
        figure, parts = model_panels(frame, 3.6)
        for ax, own in parts:
            single, binary = len(own["model"].unique()) == 1, own["kind"].iloc[0] == Kind.BINARY
            palette, marks = colours(own), strokes(frame[frame["target"] == own["target"].iloc[0]])
            for (model, name), bins in own.groupby(["model", "name"], sort=False):
                colour, style = marks[str(name)] if single and not binary else (palette[str(model)], "-")
                ax.vlines(bins["p"], bins["low"], bins["high"], color=colour, lw=1.4, alpha=0.45)
                ax.plot(bins["p"], bins["share"], "o", ls=style, color=colour, lw=1.3, ms=4, label=plain(short(str(name), 18)))
            _unit_square(ax)
            named = plain(str(own["name"].iloc[0]))
            ax.set_xlabel(f"probability of {named}" if binary else "predicted probability of a class")
            ax.set_ylabel(f"share that is {named}" if binary else "share that is of it")
            if single and not binary:
                below(ax, f"{own['more'].iloc[0]} more classes are not shown" if own["more"].iloc[0] else "")
    worst = (
        frame.assign(off=(frame["share"] - frame["p"]).abs())
        .sort_values("off", kind="stable")
        .drop_duplicates(["target", "model"], keep="last")
    )
    said = "; ".join(
        f"{row['target']}, {row['model']}: {row['name']} at {share(row['p'])} comes up in {share(row['share'])}"
        f" ({share(row['low'])} to {share(row['high'])})"
        for row in worst.sort_index().to_dict("records")
    )
    return Picture(figure, f"Calibration of predicted probabilities. Furthest off: {said}.", finding(frame))


def _unit_square(ax: Axes) -> None:
    ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, zorder=1)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(0.25))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
