"""How much each hyperparameter mattered to the search."""

from __future__ import annotations

import pandas as pd

from study.diagnostics.drawing.model_panels import model_titles
from study.diagnostics.drawing.picture import Picture, look
from study.diagnostics.drawing.style import per_cent, plain, ticks, titled_panels, with_names
from study.diagnostics.drawing.words import each_target, share
from study.records.results import Results

TEXT = """\
### Which hyperparameters mattered?

Longer bars explain more of the ranks of trials (fANOVA): poor values cost most there.
"""


def when(results: Results) -> bool:
    """Where importances of some model were measured."""
    return results.concluded and not results.hyperparameters.empty


def data(results: Results) -> pd.DataFrame:
    """Importances of every model's hyperparameters that were measured.

    Returns
    -------
    (n, 9) frame: target, kind, family, depth, name, n_trials, importance (a share), model, colour;
    of each model the most important first.
    """
    own = results.hyperparameters.sort_values(
        ["target", "importance"], ascending=[True, False], kind="stable"
    )
    return with_names(own, results.data.models)


def finding(own: pd.DataFrame) -> str:
    """What mattered most to most of a target's models."""
    first = own.drop_duplicates("model")
    name = str(first["name"].mode(dropna=False).iloc[0])
    shares = first.loc[first["name"] == name, "importance"]
    whom = f"{len(shares)} of {len(first)} models"
    return f"{spoken(name)} mattered most to {whom}, with a share of at least {share(shares.min())}"


def spoken(name: str) -> str:
    """A hyperparameter in words."""
    return name.replace("_", " ")


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: a bar a hyperparameter."""
    with look():
        figure, parts = titled_panels(frame, lambda own: 1.1 + 0.27 * len(own), model_titles(frame))
        for ax, own in parts:
            names = [plain(spoken(name)) for name in own["name"]]
            ax.barh(names, own["importance"], color=own["colour"].iloc[0], height=0.6)
            ax.set(xlim=(0, 1), ylim=(len(own) - 0.5, -0.5), xlabel="share of what all explain")
            ticks(ax.xaxis, 4, per_cent)
            ax.grid(axis="x")
    return Picture(figure, TEXT, each_target(frame, finding))
