"""How much each model uses each column: the rise in its loss when the column is shuffled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import procedure_legend
from study.diagnostics.drawing.palette import MUTED, RULE
from study.diagnostics.drawing.style import HUES, per_cent, plain, ticks, titled_panels
from study.diagnostics.drawing.words import SHORT_NAMES, share, short
from study.evidence.wording.amounts import listed
from study.records.results import Results

WHEN = "Where models of outer folds were asked."
TEXT = """\
### Which columns do the models use?

Rise in loss when a column is shuffled, with one standard deviation of folds; similar columns can both look unused.
"""
MOST_COLUMNS, FEW = 10, 6
"""Columns of a target, and where there are more than two targets."""
MOST_LABEL = 22
"""Letters of a column's name on the axis."""


def data(results: Results) -> pd.DataFrame:
    """Lines of `study.records.results.Results.importances` of the columns that matter most, by
    target and rank.
    """
    frame = results.importances
    most = MOST_COLUMNS if len(frame["target"].unique()) <= 2 else FEW
    return frame[frame["rank"] <= most].reset_index(drop=True)


def finding(own: pd.DataFrame) -> str:
    """The column that each model uses most, or the largest rise if none exceeds the spread of folds."""
    sure = (
        own[own["low"] > 0]
        .sort_values("share", ascending=False, kind="stable")
        .drop_duplicates("procedure")
        .sort_index()
    )
    each = [
        f"{column} ({listed([SHORT_NAMES[name] for name in rows['procedure']])})"
        for column, rows in sure.groupby("column", sort=False)
    ]
    if each:
        return f"most used: {', '.join(each)}"
    most = own.nlargest(1, "share").iloc[0]
    return f"largest rise: {share(most['share'])} ({most['column']}), within the spread of folds"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target, a line a column, a dot a model."""
    figure, parts = titled_panels(frame, lambda own: 1.1 + 0.4 * own["column"].nunique())
    for ax, own in parts:
        columns = list(own["column"].unique())
        present = [name for name in HUES if (own["procedure"] == name).any()]
        for k, name in enumerate(present):
            mine = own[own["procedure"] == name]
            at = np.array([columns.index(column) for column in mine["column"]]) + 0.17 * (
                k - (len(present) - 1) / 2
            )
            ax.hlines(at, mine["low"], mine["high"], color=HUES[name], lw=1.6)
            ax.plot(mine["share"], at, "o", color=HUES[name], ms=5, label=SHORT_NAMES[name])
        for line in range(1, len(columns)):
            ax.axhline(line - 0.5, color=RULE, lw=0.6, zorder=0)
        ax.axvline(0, color=MUTED, lw=0.8, zorder=0)
        ax.set_yticks(
            range(len(columns)), [plain(short(str(column), MOST_LABEL)) for column in columns]
        )
        ax.set(ylim=(len(columns) - 0.5, -0.5), xlabel="rise in loss, share of the baseline's")
        ticks(ax.xaxis, 5, per_cent)
    procedure_legend(figure, frame)
    return figure
