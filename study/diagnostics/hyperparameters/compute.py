"""How much each hyperparameter mattered to a search: Optuna's importances of the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.config.options import Range
from study.diagnostics.context import Context
from study.evidence.winners import MODEL, SEARCH
from study.families import get_family, searched
from study.families.chosen import search_space
from study.records.columns.shared import frame
from study.schema import ALL_ROWS, Search, TrialState

COLUMNS = frame(
    "One hyperparameter of a model: how much it mattered.",
    "target kind family depth name n_trials importance",
    {"name": ("str", "The hyperparameter."), "n_trials": ("int64", "Trials of all outer folds."),
     "importance": "Share of the variance of trial ranks that it explains alone (fANOVA)."},
)  # fmt: skip

LEAST_TRIALS = 12
"""Trials of all outer folds below which nothing is said: with fewer, what is important changes from
one draw to the next."""
MOST_TRIALS = 400
"""Trials, spread evenly over all, that importances are measured on: more cost seconds and change no
second digit."""
TREES, LEVELS = 32, 8
"""Of the forest that stands for the loss. Optuna's own 64 and 64 take five times as long and differ
by 0.02 at most."""


def compute(context: Context) -> pd.DataFrame:
    """Importance of every hyperparameter that Optuna suggests to a model.

    It is how much of the variance of a trial's rank within its outer fold a hyperparameter accounts
    for by itself, by a random forest of all folds' trials, as a share of what all do so (fANOVA:
    Hutter, Hoos and Leyton-Brown 2014, ICML; `optuna.importance`): they sum to 1, interplay is left
    out. Ranks, since losses of different folds are of different rows and one that diverged would
    decide all. A trial that was given up early counts with the loss that it had by then. Models of
    fewer than LEAST_TRIALS trials, or whose trials are all alike, have none. The space is that of a
    model's first outer fold.
    """
    rows: list[dict[str, Any]] = []
    trials = context.trials
    tried = trials[
        (trials["outer_fold"] != ALL_ROWS)
        & trials["val_loss"].notna()
        & (trials["state"] != TrialState.FAIL)
    ]
    losses = tried.groupby(SEARCH, sort=False)["val_loss"]
    tried = tried.assign(rank=(losses.rank() - 1) / np.maximum(losses.transform("size") - 1, 1))
    for key, own in tried.groupby(MODEL, sort=False):
        model: dict[str, Any] = dict(zip(MODEL, key, strict=True))
        search = Search(**model, outer_fold=int(own["outer_fold"].min()))
        space = search_space(
            context.config, search, context.n_rows[search.target, search.outer_fold]
        )
        forms: dict[str, Range | list[Any]] = {
            name: form
            for name, form in searched(get_family(search.family), space).items()
            if (isinstance(form, Range) or (isinstance(form, list) and len(form) > 1))
            and f"params_{name}" in own
        }
        given = pd.DataFrame(
            {name: _given(own[f"params_{name}"], form) for name, form in forms.items()}, own.index
        ).dropna()
        shares = (
            _importances(own.loc[given.index], given, forms) if len(given) >= LEAST_TRIALS else {}
        )
        rows += [
            model | {"name": name, "n_trials": len(given), "importance": share}
            for name, share in shares.items()
        ]
    return COLUMNS.of(rows)


def _given(column: pd.Series, form: Range | list[Any]) -> list[Any]:
    """Values of a hyperparameter as the space has them: moved into a range, or one of the choices;
    None of any other.
    """
    if isinstance(form, Range):
        return [
            min(max(float(value), form.low), form.high) if pd.notna(value) else None
            for value in column
        ]
    known = {choice_word(choice): choice for choice in form}
    return [known.get(choice_word(value)) if pd.notna(value) else None for value in column]


def _importances(
    own: pd.DataFrame, given: pd.DataFrame, forms: Mapping[str, Range | list[Any]]
) -> dict[str, float]:
    """Optuna's importances, 0 of what has one value; none where trials are all alike."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    from study.families.distributions import distributions

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    some = np.unique(np.linspace(0, len(own) - 1, min(len(own), MOST_TRIALS)).round().astype(int))
    rank, given = own["rank"].iloc[some], given.iloc[some]
    spaces = distributions(
        {name: form for name, form in forms.items() if len(given[name].unique()) > 1}
    )
    if rank.nunique() < 2 or not spaces:
        return {}
    asked = optuna.create_study()
    told = zip(rank, given[list(spaces)].to_dict("records"), strict=True)
    asked.add_trials(
        [
            optuna.trial.create_trial(params=p, distributions=spaces, value=float(value))
            for value, p in told
        ]
    )
    found = get_param_importances(
        asked, evaluator=FanovaImportanceEvaluator(n_trees=TREES, max_depth=LEVELS, seed=0)
    )
    return {name: float(found.get(name, 0.0)) for name in forms}


def choice_word(value: Any) -> str:
    """A choice as configs and frames tell it apart: 64 and 64.0 are one, True and `True` are."""
    try:
        return str(value) if isinstance(value, bool) else str(float(value))
    except ValueError:
        return str(value)
