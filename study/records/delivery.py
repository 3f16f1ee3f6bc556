"""Which saved model stands for a procedure, and what a finished study hands over: one of all rows
for each.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pandas as pd

from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_outcomes, read_winners
from study.records.results import Results
from study.schema import (
    ALL_ROWS,
    BASELINE,
    FORMULA,
    NETWORK,
    REGRESSION,
    TERMS,
    TREES,
    Search,
    TrialState,
    procedure_of,
)

PROCEDURES = (REGRESSION, TERMS, FORMULA, NETWORK, TREES)
"""Those of which a model is delivered, where there is one."""


def chosen_searches(trials: pd.DataFrame, outer_fold: int) -> dict[tuple[str, str], Search]:
    """The search of each (target, procedure) on an outer fold: that of least validation loss, the
    shallower of two alike.

    trials: results dataframe.
    """
    own = trials[
        (trials["outer_fold"] == outer_fold)
        & (trials["state"] == TrialState.COMPLETE)
        & trials["val_loss"].notna()
    ]
    found: dict[tuple[str, str], Search] = {}
    for row in (
        own.sort_values(["val_loss", "depth", "family"])[list(Search.model_fields)]
        .drop_duplicates()
        .to_dict("records")
    ):
        search = Search.model_validate(row)
        found.setdefault((search.target, search.procedure), search)
    return found


def fold_model(
    paths: StudyPaths, trials: pd.DataFrame, target: str, procedure: str, outer_fold: int
) -> Path | None:
    """The saved model of a procedure on an outer fold, None where there is none: another depth
    never stands in.
    """
    if procedure in {FORMULA, TREES}:
        path = paths.fold_model(target, procedure, outer_fold)
    elif search := chosen_searches(trials, outer_fold).get((target, procedure)):
        path = paths.model(search)
    else:
        return None
    return path if path.exists() else None


def deliver(paths: StudyPaths, trials: pd.DataFrame, keep_folds: bool) -> None:
    """Copy the models of the search on all rows to where they are looked for; without `keep_folds`
    remove the others.

    A model that is there already stays where the folds' models were removed by an earlier run.
    """
    chosen = [
        (target, name) for target, name in chosen_searches(trials, ALL_ROWS) if name != BASELINE
    ]
    beside = [
        (str(target), name) for target in trials["target"].unique() for name in (FORMULA, TREES)
    ]
    for target, name in (*chosen, *beside):
        if (source := fold_model(paths, trials, target, name, ALL_ROWS)) is not None:
            write_atomic(paths.delivered(target, name), source.read_bytes())
    if not keep_folds and paths.fold_models.exists():
        shutil.rmtree(paths.fold_models)


def delivered_frame(results: Results) -> pd.DataFrame:
    """What is handed over of each target and procedure, and how long it took to make.

    Returns
    -------
    (n_models, 4) frame: target, procedure (of PROCEDURES), file (below the results folder), seconds
    (of all tasks of the search on all rows that made it, of whatever family and depth the procedure
    chooses among, and of its fit).
    """
    trials, paths = results.trials, results.paths
    seconds = defaultdict[tuple[str, str], float](float)
    own = trials[trials["outer_fold"] == ALL_ROWS]
    columns = ["target", "family", "depth", "wall_time_s"]
    for target, family, depth, spent in own[columns].itertuples(index=False):
        seconds[target, procedure_of(family, depth)] += spent
    for winner in read_winners(paths):
        if winner.search.outer_fold == ALL_ROWS:
            seconds[winner.search.target, winner.search.procedure] += winner.wall_time_s
    for done in read_outcomes(paths):
        if done.work.outer_fold == ALL_ROWS:
            seconds[done.work.target, done.work.sort] += done.wall_time_s
    rows = [
        (target, name, str(path.relative_to(paths.root)), seconds[target, name])
        for target in trials["target"].unique()
        for name in PROCEDURES
        if (path := paths.delivered(target, name)).exists()
    ]
    return pd.DataFrame(rows, columns=["target", "procedure", "file", "seconds"])


def delivery_notes(results: Results) -> list[str]:
    """Where the models of a concluded study are: a sentence a target."""
    paths, found = results.paths, []
    for verdict in results.verdicts:
        files = (paths.delivered(verdict.target, name) for name in PROCEDURES)
        names = [path.name for path in files if path.exists()]
        if names:
            where = f"Models of {verdict.target}, made of all its rows by one more search, are in {paths.models}"
            found.append(f"{where}: {', '.join(names)}.")
    return found
