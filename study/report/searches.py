"""Words and rows that the figures of a search share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from study.digits import human
from study.evidence.searched import LEAST, choice_word
from study.evidence.winners import ARM, MODEL
from study.records.results import Results
from study.report.html_table import Html
from study.report.style import model_name, with_names
from study.report.words import several
from study.schema import NOUNS

MOST_DRAWN = 400
"""Trials of a model that are drawn at most, spread evenly over all; incumbents always are."""


def spoken(name: str) -> str:
    """A hyperparameter in words."""
    return name.replace("_", " ")


def without_params(trials: pd.DataFrame) -> pd.DataFrame:
    """`trials` without the hyperparameters of all families."""
    return trials.drop(columns=[column for column in trials if str(column).startswith("params_")])


def reference_of(frame: pd.DataFrame) -> str:
    """What the relative losses of some rows are shares of."""
    named = [str(family) for family in frame["reference"].unique()]
    if len(named) > 1:
        return "the reference's"
    return "the fold's least" if named == [LEAST] else f"the {NOUNS[named[0]].removeprefix('the ')}'s" if named else ""


def is_told(results: Results) -> bool:
    """Whether the study is concluded, and by a version that tells this of its search."""
    return results.concluded and results.paths.hyperparameters.exists()


def told(results: Results) -> pd.DataFrame:
    """`Results.hyperparameters` that were measured, with `model` and `colour`."""
    frame = results.hyperparameters
    return with_names(frame[frame["importance"].notna()], results.data.models)


def of_network(results: Results) -> pd.DataFrame:
    """Those of one model a target, the most important first: of the network that won most outer folds, else what there is.

    A network won where its incumbent is the best of all networks of the fold.
    """
    measured = told(results)
    tried = results.searched
    networks = tried[(tried["depth"] > 0) & (tried["state"] == "COMPLETE")]
    best = networks.sort_values(["relative", "number"]).drop_duplicates(["target", "outer_fold"])
    won = best.groupby(MODEL).size().rename("won").reset_index()
    ranked = measured.merge(won, on=MODEL, how="left").fillna({"won": 0})
    first = ranked.sort_values(["won", "depth", "family"], ascending=[False, True, True]).drop_duplicates("target")[MODEL]
    own = measured.merge(first, on=MODEL)
    return own.sort_values(["target", "importance"], ascending=[True, False], kind="stable", ignore_index=True)


def drawn_trials(results: Results, models: pd.DataFrame) -> pd.DataFrame:
    """Trials of some models with their hyperparameters: of `Results.searched`, at most MOST_DRAWN a model.

    models: with the columns of MODEL. Returns also `params_*` and `incumbent`, whether it is the best of its arm.
    """
    own = results.searched.merge(models[MODEL].drop_duplicates(), on=MODEL)
    own = own[own["relative"].notna()]
    complete = own[own["state"] == "COMPLETE"].sort_values(["relative", "number"]).drop_duplicates(ARM)
    own["incumbent"] = own.index.isin(complete.index)
    kept = own["incumbent"].copy()
    for _, rows in own.groupby(MODEL):
        kept[rows.index[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_DRAWN)).astype(int))]] = True
    params = results.trials[[*ARM, "number", *results.trials.filter(regex="^params_")]]
    return own[kept].merge(params, on=[*ARM, "number"])


def of_each(models: pd.DataFrame) -> Iterator[Any]:
    """The rows of `Results.hyperparameters` with their columns as attributes."""
    yield from models.itertuples()


def repeated(value: Any, n: int) -> pd.Series:
    """A column that holds the same list in every row."""
    return pd.Series([value] * n, dtype=object)


def choice_index(row: Any, values: pd.Series) -> pd.Series:
    """Places of values among a hyperparameter's choices, NaN of what is none; row: of `Results.hyperparameters`."""
    places = {choice_word(choice): place for place, choice in enumerate(json.loads(row.choices))}
    return values.map(lambda value: places.get(choice_word(value), np.nan)).astype(float)


def choices_of(row: Any) -> list[str]:
    """The choices of a hyperparameter as labels."""
    return [str(choice) for choice in json.loads(row.choices)]


def where_best(row: Any) -> str:
    """Where the best trials lie, in words: `learning rate 0.002 to 0.012`, `width 64 (73 % of them)`."""
    if row.form == "range":
        return f"{spoken(row.name)} {human(row.best_low, 2)} to {human(row.best_high, 2)}"
    share = "all of them" if row.best_share == 1 else f"{100 * row.best_share:.0f} % of them"
    return f"{spoken(row.name)} {row.best_choice} ({share})"


def not_measured(results: Results) -> Html:
    """Which models' hyperparameters are not said to matter or not, and why."""
    return Html("".join(f"<p>{escape(line)}</p>" for line in unmeasured(results)))


def unmeasured(results: Results) -> list[str]:
    """A sentence for every reason: the models whose hyperparameters were not measured."""
    frame = results.hyperparameters
    frame = frame[frame["importance"].isna()]
    models = results.data.models
    found: dict[str, list[str]] = {}
    for row in frame.drop_duplicates(MODEL).itertuples():
        name = model_name(str(row.family), int(str(row.depth)), models)
        found.setdefault(str(row.note), []).append(f"{name} on {row.target}" if several(results.hyperparameters) else name)
    first = "How much hyperparameters mattered is not measured for"
    return [f"{first} {', '.join(names)}: {note or 'nothing that was tried differs'}." for note, names in found.items()]
