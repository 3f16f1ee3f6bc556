"""Rootograms: how often each count came up, and how often it should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from study.digits import human
from study.records.results import Results
from study.report.model_panels import model_panels
from study.report.style import INK, MUTED, Picture, colours, look, with_names
from study.report.words import beside, called, each_target, most_off

TEXT = """\
### Do the counts come up as often as they should?

A hanging rootogram: the line is how many test rows should have each count by a Poisson distribution of the predicted rates, and
the bars, how many had it, hang from it; heights are roots, so that rare counts are seen. A bar that ends above 0 means too few
rows of that count, one that goes below too many. In the shaded band about 0 a bar may end by chance, for all bars of a target
together in 95 % of cases.
"""


def when(results: Results) -> bool:
    """Where a count was scored."""
    return results.concluded and not results.frequencies.empty


def data(results: Results) -> pd.DataFrame:
    """Frequencies of counts (`study.evidence.checks.rootogram`).

    Returns
    -------
    (n_bars, 16) frame: target, kind, family, depth, start, end, observed, expected, low, high (distinct test rows), top, foot
    (roots: of what is expected, and that less the root of what is observed), least, most (where the foot lies by chance),
    model, colour.
    """
    own = results.frequencies
    top = np.sqrt(own["expected"])
    own = own.assign(
        top=top, foot=top - np.sqrt(own["observed"]), least=top - np.sqrt(own["high"]), most=top - np.sqrt(own["low"])
    )
    return with_names(own, results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the count that is most surely too frequent or too rare, and for which models none is."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    sure = own[(own["observed"] > own["high"]) | (own["observed"] < own["low"])]
    if sure.empty:
        return ["no count is surely too frequent or too rare for the rates of any model"]
    worst = most_off(sure, sure["observed"] - sure["expected"])
    others, right = beside(own, sure, worst["model"])
    due = human(round(worst["expected"])) if worst["expected"] >= 0.5 else "hardly any"
    noun = called(own)[worst["model"]]
    said = [f"{_bar(worst)} came up in {human(round(worst['observed']))} test rows, by the rates of {noun} in {due}"]
    said += [f"the rates of {others} are off too"] if others else []
    return said + ([f"those of {right} are nowhere surely off"] if right else [])


def _bar(row: Mapping[Any, Any]) -> str:
    start = human(int(row["start"]))
    if np.isnan(row["end"]):
        return f"a count of {start} or more"
    return f"a count of {start}" if row["start"] == row["end"] else f"a count of {start} to {human(int(row['end']))}"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: expected frequencies as a line, observed ones as bars that hang from it."""
    with look():
        figure, parts = model_panels(frame, 2.9)
        for ax, own in parts:
            single = len(own["model"].unique()) == 1
            ax.axhline(0, color=MUTED, lw=0.9, zorder=3)
            for model, colour in colours(own).items():
                bars = own[own["model"] == model].reset_index(drop=True)
                if single:
                    ax.fill_between(
                        bars.index, bars["least"], bars["most"], step="mid", color=MUTED, alpha=0.22, lw=0, zorder=2
                    )
                    ax.bar(bars.index, bars["top"] - bars["foot"], 0.72, bottom=bars["foot"], color=colour, alpha=0.45)
                    ax.plot(bars.index, bars["top"], "o-", color=INK, ms=3, lw=1.2, zorder=4)
                else:
                    ax.plot(bars.index, bars["foot"], "o-", color=colour, ms=3, lw=1.2)
            ax.set(xlabel="count", ylabel="test rows, root scale" if single else "root of expected less root of observed")
            ax.use_sticky_edges = False  # bars and band end in the axes, not at their edge
            ax.margins(0.03, 0.05)
            _ticks(ax, own[own["model"] == own["model"].iloc[0]].reset_index(drop=True), single)
    off = (
        frame.assign(off=(frame["foot"]).abs())
        .sort_values("off", kind="stable")
        .drop_duplicates(["target", "model"], keep="last")
    )
    said = "; ".join(
        f"{row['target']}, {row['model']}: {_bar(row)} in {human(round(row['observed']))} rows, expected "
        f"{human(row['expected'])}"
        for row in off.sort_index().to_dict("records")
    )
    return Picture(figure, f"Hanging rootograms. Furthest off: {said}.", finding(frame))


def _ticks(ax: Axes, bars: pd.DataFrame, single: bool) -> None:
    step = -(-len(bars) // 8)
    names = [human(int(start)) for start in bars["start"]]
    names[-1] += "+"
    places = [k for k in range(len(bars)) if k % step == 0 or k == len(bars) - 1]
    if len(places) > 1 and places[-1] - places[-2] < step:
        places.pop(-2)
    ax.set_xticks(places, [names[k] for k in places])
    if single:
        ax.yaxis.set_major_locator(FixedLocator([0, *np.sqrt(_round(bars["top"].max() ** 2))]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda root, _: human(round(root**2))))
    else:
        ax.yaxis.set_major_locator(MaxNLocator(5))


def _round(most: float) -> npt.NDArray[np.float64]:
    """Frequencies whose roots lie well apart up to the largest."""
    nice = np.array([scale * 10**power for power in range(7) for scale in (1, 2, 5)], float)
    inside = nice[nice <= most]
    shares = np.sqrt(inside / most)
    kept: list[int] = []
    for k in range(len(inside) - 1, -1, -1):
        if not kept or shares[kept[-1]] - shares[k] >= 0.16:
            kept.append(k)
    return inside[[k for k in reversed(kept) if shares[k] > 0.1]]
