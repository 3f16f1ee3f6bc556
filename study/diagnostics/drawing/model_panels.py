"""Axes of the models of each target: one each, or one a target for all where these would be too
many.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.diagnostics.drawing.style import HUES, colours, plain, titled_panels
from study.diagnostics.drawing.words import SHORT_NAMES

MOST_PANELS = 16


def model_titles(frame: pd.DataFrame) -> pd.Series:
    """Of each row its model, after its target where there are several."""
    return (
        frame["model"] if frame["target"].nunique() < 2 else frame["target"] + ": " + frame["model"]
    )


def are_many(frame: pd.DataFrame) -> bool:
    """Whether axes of their own for all targets and models were more than MOST_PANELS."""
    return len(frame[["target", "model"]].drop_duplicates()) > MOST_PANELS


def best_alone(frame: pd.DataFrame, score: pd.Series) -> pd.DataFrame:
    """Rows of each target's model with the largest score alone, where axes of their own for all
    `are_many`.
    """
    return (
        frame[score == score.groupby(frame["target"]).transform("max")]
        if are_many(frame)
        else frame
    )


def model_panels(frame: pd.DataFrame, height_in: float) -> tuple[Figure, list[tuple[Axes, Any]]]:
    """A figure of one axes a target and model, each with its rows; where these `are_many`, of one a
    target with a legend.
    """
    if not are_many(frame):
        return titled_panels(frame, height_in, model_titles(frame))
    figure, parts = titled_panels(frame, height_in)
    model_legend(figure, colours(frame))
    return figure, parts


def model_legend(figure: Figure, hues: dict[str, str]) -> None:
    """A line of its own below the figure that names models, each with its colour."""
    lines = [
        Line2D([], [], color=colour, lw=2.4, label=plain(model)) for model, colour in hues.items()
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=min(len(lines), 2))


def procedure_legend(figure: Figure, frame: pd.DataFrame) -> None:
    """A line below the figure that names the procedures of `frame`."""
    present = set(frame["procedure"])
    shown = {SHORT_NAMES[name]: hue for name, hue in HUES.items() if name in present}
    model_legend(figure, shown)


def dots(ax: Axes, bins: pd.DataFrame, x: str, y: str, **line: Any) -> None:
    """Draw bins as dots on a line with their intervals, low to high; line: its look, as `Axes.plot`
    takes it.
    """
    ax.vlines(bins[x], bins["low"], bins["high"], color=line["color"], lw=1.5, alpha=0.5)
    ax.plot(bins[x], bins[y], marker="o", ms=4, lw=1.2, **line)
