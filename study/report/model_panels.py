"""Axes of the models of each target: one each, or one a target for all where these would be too many."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.report.style import colours, panels, plain

MOST_PANELS = 16


def model_panels(frame: pd.DataFrame, height_in: float) -> tuple[Figure, list[tuple[Axes, Any]]]:
    """A figure of one axes a target and model, named by both where there are several targets, each with its rows.

    Where these are more than MOST_PANELS: one axes a target, with a legend of the models.
    """
    targets = frame["target"].nunique()
    split = len(frame[["target", "model"]].drop_duplicates()) <= MOST_PANELS
    by = ["target", "model"] if split else ["target"]
    parts = [rows for _, rows in frame.groupby(by, sort=False)]
    parts.sort(key=lambda rows: list(frame["target"].unique()).index(rows["target"].iloc[0]))
    figure, axes = panels(len(parts), height_in)
    for ax, rows in zip(axes, parts, strict=True):
        target, model = plain(str(rows["target"].iloc[0])), plain(str(rows["model"].iloc[0]))
        ax.set_title(target if not split else model if targets == 1 else f"{target}: {model}")
    if not split:
        model_legend(figure, frame)
    return figure, list(zip(axes, parts, strict=True))


def model_legend(figure: Figure, frame: pd.DataFrame) -> None:
    """A line of its own below the figure that names the models of `frame`."""
    lines = [Line2D([], [], color=colour, lw=2.4, label=plain(model)) for model, colour in colours(frame).items()]
    figure.legend(handles=lines, loc="outside lower center", ncols=min(len(lines), 2))
