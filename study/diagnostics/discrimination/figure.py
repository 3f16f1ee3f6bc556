"""ROC and precision-recall curves of every class."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.classes import are_classes, below, lines, unit_square, with_classes
from study.diagnostics.drawing.model_panels import best_alone
from study.diagnostics.drawing.palette import MUTED
from study.diagnostics.drawing.style import titled_panels, with_names
from study.diagnostics.drawing.words import by_score
from study.evidence.winners import least
from study.formatting import human
from study.records.results import Results
from study.schema import Kind

WHEN = "Where the test rows of some outer fold hold two classes."
TEXT = """\
### How well are classes separated?

Better curves lie closer to the upper left (ROC) or upper right (PR); the grey line is guessing.
"""
ROC = "roc"
CURVES = {ROC: "ROC", "precision_recall": "PR"}
AXES = {
    ROC: {"xlabel": "false positive rate", "ylabel": "true positive rate"},
    "precision_recall": {"xlabel": "recall", "ylabel": "precision"},
}
STEPS = {ROC: "default", "precision_recall": "steps-pre"}


def data(results: Results) -> pd.DataFrame:
    """Both curves (`study.diagnostics.discrimination.compute`) of the hardest classes.

    Returns
    -------
    (n_points, 14) frame: target, kind, family, depth, class, curve, x, y, area, share (of the class
    among test rows), place, name, more, model, colour.
    """
    own = results.discrimination
    return with_names(
        with_classes(own, results.data, own["area"].where(own["curve"] == ROC)), results.data.models
    )


def finding(own: pd.DataFrame) -> str:
    """The area under the ROC curve of every model, for the hardest class."""
    own = own[own["curve"] == ROC]
    name = least(own.groupby("name", sort=False)["area"].mean(), 1.0)[0]
    hardest = ", the hardest class" if own["kind"].iloc[0] == Kind.MULTICLASS else ""
    return f"AUC for {name}{hardest}: {by_score(own[own['name'] == name], 'area', human)}"


def draw(frame: pd.DataFrame) -> Figure:
    """Of two classes two axes for all models, of more two a model with a line a class; of too many
    models the best.
    """
    binary = frame["kind"] == Kind.BINARY
    is_roc = frame["curve"] == ROC
    score = frame["area"].where(is_roc).groupby([frame["target"], frame["model"]]).transform("mean")
    shown = frame[binary | frame.index.isin(best_alone(frame, score).index)]
    titles = shown["target"] + ": " + shown["name"].where(binary, shown["model"])
    figure, parts = titled_panels(shown, 3.9, titles + ", " + shown["curve"].map(CURVES))
    for ax, own in parts:
        curve, share = own[["curve", "share"]].iloc[0]
        unit_square(ax)
        if curve == ROC:
            ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9)
        elif not are_classes(own):
            ax.axhline(share, color=MUTED, lw=0.9)
        drawn = list(lines(own))
        for place, (rows, line) in enumerate(drawn):
            width = 1.4 + 0.8 * (
                len(drawn) - 1 - place
            )  # thinner and thinner: none hides another where they coincide
            ax.plot(rows["x"], rows["y"], lw=width, drawstyle=STEPS[curve], **line)
        ax.set(**AXES[curve])
        below(ax, own)
    return figure
