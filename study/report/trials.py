"""Every trial of a study as a table that can be sorted and filtered."""

from __future__ import annotations

from typing import Any

import pandas as pd

from study.diagnostics.drawing.html_table import Html, filtered
from study.diagnostics.drawing.style import by_target_of, with_names
from study.evidence.winners import SEARCH
from study.formatting import human
from study.records.reading import read_trials
from study.records.results import Results
from study.records.work import reason
from study.schema import ALL_ROWS, Search, TrialState

MOST_TRIALS = 2_000
"""Rows of the table; of more trials each search's best are shown, and what failed."""


def trials_frame(results: Results) -> pd.DataFrame:
    """At most MOST_TRIALS trials, by target, model, outer fold and number.

    Returns
    -------
    (n_trials, 12) frame: target, model, outer fold (`all rows` for the last search), trial, state,
    validation loss, std. error, training loss (in units of the kind's loss), best epoch,
    parameters, seconds, hyperparameters (words); and, where any trial failed, why it failed.
    """
    trials = with_names(shortened(results.trials, MOST_TRIALS), results.data.models)
    order = trials.groupby("model", sort=False).ngroup()
    trials = trials.assign(order=order).sort_values(
        ["order", "outer_fold", "number"], kind="stable"
    )
    trials = by_target_of(results.trials, trials)
    folds = ["all rows" if fold == ALL_ROWS else str(fold) for fold in trials["outer_fold"]]
    names = {
        "target": "target", "model": "model", "outer_fold": "outer fold", "number": "trial", "state": "state",
        "val_loss": "validation loss", "val_loss_se": "std. error", "train_loss": "training loss", "best_epoch": "best epoch",
        "n_parameters": "parameters", "wall_time_s": "seconds", "hyperparameters": "hyperparameters",
    }  # fmt: skip
    told = trials.assign(outer_fold=folds, hyperparameters=_hyperparameters(trials))
    shown = told[list(names)].rename(columns=names)
    reasons = _reasons(results, trials)
    if reasons:
        shown = shown.assign(**{"why it failed": trials["trial_id"].map(reasons)})
    return shown


def shortened(trials: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many trials: what failed, up to half of them, and of the others the best of every
    search.
    """
    if len(trials) <= most:
        return trials
    is_failed = trials["state"] == TrialState.FAIL
    failed = trials[is_failed].head(most // 2)
    rest = trials[~is_failed]
    rank = rest.groupby(SEARCH)["val_loss"].rank(method="first")
    best = rank.sort_values(kind="stable").index[: most - len(failed)]
    return trials.loc[trials.index.isin(failed.index.union(best))]


def all_trials(results: Results) -> Html:
    """What failed and what is left out in words, and the table."""
    frame, count = trials_frame(results), len(results.trials)
    failed = int((results.trials["state"] == TrialState.FAIL).sum())
    said = f"{human(failed)} of {human(count)} trials failed. " if failed else ""
    if len(frame) < count:
        said += f"Shown: {human(len(frame))} of {human(count)} trials, the best of every search. All are in results.csv."
    counts = {
        column: frame[column].nunique() for column in ("target", "model", "outer fold", "state")
    }
    chosen = [column for column, count in counts.items() if count > 1]
    frame = frame.drop(columns={"target", "outer fold", "state"} - set(chosen))
    return Html(f"<p>{said}</p>{filtered(frame, chosen, 'trials')}")


def _hyperparameters(trials: pd.DataFrame) -> list[str]:
    """What a trial was suggested, as words in one line."""
    names = [str(column) for column in trials if str(column).startswith("params_")]
    words = [name.removeprefix("params_").replace("_", " ") for name in names]
    rows = trials[names].astype(object).itertuples(index=False)
    return [
        " \N{MIDDLE DOT} ".join(
            f"{word} {human(value)}"
            for word, value in zip(words, row, strict=True)
            if pd.notna(value)
        )
        for row in rows
    ]


def _reasons(results: Results, trials: pd.DataFrame) -> dict[str, str]:
    """By trial, the last line of what it raised."""
    failed = trials[trials["state"] == TrialState.FAIL]
    keys: list[Any] = failed[SEARCH].drop_duplicates().to_dict("records")
    records = read_trials(results.paths, searches=[Search(**key) for key in keys]) if keys else ()
    return {
        record.trial_id: reason(record.error)
        for record in records
        if record.state is TrialState.FAIL
    }
