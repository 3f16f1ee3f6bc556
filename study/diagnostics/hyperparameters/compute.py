"""How much each hyperparameter mattered to a search: Optuna's importances of the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.config.options import Range, Space
from study.diagnostics.context import Context
from study.evidence.winners import ARM, MODEL
from study.families import get_family, searched
from study.families.chosen import arm_space
from study.records.columns.shared import frame
from study.schema import ALL_ROWS, Arm

COLUMNS = frame(
    "One hyperparameter of a model: how much it mattered.",
    "target kind family depth name n_trials importance least most note",
    {"name": ("str", "The hyperparameter."), "n_trials": ("int64", "Trials of all outer folds."),
     "importance": ("float64", "Share of the variance of a trial's rank that it accounts for by itself (fANOVA)."),
     "least": ("float64", "The least of that and of parts of the outer folds."),
     "most": ("float64", "The most of them."),
     "note": ("str", "Why there is no importance; empty where there is one.")},
)  # fmt: skip

LEAST_TRIALS = 12
"""Trials of all outer folds below which nothing is said: with fewer, what is important changes from one draw to the next."""
MOST_TRIALS = 400
"""Trials, spread evenly over all, that importances are measured on: more cost seconds and change no second digit."""
GROUPS = 4
"""Groups of outer folds, each by itself: the spread."""
TREES, LEVELS = 32, 8
"""Of the forest that stands for the loss. Optuna's own 64 and 64 take five times as long and differ by 0.02 at most."""


def compute(context: Context) -> pd.DataFrame:
    """What is open of every model's space, and how much of the rank of a trial it decides (`measured`)."""
    n_rows, trials = context.n_rows, context.trials
    arms = [Arm.model_validate(row) for row in trials[ARM].drop_duplicates().to_dict("records")]
    spaces = {
        arm: arm_space(context.config, arm, n_rows[arm.target, arm.outer_fold]) for arm in arms if arm.outer_fold != ALL_ROWS
    }
    return measured(trials, spaces)


def measured(trials: pd.DataFrame, spaces: Mapping[Arm, Space]) -> pd.DataFrame:
    """Importance of every hyperparameter of every model.

    It is how much of the variance of a trial's rank within its outer fold a hyperparameter accounts for by itself, by a
    random forest of all folds' trials, as a share of what all do so (fANOVA: Hutter, Hoos and Leyton-Brown 2014, ICML;
    `optuna.importance`): they sum to 1, interplay is left out. Ranks, since losses of different folds are of different rows and
    one that diverged would decide all. A trial that was given up early counts with the loss that it had by then.

    Parameters
    ----------
    trials
        The results dataframe.
    spaces
        Of every arm of an outer fold.

    Returns
    -------
    (n, 10) frame, a row a target, model and hyperparameter that Optuna suggests: target, kind, family, depth, name, n_trials,
    importance, least, most (of that and of GROUPS of outer folds by themselves; NaN of one fold), note: why there is no
    importance; the numbers are NaN then.
    """
    rows: list[dict[str, Any]] = []
    tried = trials[(trials["outer_fold"] != ALL_ROWS) & trials["val_loss"].notna() & (trials["state"] != "FAIL")]
    losses = tried.groupby(ARM, sort=False)["val_loss"]
    tried = tried.assign(rank=(losses.rank() - 1) / np.maximum(losses.transform("size") - 1, 1))
    for key, own in tried.groupby(MODEL, sort=False):
        model = dict(zip(MODEL, key, strict=True))
        known = [space for arm, space in spaces.items() if arm.model_dump(mode="json", exclude={"outer_fold"}) == model]
        forms = _joined([searched(get_family(str(model["family"])), space) for space in known])
        forms = {name: form for name, form in forms.items() if f"params_{name}" in own}
        if not forms:
            continue
        given = pd.DataFrame({name: _given(own[f"params_{name}"], form) for name, form in forms.items()}, own.index)
        given = given.dropna()
        own = own.loc[given.index]
        note, shares = _measured(own, given, forms)
        rows += [model | {"name": name, "n_trials": len(own)} | _spread(shares, name) | {"note": note} for name in forms]
    return COLUMNS.of(rows)


