"""Names and lines of classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from study.diagnostics.drawing.style import per_cent, plain
from study.diagnostics.drawing.words import short
from study.schema import Kind, StudyData

MOST_CLASSES, MOST_LETTERS = 4, 22
"""Classes whose lines stand in one axes; letters of a name beside which another has room below it.
"""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
STYLES = ("-", "--", "-.", ":")
"""Of the lines of up to MOST_CLASSES classes: no two are told apart by colour alone (Okabe and Ito
2008)."""


def with_classes(frame: pd.DataFrame, data: StudyData, order: pd.Series) -> pd.DataFrame:
    """Rows of at most MOST_CLASSES classes of each target, with `name`, `place` (among these) and
    `more`, how many further classes it has.

    order: (n_rows,) of each row: the classes with the least go first.
    """
    keys = ["target", "class"]
    by = order.groupby([frame[key] for key in keys]).mean().sort_values(kind="stable")
    kept = by.groupby("target").head(MOST_CLASSES).sort_index()
    place = kept.groupby("target").cumcount().rename("place").reset_index()
    own = frame.merge(place, on=keys)
    names = [
        data.classes[target][number]
        for target, number in zip(own["target"], own["class"], strict=True)
    ]
    sizes = own["target"].map({name: len(classes) for name, classes in data.classes.items()})
    return own.assign(name=names, more=(sizes - MOST_CLASSES).clip(lower=0))


def are_classes(own: pd.DataFrame) -> bool:
    """Whether the lines of an axes are classes, those of one model; else they are models."""
    return bool(own["kind"].iloc[0] == Kind.MULTICLASS and len(own["model"].unique()) == 1)


def lines(own: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, dict[str, Any]]]:
    """The rows of each line of an axes, with its look and name as `Axes.plot` takes them."""
    classes = are_classes(own)
    for (model, name), rows in own.groupby(["model", "name"], sort=False):
        place, colour = rows[["place", "colour"]].iloc[0]
        look = (
            {"color": COLOURS[place], "ls": STYLES[place]}
            if classes
            else {"color": colour, "ls": "-"}
        )
        yield rows, look | {"label": plain(short(str(name), 18) if classes else str(model))}


def unit_square(ax: Axes) -> None:
    """Axes of two shares."""
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(0.25))
        axis.set_major_formatter(per_cent)


def below(ax: Axes, own: pd.DataFrame) -> None:
    """Name the lines of an axes below it, where no line can be: two beside each other if they leave
    the axes its width. Above them stands how many classes are not shown.
    """
    wide = max(len(label) for label in ax.get_legend_handles_labels()[1]) > MOST_LETTERS
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, -0.2), "alignment": "left"}
    more = f"{own['more'].iloc[0]} more classes are not shown" if own["more"].iloc[0] else ""
    ax.legend(**place, ncols=1 if wide else 2, title=more, handlelength=2.4, borderpad=0)
