"""Every diagnostic, by chapter of the report and in the order of its page.

A diagnostic is a folder of this room. `figure.py` says when it is shown, what is drawn and in which
words. `compute.py`, where it has a frame of its own, describes the columns of that frame and
computes it; the frame has the name of the folder.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import pandas as pd

from study.diagnostics.context import Context
from study.diagnostics.drawing.picture import Picture
from study.records.columns.shared import Frame
from study.records.results import Results

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
    "How the search went": ("best_so_far", "learning_curves"),
}
NAMES = tuple(name for names in CHAPTERS.values() for name in names)


class Figure(Protocol):
    """What `figure.py` holds. TEXT: Markdown that the report says before it, as in
    `study.report.sections.Section`.
    """

    TEXT: str

    def when(self, results: Results) -> bool:
        """Whether the report of these results shows it."""

    def data(self, results: Results) -> pd.DataFrame:
        """A tidy frame of all the numbers that are drawn."""

    def draw(self, frame: pd.DataFrame) -> Picture:
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


def computed() -> dict[str, Computed]:
    """By name the diagnostics that have a frame of their own."""
    places = {name: f"{__package__}.{name}.compute" for name in NAMES}
    found: dict[str, Any] = {
        name: import_module(place) for name, place in places.items() if find_spec(place)
    }
    return found
