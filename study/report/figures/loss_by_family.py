"""Validation loss of every replicate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import seaborn as sns

from study.digits import human
from study.evidence.winners import ARM, incumbents
from study.records.results import Results
from study.report.style import INK, Picture, colours, line_panels, listed, look, loss_axis, with_names
from study.report.words import first_of, leading, several

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
    if frame.empty:
        return ""
    told = []
    for target, own in frame.groupby("target", sort=False):
        names, rows = leading(own, "val_loss")
        reach = f"replicates from {human(rows['val_loss'].min())} to {human(rows['val_loss'].max())}"
        told.append(f"{names}{f' on {target}' if several(frame) else ''}, {reach}")
    return f"Least validation loss: {first_of(told, 3)}"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a replicate, a black bar at their mean."""
    with look(), _seeded():
        figure, parts = line_panels(frame)
        for ax, own in parts:
            palette = colours(own)
            sns.stripplot(
                own, x="val_loss", y="model", hue="model", palette=palette, order=list(palette), ax=ax, size=5, alpha=0.6,
                jitter=0.18, linewidth=0, legend=False,
            )  # fmt: skip
            means = own.groupby("model", sort=False)["val_loss"].mean()
            ax.plot(means.to_numpy(), list(means.index), linestyle="", marker="|", ms=17, mew=2, color=INK, zorder=5)
            loss_axis(ax, own, "validation", own["val_loss"])
    means = frame.groupby(["target", "model"], sort=False)["val_loss"].mean()
    return Picture(figure, f"Validation loss of every replicate. Means: {listed(means)}.", finding(frame))


@contextmanager
def _seeded() -> Iterator[None]:
    """Have the same jitter every time: seaborn draws it from NumPy's global generator, which is left as it was."""
    before = np.random.get_state()  # noqa: NPY002 -- see above
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
