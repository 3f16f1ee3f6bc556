"""What every model makes of every column: how much more it loses where the column is permuted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from study.diagnostics.drawing.style import GREEN, MUTED, RULE, Picture, look, panels, per_cent, plain
from study.diagnostics.drawing.words import first_of, several, short
from study.diagnostics.effects.figure import COLOURS
from study.diagnostics.effects.figure import NAMES as SHORT_NAMES
from study.evidence.wording.amounts import capital, listed
from study.formatting import human
from study.records.results import Results
from study.schema import TREES

TEXT = """\
### Which columns do the models use?

How much more each model loses on test rows where the cells of one column are permuted among them (a category with all its
levels), as a share of the loss of the best constant: at 100 % a model without the column's meaning has lost as much again as
one that looks at nothing. The same permutations for every model. Dots are means over the outer folds, lines one standard
deviation of single folds to either side (of one fold, the standard error over its rows). Of two columns that tell the same,
neither may seem to matter.
"""
MOST_COLUMNS, FEW = 10, 6
"""Columns of a target, and where there are more than two targets."""
MOST_LABEL = 22
"""Letters of a column's name on the axis."""
NAMES = {**SHORT_NAMES, TREES: "trees"}
HUES = {**COLOURS, TREES: GREEN}


def when(results: Results) -> bool:
    """Where models of outer folds were asked."""
    return results.concluded and not results.importances.empty


def data(results: Results) -> pd.DataFrame:
    """Lines of `study.records.results.Results.importances` of the columns that matter most, by target and rank."""
    frame = results.importances
    most = MOST_COLUMNS if len(frame["target"].unique()) <= 2 else FEW
    return frame[frame["rank"] <= most].reset_index(drop=True)


def finding(frame: pd.DataFrame) -> str:
    """The column that each model uses most, of those whose rise is off 0 by more than folds stray."""
    said = []
    for target, own in frame.groupby("target", sort=False):
        errors = np.where(own["n_folds"] > 1, 1, 2)  # folds' standard deviation, or of a single fold two standard errors
        surely = own[own["share"] > errors * (own["share"] - own["low"])].pivot_table(
            index="column", columns="procedure", values="share", sort=False
        )
        firsts = {name: str(surely[name].idxmax()) for name in NAMES if name in surely}
        none = [name for name in NAMES if name not in firsts and (own["procedure"] == name).any()]
        of = f"on {target} " if several(frame) else ""
        columns = list(dict.fromkeys(firsts.values()))
        if not columns:
            said.append(f"{of}no model surely uses any column")
            continue
        if len(columns) == 1 and not none:
            said.append(f"{of}all models use {columns[0]} most")
            continue
        each = [f"{column} for {listed([NAMES[n] for n in firsts if firsts[n] == column])}" for column in columns]
        each += [f"none surely for {listed([NAMES[name] for name in none])}"] if none else []
        said.append(f"{of}the column used most is {', '.join(each)}")
    return capital(first_of(said))


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target, a line a column, a dot a model."""
    parts = [own for _, own in frame.groupby("target", sort=False)]
    rows = max(own["column"].nunique() for own in parts)
    with look():
        figure, axes = panels(len(parts), 1.1 + 0.4 * rows, columns=2 if len(parts) > 1 else 1)
        for ax, own in zip(axes, parts, strict=True):
            columns = list(own["column"].unique())
            present = [name for name in NAMES if (own["procedure"] == name).any()]
            for k, name in enumerate(present):
                mine = own[own["procedure"] == name]
                at = np.array([columns.index(column) for column in mine["column"]]) + 0.17 * (k - (len(present) - 1) / 2)
                ax.hlines(at, mine["low"], mine["high"], color=HUES[name], lw=1.6, alpha=0.6)
                ax.plot(mine["share"], at, "o", color=HUES[name], ms=5, label=NAMES[name])
            for line in range(1, len(columns)):
                ax.axhline(line - 0.5, color=RULE, lw=0.6, zorder=0)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=0)
            ax.set_yticks(range(len(columns)), [plain(short(str(column), MOST_LABEL)) for column in columns])
            ax.set_ylim(len(columns) - 0.5, -0.5)
            ax.set_xlabel("rise of the loss, share of the constant's")
            if len(parts) > 1:
                ax.set_title(plain(str(own["target"].iloc[0])), pad=24)
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(FuncFormatter(per_cent))
            above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4, "borderaxespad": 0.2}
            ax.legend(**above, handlelength=0.8, handletextpad=0.3, columnspacing=1.2)
    best = frame[frame["rank"] <= 3]
    told = "; ".join(
        f"{row['target']}, {row['column']}, {NAMES[row['procedure']]}: {human(100 * row['share'], 2)} %"
        for row in best.to_dict("records")
    )
    alt = f"Rise of the loss where a column is permuted, as a share of the constant's loss. {told}."
    return Picture(figure, alt, finding(frame))
