"""Which classes are confused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import best_alone, model_titles
from study.diagnostics.drawing.style import plain, titled_panels, with_names
from study.diagnostics.drawing.words import by_score, share, short
from study.evidence.winners import MODEL
from study.formatting import given, human
from study.records.results import Results

MOST_CLASSES = 12
"""Classes of a matrix: of more the largest."""
SIDES = ["observed", "predicted"]

WHEN = "Where a target of classes was scored."
TEXT = """\
### Which classes are confused?

Each cell is the share of an observed class (row) that was given a predicted class (column).
"""


def data(results: Results) -> pd.DataFrame:
    """Confusion matrices (`study.diagnostics.confusion.compute`), of more than MOST_CLASSES classes
    the largest.

    Returns
    -------
    (n_cells, 11) frame: target, kind, family, depth, observed, predicted (names of classes), n_rows
    (distinct test rows, with fractions where repeats differ), share (of the observed class), right
    (share of all rows that are given the right class), model, colour; every pair of classes.
    """
    parts = []
    for key, own in results.confusion.groupby(MODEL, sort=False):
        about: dict[str, Any] = dict(zip(MODEL, key, strict=True))
        names = results.data.classes[about["target"]]
        every = range(len(names))
        rows = (
            own.pivot_table("n_rows", "observed", "predicted")
            .reindex(index=every, columns=every)
            .fillna(0.0)
        )
        sizes = rows.sum(axis=1)
        kept = sorted(sizes.nlargest(MOST_CLASSES).index)
        shares = rows.div(sizes.where(sizes > 0), axis=0)
        cells = pd.MultiIndex.from_product([[names[k] for k in kept]] * 2, names=SIDES).to_frame(
            index=False
        )
        told = {
            "n_rows": rows.loc[kept, kept].to_numpy().ravel(),
            "share": shares.loc[kept, kept].to_numpy().ravel(),
        }
        parts.append(cells.assign(**about, **told, right=np.trace(rows) / sizes.sum()))
    return with_names(pd.concat(parts) if parts else results.confusion, results.data.models)


def finding(own: pd.DataFrame) -> str:
    """The accuracy of each model."""
    return f"accuracy: {by_score(own, 'right', share)}"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target and model, of too many each target's best model: the matrix in shares."""
    shown = best_alone(frame, frame["right"])
    figure, parts = titled_panels(
        shown, lambda own: 1.3 + 0.32 * max(own["observed"].nunique(), 4), model_titles(shown)
    )
    for ax, own in parts:
        _matrix(ax, own)
    return figure


def _matrix(ax: Axes, own: pd.DataFrame) -> None:
    names, colour = own["observed"].unique(), own["colour"].iloc[0]
    n, shares = len(names), own["share"].fillna(0.0).to_numpy()
    clear, full = (
        to_rgba(colour, 0.0),
        to_rgba(colour, 0.6),
    )  # what is below shows through, light or dark
    ax.pcolormesh(
        shares.reshape(n, n),
        cmap=LinearSegmentedColormap.from_list("cell", [clear, full]),
        vmin=0,
        vmax=1,
    )
    ax.set(xlim=(0, n), ylim=(n, 0), xlabel="predicted", ylabel="observed")
    for place, (of_row, rows) in enumerate(zip(shares, own["n_rows"], strict=True)):
        if rows > 0:
            text = (
                f"{share(of_row)}\n{given(round(rows, 1), 9)}"
                if n <= 5
                else human(round(100 * of_row))
            )
            ax.text(
                place % n + 0.5,
                place // n + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=8,
            )
    labels = [plain(short(name, 12)) for name in names]
    ax.set_xticks(np.arange(n) + 0.5, labels)
    ax.set_yticks(np.arange(n) + 0.5, labels)
    if n > 4 or max(map(len, labels)) > 9:
        ax.tick_params("x", rotation=40)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
