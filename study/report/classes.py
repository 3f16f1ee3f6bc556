"""Names and colours of classes."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from study.schema import Kind, StudyData

MOST_CLASSES, MOST_LETTERS = 4, 22
"""Classes whose lines stand in one axes; letters of a name beside which another has room below it."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
STYLES = ("-", "--", "-.", ":")
"""Of the lines of up to MOST_CLASSES classes: no two are told apart by colour alone (Okabe and Ito 2008)."""


def class_name(data: StudyData, target: str, number: int) -> str:
    """What the class of a target is called."""
    return data.classes[target][number]


def with_classes(frame: pd.DataFrame, data: StudyData, order: pd.Series) -> pd.DataFrame:
    """Rows of at most MOST_CLASSES classes of each target, with `name` and `more`, how many further classes it has.

    order: (n_rows,) of each row: the classes with the least go first.
    """
    by = order.groupby([frame["target"], frame["class"]]).mean().sort_values(kind="stable")
    kept = by.groupby(level=0).cumcount().rename("rank")
    rank = [int(kept[target, number]) for target, number in zip(frame["target"], frame["class"], strict=True)]
    inside = frame[pd.Series(rank, frame.index) < MOST_CLASSES]
    names = [class_name(data, target, number) for target, number in zip(inside["target"], inside["class"], strict=True)]
    several = inside["kind"] == Kind.MULTICLASS
    sizes = inside["target"].map({name: len(classes) for name, classes in data.classes.items()})
    return inside.assign(name=names, more=(sizes - MOST_CLASSES).where(several, 0).clip(lower=0).astype(int))


def strokes(frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Colour and style of the line of each class of one target, by name."""
    names = frame.drop_duplicates("class").sort_values("class", kind="stable")["name"]
    return {name: (COLOURS[k % 4], STYLES[k % 4]) for k, name in enumerate(names)}


def below(ax: Axes, title: str) -> None:
    """Name the lines of an axes below it, where no line can be: two beside each other if they leave the axes its width."""
    wide = max((len(label) for label in ax.get_legend_handles_labels()[1]), default=0) > MOST_LETTERS
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, -0.2), "alignment": "left"}
    ax.legend(**place, ncols=1 if wide else 2, title=title, handlelength=2.4, borderpad=0)
