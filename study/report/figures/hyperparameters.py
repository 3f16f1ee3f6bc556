"""How much each hyperparameter mattered to the search."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from study.records.results import Results
from study.report.searches import is_told, spoken, told
from study.report.style import INK, Picture, look, panels, per_cent, plain
from study.report.words import several

TEXT = """\
### Which hyperparameters mattered?

Of all that single hyperparameters explain of the rank that a trial had within its outer fold, the share of each (Optuna's
importances, by fANOVA, on the trials of all outer folds): they sum to 100 %, and chance and interplay are no part of it. It
is the rank since losses of different folds are of different rows; a trial that was given up early has the loss that it had
by then. The line goes from the least to the most that they say together or in parts by themselves; a long one says that more
trials are needed to tell. The penalty of a regression is not among them: every trial scores a whole path of it. A large
share says that the search could lose much there, not that its best value differs from the first guess.
"""


def when(results: Results) -> bool:
    """Where importances of some model were measured."""
    return is_told(results) and not told(results).empty


def data(results: Results) -> pd.DataFrame:
    """Importances of every model's hyperparameters.

    Returns
    -------
    (n, 10) frame: target, family, depth, model, colour, name, importance, least, most (shares; NaN of one outer fold),
    n_trials; by target and model, the most important first.
    """
    frame = told(results)
    columns = ["target", "family", "depth", "model", "colour", "name", "importance", "least", "most", "n_trials"]
    order = frame.assign(place=np.arange(len(frame))).groupby(["target", "model"])["place"].transform("min")
    first = frame.groupby("target", sort=False)["target"].transform(lambda own: own.index.min())
    by = frame.assign(first=first, order=order).sort_values(["first", "order", "importance"], ascending=[True, True, False])
    return by[columns].reset_index(drop=True)


def finding(frame: pd.DataFrame) -> str:
    """What mattered most, and to how many of the searches."""
    first = frame.drop_duplicates(["target", "model"])
    names = first["name"].value_counts()
    name = next(each for each in first["name"] if names[each] == names.max())
    own = first[first["name"] == name]
    low, high = (f"{100 * share:.0f}" for share in (own["importance"].min(), own["importance"].max()))
    share = f"{low} %" if low == high else f"{low} to {high} %"
    if len(own) == len(first):
        models = "the search of every model" if len(first) > 1 else f"the search of {own['model'].iloc[0]}"
        return f"{spoken(name).capitalize()} mattered most to {models}: {share} of what hyperparameters explain"
    models = f"{names.max()} of {len(first)} models' searches"
    return f"{spoken(name).capitalize()} mattered most to {models}: {share} of what hyperparameters explain"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: a bar a hyperparameter, over it the line of its spread."""
    parts = [own for _, own in frame.groupby(["target", "model"], sort=False)]
    rows = [parts[i : i + 2] for i in range(0, len(parts), 2)]
    with look():
        most = [max(map(len, row)) for row in rows for _ in row]
        figure, axes = panels(len(parts), [1.1 + 0.27 * max(map(len, row)) for row in rows])
        for ax, own, lines in zip(axes, parts, most, strict=True):
            names = [plain(spoken(name)) for name in own["name"]]
            ax.barh(names, own["importance"], color=own["colour"].iloc[0], height=0.6)
            ax.hlines(names, own["least"], own["most"], color=INK, lw=1.4)
            ax.set_ylim(lines - 0.5, -0.5)
            title = f"{plain(own['target'].iloc[0])}, {own['model'].iloc[0]}" if several(frame) else own["model"].iloc[0]
            ax.set_title(title)
            ax.set(xlim=(0, 1), xlabel="share of what all explain")
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.xaxis.set_major_formatter(FuncFormatter(per_cent))
            ax.grid(axis="x")
    said = "; ".join(
        f"{own['target'].iloc[0]}, {own['model'].iloc[0]}: "
        + ", ".join(f"{spoken(n)} {100 * i:.0f} %" for n, i in zip(own["name"], own["importance"], strict=True))
        for own in parts
    )
    return Picture(figure, f"Shares of what hyperparameters explain of a trial's rank. {said}.", finding(frame))
