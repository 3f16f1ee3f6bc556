"""Precision-recall curves of every class."""

from __future__ import annotations

import pandas as pd

from study.evidence.checks.rows import PRECISION_RECALL
from study.records.results import Results
from study.report.class_curves import areas_in_words, areas_listed, class_panels, curves, draw_lines, legend
from study.report.style import MUTED, Picture, look
from study.report.words import each_target

TEXT = """\
### How many finds are right?

Precision-recall curves: of the rows that are called a class, the share that is of it (precision), for the share of the class
that is found (recall); the closer to the upper right corner the better. Guessing has the class's share of the test rows as its
precision, the grey line where there are two classes. Of a rare class this tells more than the ROC curve. Means over outer
folds, as there.
"""


def when(results: Results) -> bool:
    """Where the test rows of some outer fold hold two classes."""
    return results.concluded and not results.discrimination.empty


def data(results: Results) -> pd.DataFrame:
    """Precision-recall curves (`study.evidence.checks.discrimination`).

    Returns
    -------
    (n_points, 15) frame: target, kind, family, depth, class, n_class, x, y (recall and precision), area (average precision),
    share (of the class among test rows), n_folds, name, more, model, colour.
    """
    return curves(results, PRECISION_RECALL)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the average precision of every model, or of the class that is hardest to tell."""
    return each_target(frame, lambda own: areas_in_words(own, "average precision"))


def draw(frame: pd.DataFrame) -> Picture:
    """Of two classes one axes for all models, of more one a model with a line a class."""
    with look():
        figure, parts = class_panels(frame, 3.9)
        for ax, own, by_class in parts:
            if not by_class:
                ax.axhline(float(own["share"].iloc[0]), color=MUTED, lw=0.9, zorder=1)
            draw_lines(ax, own, by_class, "steps-pre")
            ax.set(xlabel="recall", ylabel="precision")
            legend(ax, own, by_class, "average precision")
    return Picture(figure, f"Precision-recall curves. Average precision: {areas_listed(frame)}.", finding(frame))
