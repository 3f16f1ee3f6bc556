"""Validation loss of every replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.diagnostics.drawing.style import INK, Picture, line_panels, look, loss_axis, pictured, with_names
from study.diagnostics.drawing.words import each_target, least_words
from study.evidence.winners import ARM, incumbents
from study.formatting import human
from study.records.results import Results

TEXT = """\
### Validation loss of every replicate

Each point is one replicate (an inner fold and a seed) of the arm's incumbent, the black bar their mean. The spread shows how
much the loss depends on which rows were seen and where training started.
"""


def when(results: Results) -> bool:
    """Always."""
    return True


def data(results: Results) -> pd.DataFrame:
    """Validation loss of every replicate of every arm's incumbent.

    Returns
    -------
    (n_arms * n_replicates, 10) frame: target, kind, family, depth, outer_fold, number, replicate, val_loss (in units of the
    kind's loss), model (name for people), colour, from the constant to the deepest network.
    """
    winners = incumbents(results.trials)[[*ARM, "number"]]
    own = results.folds.merge(winners, on=[*ARM, "number"])
    return with_names(own[[*ARM, "number", "replicate", "val_loss"]], results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Which models have the least mean, and how far their replicates lie apart."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    said, rows = least_words(own, "val_loss")
    return [f"validation loss {said}, replicates from {human(rows['val_loss'].min())} to {human(rows['val_loss'].max())}"]


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a replicate, a black bar at their mean."""
    with look():
        figure, parts = line_panels(frame)
        for ax, own in parts:
            models = own["model"].unique()
            for place, model in enumerate(models):
                rows = own[own["model"] == model]
                apart = np.arange(len(rows)) * 0.618 % 1 - 0.5
                ax.scatter(rows["val_loss"], place + 0.36 * apart, s=25, color=rows["colour"], alpha=0.6, lw=0)
                ax.plot(rows["val_loss"].mean(), place, "|", ms=17, mew=2, color=INK, zorder=5)
            ax.set_yticks(range(len(models)), models)
            ax.set_ylim(len(models) - 0.5, -0.5)
            loss_axis(ax, own, "validation", own["val_loss"])
    return pictured(figure, "Validation loss of every replicate of the best trials, and their means.", finding(frame))
