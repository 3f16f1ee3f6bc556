"""Every diagnostic, by chapter of the report and in the order of its page.

A diagnostic is a folder of this room. `figure.py` holds

- WHEN: where there is something to draw, in words. TEXT: Markdown that the report says before it, as
  in `study.report.sections.Section`.
- data(results): a tidy frame of all the numbers that are drawn, empty where there are none.
- finding(own): what is seen of a target in that frame. draw(frame): a `matplotlib.figure.Figure` of
  it, without arithmetic.
- TABLE and table(results), if there is a table below: the text before it, and its HTML.

`compute.py`, where the diagnostic has a frame of its own, holds COLUMNS, which describes it, and
compute(context), which gives it, without a row where there is nothing to say. The frame has the name
of the folder.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pandas as pd

from study.diagnostics.drawing.picture import Picture, look
from study.diagnostics.drawing.words import each_target
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


def figure(name: str) -> ModuleType:
    """The figure of a diagnostic."""
    return import_module(f"{__package__}.{name}.figure")


def shown(name: str, results: Results) -> pd.DataFrame:
    """What the figure of a diagnostic shows of these results; empty where it is left out."""
    if results.concluded or name in CHAPTERS[SEARCH]:
        return figure(name).data(results)  # type: ignore[no-any-return]
    return pd.DataFrame()


def picture_of(own: ModuleType, frame: pd.DataFrame) -> Picture:
    """A frame drawn by a figure, with its words."""
    with look():
        return Picture(own.draw(frame), own.TEXT, each_target(frame, own.finding))


def computed() -> dict[str, ModuleType]:
    """By name what computes the frames of the diagnostics that have one."""
    places = {name: f"{__package__}.{name}.compute" for name in NAMES}
    return {name: import_module(place) for name, place in places.items() if find_spec(place)}
