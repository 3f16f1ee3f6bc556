"""ROC curves of every class."""

from __future__ import annotations

import pandas as pd

from study.evidence.checks.rows import ROC
from study.records.results import Results
from study.report.class_curves import areas_in_words, areas_listed, class_panels, curves, diagonal, draw_lines, legend
from study.report.style import Picture, look
from study.report.words import each_target

TEXT = """\
### How well is each class told from the others?

ROC curves: how many rows of a class are found (the true positive rate) for how many false alarms; the closer to the upper left
corner the better, on the grey line no better than guessing. Curves and areas are means over outer folds, since the
probabilities of two fits have no common order. Of many classes the hardest are shown.
"""


def when(results: Results) -> bool:
    """Where the test rows of some outer fold hold two classes."""
    return results.concluded and not results.discrimination.empty


def data(results: Results) -> pd.DataFrame:
    """ROC curves (`study.evidence.checks.discrimination`).

    Returns
    -------
    (n_points, 15) frame: target, kind, family, depth, class, n_class, x, y (false and true positive rate), area (AUC), share
    (of the class among test rows), n_folds, name, more, model, colour.
    """
    return curves(results, ROC)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the area under the curve of every model, or of the class that is hardest to tell."""
    return each_target(frame, lambda own: areas_in_words(own, "AUC"))


def draw(frame: pd.DataFrame) -> Picture:
    """Of two classes one axes for all models, of more one a model with a line a class."""
    with look():
        figure, parts = class_panels(frame, 3.9)
        for ax, own, by_class in parts:
            diagonal(ax)
            draw_lines(ax, own, by_class)
            ax.set(xlabel="false positive rate", ylabel="true positive rate")
            legend(ax, own, by_class, "AUC")
    return Picture(figure, f"ROC curves. Areas under the curve: {areas_listed(frame)}.", finding(frame))
