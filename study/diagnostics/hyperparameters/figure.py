"""How much each hyperparameter mattered to the search."""

from __future__ import annotations

from html import escape

import pandas as pd

from study.diagnostics.drawing.html_table import Html
from study.diagnostics.drawing.model_panels import model_titles
from study.diagnostics.drawing.style import INK, Picture, look, per_cent, pictured, plain, ticks, titled_panels, with_names
from study.diagnostics.drawing.words import each_target, several
from study.evidence.winners import MODEL
from study.records.results import Results

TEXT = """\
### Which hyperparameters mattered?

Of all that single hyperparameters explain of the rank that a trial had within its outer fold, the share of each (Optuna's
importances, by fANOVA, on the trials of all outer folds): they sum to 100 %, and chance and interplay are no part of it. It
is the rank since losses of different folds are of different rows; a trial that was given up early has the loss that it had
by then. The line goes from the least to the most that they say together or in parts by themselves; a long one says that more
trials are needed to tell. The penalty of a regression is not among them: every trial scores a whole path of it. A large
share says that the search could lose much there, not that its best value differs from the first guess.
"""


TABLE = ""


def is_told(results: Results) -> bool:
    """Whether the study is concluded, and by a version that tells this of its search."""
    return results.concluded


def when(results: Results) -> bool:
    """Where importances of some model were measured."""
    return is_told(results) and bool(results.hyperparameters["importance"].notna().any())


def data(results: Results) -> pd.DataFrame:
    """Importances of every model's hyperparameters that were measured.

    Returns
    -------
    (n, 12) frame: target, kind, family, depth, name, n_trials, importance, least, most (shares; NaN of one outer fold), note,
    model, colour; of each model the most important first.
    """
    measured = results.hyperparameters.dropna(subset="importance")
    own = measured.sort_values(["target", "importance"], ascending=[True, False], kind="stable")
    return with_names(own, results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """What mattered most to most of a target's searches."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    first = own.drop_duplicates("model")
    often = first["name"].map(first["name"].value_counts())
    name = str(first["name"].iloc[int(often.to_numpy().argmax())])
    shares = first.loc[first["name"] == name, "importance"]
    reach = " to ".join(dict.fromkeys(f"{100 * share:.0f}" for share in (shares.min(), shares.max())))
    whom = "the search of every model" if len(shares) == len(first) else f"{len(shares)} of {len(first)} models' searches"
    return [f"{spoken(name)} mattered most to {whom}: {reach} % of what hyperparameters explain"]


def spoken(name: str) -> str:
    """A hyperparameter in words."""
    return name.replace("_", " ")


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: a bar a hyperparameter, over it the line of its spread."""
    with look():
        figure, parts = titled_panels(frame, lambda own: 1.1 + 0.27 * len(own), model_titles(frame))
        for ax, own in parts:
            names = [plain(spoken(name)) for name in own["name"]]
            ax.barh(names, own["importance"], color=own["colour"].iloc[0], height=0.6)
            ax.hlines(names, own["least"], own["most"], color=INK, lw=1.4)
            ax.set(xlim=(0, 1), ylim=(len(own) - 0.5, -0.5), xlabel="share of what all explain")
            ticks(ax.xaxis, 4, per_cent)
            ax.grid(axis="x")
    return pictured(figure, "Shares of what hyperparameters explain of a trial's rank.", finding(frame))


def table(results: Results) -> Html:
    """Which models' hyperparameters are not said to matter or not, and why."""
    return Html("".join(f"<p>{escape(line)}</p>" for line in unmeasured(results)))


def unmeasured(results: Results) -> list[str]:
    """A sentence for every reason: the models whose hyperparameters were not measured."""
    frame = results.hyperparameters
    named = with_names(frame[frame["importance"].isna()].drop_duplicates(MODEL), results.data.models)
    found: dict[str, list[str]] = {}
    for target, model, note in named[["target", "model", "note"]].itertuples(index=False):
        found.setdefault(note, []).append(f"{model} on {target}" if several(frame) else model)
    first = "How much hyperparameters mattered is not measured for"
    return [f"{first} {', '.join(names)}: {note or 'nothing that was tried differs'}." for note, names in found.items()]


def has_table(results: Results) -> bool:
    """Whether it is known why some model's hyperparameters were not measured."""
    return is_told(results) and bool(unmeasured(results))
