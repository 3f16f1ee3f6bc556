"""All hyperparameters of a trial on one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from study.digits import given
from study.records.results import Results
from study.report.searches import (
    choice_index,
    choices_of,
    drawn_trials,
    is_told,
    of_each,
    of_network,
    repeated,
    spoken,
    where_best,
    without_params,
)
from study.report.style import INK, MUTED, RULE, Picture, look, panels, plain, with_names
from study.report.words import first_of, several

TEXT = """\
### Where the good trials lie

A line a trial of one model, the network that won most outer folds if there are any: its hyperparameters, the most important
first, each from the lower to the upper edge of its space, and last its rank among the trials of its outer fold, the best at
the top. Coloured are the best tenth of every fold, and in the colour of the text stands the best one. Lines that leave a
hyperparameter together at one place say that the value there is needed; lines from everywhere say that it hardly matters.
"""
COLUMNS = ["target", "family", "depth", "outer_fold", "number", "rank", "best", "incumbent", "name", "axis", "position"]
COLUMNS += ["low", "high", "labels", "where", "open"]
MOST_AXES = 6
"""Hyperparameters that are drawn at most: the most important."""
ALONE_IN = 4.8
"""Width of a figure of one panel, which a phone shows whole."""
CHANCE = 0.8
"""Where the best take a larger share of a space than that of what chance would take, they do not agree."""


def when(results: Results) -> bool:
    """Where two hyperparameters of some model were measured."""
    return is_told(results) and bool((of_network(results).groupby("target").size() > 1).any())


def data(results: Results) -> pd.DataFrame:
    """Trials of one model a target, a row a trial and hyperparameter.

    Returns
    -------
    (n, 18) frame: target, family, depth, outer_fold, number, rank, best, incumbent, name, axis (0, 1, ... by importance),
    position (0 at the lower edge of the space, 1 at the upper, on the scale that was searched), low, high (labels of the
    edges), labels (of choices), where (where the best lie, in words), open (how much of the space those take), model, colour.
    """
    models = of_network(results)
    models = models[models.groupby("target")["name"].transform("size") > 1]
    tried = drawn_trials(results, models)
    parts = []
    for _, own in models.groupby("target", sort=False):
        for axis, row in enumerate(of_each(own.head(MOST_AXES))):
            trials = tried[tried["target"] == row.target].reset_index(drop=True)
            trials = without_params(trials.assign(position=_positions(row, trials)))
            low, high = (given(row.low), given(row.high)) if row.form == "range" else ("", "")
            told: dict[str, Any] = {"name": row.name, "axis": axis, "low": low, "high": high, "where": where_best(row)}
            labels = repeated(choices_of(row) if row.form == "choices" else [], len(trials))
            parts.append(trials.assign(**told, open=row.open, labels=labels))
    frame = pd.concat(parts, ignore_index=True)[COLUMNS]
    return with_names(frame[frame["position"].notna()], results.data.models).sort_values(
        ["target", "outer_fold", "number", "axis"], kind="stable", ignore_index=True
    )


def _positions(row: Any, trials: pd.DataFrame) -> pd.Series:
    """Places between the edges of the space."""
    values = trials[f"params_{row.name}"]
    if row.form == "choices":
        return choice_index(row, values) / (len(choices_of(row)) - 1)
    scale: Any = np.log if row.log else np.asarray
    found: pd.Series = (scale(values.astype(float).clip(row.low, row.high)) - scale(row.low)) / (
        scale(row.high) - scale(row.low)
    )
    return found


def finding(frame: pd.DataFrame) -> str:
    """What the best trials agree on most, and how much of its space they take."""
    told = []
    for target, own in frame.drop_duplicates(["target", "axis"]).groupby("target", sort=False):
        row = own.sort_values("open", kind="stable").iloc[0]
        words = f"agree most on {row['where']}" if row["open"] <= CHANCE else "agree on no hyperparameter"
        told.append(f"on {target} they {words}" if several(frame) else words)
    if not several(frame):
        return f"The best tenth of the trials {told[0]}"
    return f"The best tenth of the trials: {first_of(told)}"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a line a trial over its hyperparameters to its rank."""
    parts = [own for _, own in frame.groupby("target", sort=False)]
    with look():
        figure, axes = panels(len(parts), 2.9)
        if len(parts) == 1:
            figure.set_size_inches(ALONE_IN, 2.9)
        for ax, own in zip(axes, parts, strict=True):
            _lines(ax, own)
            model = plain(own["model"].iloc[0])
            ax.set_title(f"{plain(own['target'].iloc[0])}, {model}" if len(parts) > 1 else model)
    said = "; ".join(
        f"{own['target'].iloc[0]}, {own['model'].iloc[0]}: the best have " + ", ".join(own.drop_duplicates("axis")["where"])
        for own in parts
    )
    return Picture(figure, f"Hyperparameters of every trial, a line each. {said}.", finding(frame))


def _lines(ax: Axes, own: pd.DataFrame) -> None:
    heads = own.drop_duplicates("axis").sort_values("axis", kind="stable")
    last = len(heads)
    keys = ["outer_fold", "number"]
    wide = own.pivot_table(index=keys, columns="axis", values="position")
    told = own.drop_duplicates(keys).set_index(keys)
    order = told.sort_values(["best", "incumbent"], kind="stable").index
    jittered = np.array([0.06 * bool(labels) for labels in heads["labels"]])
    lines = [[*(wide.loc[key] + jittered * _jitter(*key)), 1 - told.loc[key, "rank"]] for key in order]
    rest = [list(enumerate(y)) for key, y in zip(order, lines, strict=True) if not told.loc[key, "best"]]
    ax.add_collection(LineCollection(rest, colors=RULE, linewidths=0.5, zorder=1))
    for key, y in zip(order, lines, strict=True):
        line = told.loc[key]
        if line["best"]:
            first = line["incumbent"]
            ax.plot(range(last + 1), y, color=INK if first else line["colour"], lw=1.3, alpha=0.9, zorder=2 + first)
    for axis in range(last + 1):
        ax.axvline(axis, color=MUTED, lw=0.8, zorder=4)
    for axis, (_, head) in enumerate(heads.iterrows()):
        ends = [(i / (len(head["labels"]) - 1), label) for i, label in enumerate(head["labels"])]
        for place, label in ends or [(0, head["low"]), (1, head["high"])]:
            ax.annotate(
                plain(label), (axis, place), xytext=(3, 0), textcoords="offset points", fontsize=8, color=INK, va="center",
                bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}, zorder=5,
            )  # fmt: skip
    for place, label in ((0, "worst"), (1, "best")):
        ax.annotate(
            label, (last, place), xytext=(4, 0), textcoords="offset points", fontsize=8, color=INK, va="center", zorder=5
        )
    ax.set_xticks(range(last + 1), [*(plain(spoken(name)).replace(" ", "\n") for name in heads["name"]), "rank"])
    ax.set(yticks=[], ylim=(-0.08, 1.08), xlim=(-0.05, last + 0.28))
    ax.spines[["left", "bottom"]].set_visible(False)


def _jitter(fold: int, number: int) -> float:
    """So far from its choice a trial is drawn, from -0.5 to 0.5, so that lines of one choice do not lie on each other."""
    return float((number * 0.618 + fold * 0.37) % 1 - 0.5)
