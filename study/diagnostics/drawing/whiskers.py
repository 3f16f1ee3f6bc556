"""Intervals as lines that stay within an axis, with an arrow where they go on."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes

SLACK = 1e-6
"""An end that lies beyond an edge by this share of it lies at the edge."""


def whisker(ax: Axes, place: Any, low: float, high: float, edges: tuple[float, float], colour: str, width: float = 2.4) -> None:
    """Draw an interval on the line `place` of a vertical axis.

    low, high: NaN for an end that does not exist. edges: of the axis; an arrow stands there where the interval goes on.
    """
    low, high = -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high
    left, right = edges
    ends = [min(max(end, left), right) for end in (low, high)]
    ax.plot(ends, [place, place], color=colour, lw=width, alpha=0.55)
    for goes_on, edge, shape in ((low < left - SLACK * abs(left), left, "<"), (high > right + SLACK * abs(right), right, ">")):
        if goes_on:
            ax.plot([edge], [place], shape, color=colour, ms=6, clip_on=False)