def _joined(spaces: Sequence[Space]) -> dict[str, Range | list[Any]]:
    """What is open of some spaces of one family: its widest range, or all its choices."""
    forms: dict[str, Range | list[Any]] = {}
    for name in dict.fromkeys(name for space in spaces for name in space):
        own = [space[name] for space in spaces if name in space]
        ranges = [form for form in own if isinstance(form, Range)]
        if ranges and len(ranges) == len(own):
            low, high = min(form.low for form in ranges), max(form.high for form in ranges)
            if low < high:
                forms[name] = ranges[0].model_copy(update={"low": low, "high": high})
        elif not ranges:
            values = list(dict.fromkeys(value for form in own for value in (form if isinstance(form, list) else [form])))
            if len(values) > 1 and any(isinstance(form, list) for form in own):
                forms[name] = values
    return forms


def _given(column: pd.Series, form: Range | list[Any]) -> list[Any]:
    """Values of a hyperparameter as the space has them: moved into a range, or one of the choices; None of any other."""
    if isinstance(form, Range):
        return [min(max(float(value), form.low), form.high) if pd.notna(value) else None for value in column]
    known = {choice_word(choice): choice for choice in form}
    return [known.get(choice_word(value)) if pd.notna(value) else None for value in column]


def _measured(own: pd.DataFrame, given: pd.DataFrame, forms: Mapping[str, Range | list[Any]]) -> tuple[str, pd.DataFrame]:
    """Why nothing is measured, or (n_groups + 1, n_hyperparameters) importances: of all trials, then of groups of folds."""
    if len(own) < LEAST_TRIALS:
        return f"{len(own)} trials of all outer folds are too few, {LEAST_TRIALS} the least", pd.DataFrame()
    if own["rank"].nunique() < 3 or (given.nunique() < 2).all():
        return "its trials differ neither in loss nor in what was tried", pd.DataFrame()
    folds = own["outer_fold"].unique()
    parts = np.array_split(folds, min(GROUPS, len(folds))) if len(folds) > 1 else []
    groups = [own["outer_fold"].isin(part) for part in parts]
    measured = [_importances(own[kept], given[kept], forms) for kept in [own["rank"].notna(), *groups]]
    return "", pd.DataFrame(measured)


def _importances(own: pd.DataFrame, given: pd.DataFrame, forms: Mapping[str, Range | list[Any]]) -> dict[str, float]:
    """Optuna's importances of some trials, of which those of one value have none."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    from study.families.distributions import distributions

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    some = np.unique(np.linspace(0, len(own) - 1, min(len(own), MOST_TRIALS)).round().astype(int))
    rank, given = own["rank"].iloc[some], given.iloc[some]
    spaces = distributions({name: form for name, form in forms.items() if len(given[name].unique()) > 1})
    if rank.nunique() < 2 or not spaces:
        return dict.fromkeys(forms, np.nan)
    asked = optuna.create_study()
    told = zip(rank, given[list(spaces)].to_dict("records"), strict=True)
    asked.add_trials([optuna.trial.create_trial(params=p, distributions=spaces, value=float(value)) for value, p in told])
    found = get_param_importances(asked, evaluator=FanovaImportanceEvaluator(n_trees=TREES, max_depth=LEVELS, seed=0))
    return {name: float(found.get(name, 0.0)) for name in forms}


def _spread(shares: pd.DataFrame, name: str) -> dict[str, float]:
    """importance, least and most of one hyperparameter."""
    if shares.empty:
        return dict.fromkeys(("importance", "least", "most"), np.nan)
    parts = shares[name] if len(shares) > 1 else shares[name] * np.nan
    return {"importance": float(shares[name].iloc[0]), "least": float(parts.min()), "most": float(parts.max())}


def choice_word(value: Any) -> str:
    """A choice as configs and frames tell it apart: 64 and 64.0 are one, True and `True` are."""
    try:
        return str(value) if isinstance(value, bool) else str(float(value))
    except ValueError:
        return str(value)
