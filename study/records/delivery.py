"""Which saved model stands for a procedure, and what a finished study hands over: one of all rows for each."""

from __future__ import annotations

import math
import shutil
from functools import partial
from pathlib import Path

import pandas as pd

from study.formatting import human
from study.records.paths import StudyPaths, write_atomic
from study.records.results import Results, read_outcomes, read_winners
from study.records.short import ShortFormula
from study.records.trees import Trees
from study.schema import (
    ALL_ROWS,
    CONSTANT,
    EXTENDED,
    NETWORK,
    REGRESSION,
    SHORT,
    TREES,
    Arm,
    TrialState,
    fold_name,
    procedure_of,
)

PROCEDURES = (REGRESSION, EXTENDED, SHORT, NETWORK, TREES)
"""Those of which a model is delivered, where there is one."""


def chosen_arms(trials: pd.DataFrame, outer_fold: int) -> dict[tuple[str, str], Arm]:
    """The arm of each (target, procedure) on an outer fold: that of least validation loss, the shallower of two alike.

    trials: results dataframe.
    """
    own = trials[(trials["outer_fold"] == outer_fold) & (trials["state"] == TrialState.COMPLETE) & trials["val_loss"].notna()]
    found: dict[tuple[str, str], Arm] = {}
    for row in own.sort_values(["val_loss", "depth", "family"])[list(Arm.model_fields)].drop_duplicates().to_dict("records"):
        arm = Arm.model_validate(row)
        found.setdefault((arm.target, procedure_of(arm.family, arm.depth)), arm)
    return found


def fold_model(paths: StudyPaths, trials: pd.DataFrame, target: str, procedure: str, outer_fold: int) -> Path | None:
    """The saved model of a procedure on an outer fold, None where there is none: another depth never stands in."""
    if procedure in {SHORT, TREES}:
        path = paths.fold_model(target, procedure, outer_fold)
    elif arm := chosen_arms(trials, outer_fold).get((target, procedure)):
        path = paths.model(arm)
    else:
        return None
    return path if path.exists() else None


def deliver(paths: StudyPaths, trials: pd.DataFrame, keep_folds: bool) -> None:
    """Copy the models of the search on all rows to where they are looked for; without `keep_folds` remove the others.

    A model that is there already stays where the folds' models were removed by an earlier run.
    """
    chosen = [(target, name) for target, name in chosen_arms(trials, ALL_ROWS) if name != CONSTANT]
    beside = [(str(target), name) for target in trials["target"].unique() for name in (SHORT, TREES)]
    for target, name in (*chosen, *beside):
        if (source := fold_model(paths, trials, target, name, ALL_ROWS)) is not None:
            write_atomic(paths.delivered(target, name), source.read_bytes())
    if not keep_folds and paths.fold_models.exists():
        shutil.rmtree(paths.fold_models)


def delivered_frame(results: Results) -> pd.DataFrame:
    """What is handed over of each target and procedure, and how long it took to make.

    Returns
    -------
    (n_models, 4) frame: target, procedure (of PROCEDURES), file (below the results folder), seconds (of all tasks of the search
    on all rows that made it, of whatever family and depth the procedure chooses among, and of its fit; NaN where no record
    tells).
    """
    trials, paths, rows = results.trials, results.paths, []
    own = trials[trials["outer_fold"] == ALL_ROWS]
    arms = [Arm.model_validate(row) for row in own[list(Arm.model_fields)].drop_duplicates().to_dict("records")]
    fits = {winner.arm.key: winner.wall_time_s for winner in read_winners(paths, arms=arms)}
    spent = {arm.key: float(own.loc[_of(own, arm), "wall_time_s"].sum()) + fits.get(arm.key, math.nan) for arm in arms}
    for target, kind in trials[["target", "kind"]].drop_duplicates().itertuples(index=False):
        work = [sort(target=target, kind=kind, outer_fold=ALL_ROWS) for sort in (ShortFormula, Trees)]
        beside = {each.work.sort: each.wall_time_s for each in read_outcomes(paths, beside=work)}
        for procedure in PROCEDURES:
            path = paths.delivered(target, procedure)
            if path.exists():
                made = [arm.key for arm in arms if (arm.target, procedure_of(arm.family, arm.depth)) == (target, procedure)]
                seconds = sum(spent[key] for key in made) if made else beside.get(procedure, math.nan)
                rows.append((target, procedure, str(path.relative_to(paths.root)), seconds))
    return pd.DataFrame(rows, columns=["target", "procedure", "file", "seconds"])


def _of(trials: pd.DataFrame, arm: Arm) -> pd.Series:
    keys = ("target", "family", "depth", "outer_fold")
    return (trials[list(keys)] == [getattr(arm, key) for key in keys]).all(axis=1)


def delivery_notes(results: Results) -> list[str]:
    """Where the models of a concluded study are: a sentence a target, and one of what the folds' models take."""
    paths, found = results.paths, []
    for verdict in results.verdicts:
        names = [path.name for path in map(partial(paths.delivered, verdict.target), PROCEDURES) if path.exists()]
        if names:
            where = f"Models of {verdict.target}, made of all its rows by one more search, are in {paths.models}"
            found.append(f"{where}: {', '.join(names)}.")
    models = (path for path in paths.fold_models.glob("*") if path.suffix in {".keras", ".skops"})
    judged = [path for path in models if not path.stem.endswith(f"-{fold_name(ALL_ROWS)}")]
    megabytes = sum(path.stat().st_size for path in judged) / 1e6
    if megabytes:
        found.append(
            f"The models that were judged take {human(megabytes)} MB in {paths.fold_models}; "
            "`keep_fold_models: false` drops them."
        )
    return found
