"""Every diagnostic, by chapter of the report and in the order of its page.

A diagnostic is a folder of this room. `figure.py` says what is drawn, and in which words.
`compute.py`, where it has a frame of its own, describes the columns of that frame and computes it;
the frame has the name of the folder.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure as Drawing

from study.diagnostics.context import Context
from study.diagnostics.drawing.picture import Picture, look
from study.diagnostics.drawing.words import each_target
from study.records.columns.shared import Frame
from study.records.results import Results

SEARCH = "How the search went"
"""What is shown of a study that is not concluded, too."""
CHAPTERS = {
    "The comparison": ("margins", "decided_curve"),
    "What drives the predictions": (
        "effects",
        "helps",
        "importances",
        "coefficients",
    ),
    "How good are the predictions?": (
        "predicted_observed",
        "residuals",
        "calibration",
        "discrimination",
        "confusion",
    ),
    SEARCH: ("best_so_far", "learning_curves"),
}
NAMES = tuple(name for names in CHAPTERS.values() for name in names)


class Figure(Protocol):
    """What `figure.py` holds. WHEN: where there is something to draw, in words. TEXT: Markdown that
    the report says before it, as in `study.report.sections.Section`.
    """

    WHEN: str
    TEXT: str

    def data(self, results: Results) -> pd.DataFrame:
        """A tidy frame of all the numbers that are drawn, empty where there are none."""

    def finding(self, own: pd.DataFrame) -> str:
        """What is seen of a target in that frame."""

    def draw(self, frame: pd.DataFrame) -> Drawing:
        """A drawing of that frame, without arithmetic."""


class Computed(Protocol):
    """What `compute.py` holds. COLUMNS: of its frame."""

    COLUMNS: Frame

    def compute(self, context: Context) -> pd.DataFrame:
        """The frame, without a row where there is nothing to say."""


def figure(name: str) -> Figure:
    """The figure of a diagnostic."""
    found: Any = import_module(f"{__package__}.{name}.figure")
    return found  # type: ignore[no-any-return]


def shown(name: str, results: Results) -> pd.DataFrame:
    """What the figure of a diagnostic shows of these results; empty where it is left out."""
    if results.concluded or name in CHAPTERS[SEARCH]:
        return figure(name).data(results)
    return pd.DataFrame()


def picture_of(own: Figure, frame: pd.DataFrame) -> Picture:
    """A frame drawn by a figure, with its words."""
    with look():
        return Picture(own.draw(frame), own.TEXT, each_target(frame, own.finding))


def computed() -> dict[str, Computed]:
    """By name the diagnostics that have a frame of their own."""
    places = {name: f"{__package__}.{name}.compute" for name in NAMES}
    found: dict[str, Any] = {
        name: import_module(place) for name, place in places.items() if find_spec(place)
    }
    return found
