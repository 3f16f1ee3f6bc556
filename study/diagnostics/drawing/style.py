"""One look for every figure and number of the report."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from study.diagnostics.drawing.palette import (
    CHOOSING,
    GREEN,
    GREY,
    LILAC,
    RAMPS,
    REGRESSION,
    VIOLET,
)
from study.evidence.winners import CHOSEN
from study.formatting import given, given_percent
from study.schema import (
    BASELINE,
    FORMULA,
    LABELS,
    NETWORK,
    REGRESSION as PLAIN,
    TERMS,
    TREES,
    ModelData,
)

HUES = {PLAIN: REGRESSION, TERMS: VIOLET, NETWORK: CHOOSING, TREES: GREEN}
"""Colours of procedures."""
NEURAL = "neural"
"""The family of dense networks, which studies of every version have; others bring their own label.
"""

WIDTH_IN = 8.4
"""Of a figure of several columns."""
SINGLE_IN = 4.8
"""Of a figure of one column, whose text is legible on a phone."""


def model_name(family: str, depth: int, models: Sequence[ModelData] = ()) -> str:
    """What a family and depth are called in figures and tables: their label among a study's
    `models`, or a plain name.

    Two families of one label are told apart by their own names.
    """
    labels = {(model.family, model.depth): model.label for model in models}
    if label := labels.get((family, depth)):
        return label if list(labels.values()).count(label) == 1 else f"{label} ({family})"
    if depth == CHOSEN:
        return "network, depth chosen"
    if depth > 0:
        return (
            f"{'network' if family == NEURAL else family}, {depth} layer{'s' if depth > 1 else ''}"
        )
    return LABELS.get(family, family)


def model_colour(family: str, depth: int, models: Sequence[ModelData] = ()) -> str:
    """Grey for the constant, blue for a regression, violet for one with terms, green for trees; a
    network darkens with depth.

    That is orange for the dense network, and another for each further family of networks among
    `models`. The network that chooses its depth is orange wherever it stands alone, and of no
    depth's own shade.
    """
    if depth == CHOSEN:
        return CHOOSING
    if depth > 0:
        families = list(
            dict.fromkeys([NEURAL, *(model.family for model in models if model.depth > 0), family])
        )
        ramp = [shade for shade in RAMPS[families.index(family) % len(RAMPS)] if shade != CHOOSING]
        return ramp[min(depth, len(ramp)) - 1]
    return {BASELINE: GREY, TERMS: VIOLET, FORMULA: LILAC, TREES: GREEN}.get(family, REGRESSION)


def with_names(frame: pd.DataFrame, models: Sequence[ModelData] = ()) -> pd.DataFrame:
    """`frame` sorted from the constant to the deepest network, *the network*, the reference line,
    with `model` and `colour`.
    """
    keys = [
        (str(family), int(depth))
        for family, depth in zip(frame["family"], frame["depth"], strict=True)
    ]
    known = {key: (model_name(*key, models), model_colour(*key, models)) for key in set(keys)}
    depth = frame["depth"].astype(float).mask(frame["depth"] == CHOSEN, 1e9)
    for family, place in {BASELINE: -1.0, FORMULA: 0.2, TERMS: 0.4, TREES: np.inf}.items():
        depth = depth.mask(frame["family"] == family, place)
    named = frame.assign(
        model=[known[key][0] for key in keys], colour=[known[key][1] for key in keys]
    )
    return named.iloc[np.argsort(depth, kind="stable")].reset_index(drop=True)


def by_target_of(trials: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` by target, in the order in which these trials have them."""
    order = list(trials["target"].unique())
    return frame.sort_values(
        "target", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
    )


def colours(frame: pd.DataFrame) -> dict[str, str]:
    """Model name to colour, in the order of `frame`."""
    return dict(zip(frame["model"], frame["colour"], strict=True))


def panels(n: int, height_in: float | list[float], columns: int = 2) -> tuple[Figure, list[Axes]]:
    """A figure of `n` axes, filled row by row; heights in inches, one for all or one an axes, of
    which a row has its largest.

    The page shows them as here where it is wide, and below each other on a phone, where one of a
    single column keeps its size.
    """
    columns = max(1, min(columns, n))
    rows = math.ceil(max(n, 1) / columns)
    each = height_in if isinstance(height_in, list) else [height_in] * n
    heights = [max(each[row * columns :][:columns], default=SINGLE_IN) for row in range(rows)]
    figure = Figure(
        figsize=(WIDTH_IN if columns > 1 else SINGLE_IN, sum(heights)), layout="constrained"
    )
    FigureCanvasAgg(figure)
    grid: Any = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.08)  # type: ignore[union-attr, call-arg]
    axes: list[Axes] = list(grid.flat)
    for spare in axes[n:]:
        spare.remove()
    return figure, axes[:n]


def titled_panels(
    frame: pd.DataFrame, height_in: float | Callable[[Any], float], titles: pd.Series | None = None
) -> tuple[Figure, list[tuple[Axes, Any]]]:
    """A figure of one axes for each title, those of a target beside each other, and each axes with
    its rows.

    height_in: in inches, or made of the rows of an axes. titles: of the rows; without them those
    are the targets.
    """
    named = frame.assign(panel=frame["target"] if titles is None else titles)
    parts = [
        rows
        for _, own in named.groupby("target", sort=False)
        for _, rows in own.groupby("panel", sort=False)
    ]
    figure, axes = panels(
        len(parts), [height_in(rows) for rows in parts] if callable(height_in) else height_in
    )
    for ax, rows in zip(axes, parts, strict=True):
        ax.set_title(plain(rows["panel"].iloc[0]))
    return figure, list(zip(axes, parts, strict=True))


def use_log_axis(values: Any) -> bool:
    """Whether positive losses span more than two decades, so that only a logarithmic axis shows
    them all.
    """
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return bool(len(finite) and finite.min() > 0 and finite.max() / finite.min() > 100)


def ticks(axis: Axis, most: int, form: Any = None, integer: bool = False) -> None:
    """Have so many ticks at most, written by a function of a value."""
    axis.set_major_locator(MaxNLocator(most, integer=integer))
    if form:
        axis.set_major_formatter(form)


def loss_ticks(ax: Axes, losses: Any, most: int) -> bool:
    """Make the y axis of these losses logarithmic where only that shows them all; whether it is."""
    if is_log := use_log_axis(losses):
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(numticks=most))
        ax.yaxis.set_minor_formatter(NullFormatter())
    else:
        ax.yaxis.set_major_locator(MaxNLocator(most))
    ax.yaxis.set_major_formatter(number)
    return is_log


def per_cent(share: float, _: object = None) -> str:
    """A share on an axis."""
    return given_percent(share, 6)


def number(value: float, _: object = None) -> str:
    """A number on an axis."""
    return given(value, 6)


def wrapped(label: str, width: int = 44) -> str:
    """The label of an axis in lines that are no wider than half a figure."""
    return textwrap.fill(label, width)


def plain(text: str) -> str:
    """`text` for a label: a dollar sign starts no formula."""
    return text.replace("$", r"\$")
