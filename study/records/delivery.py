"""What a finished study hands over: a model of all rows for each procedure."""

from __future__ import annotations

import shutil

import pandas as pd

from study.records.paths import StudyPaths, write_atomic
from study.records.results import read_winners, read_work
from study.records.trees import TreesRecord
from study.schema import ALL_ROWS, CONSTANT, TREES, Arm, TrialState, procedure_of


def chosen_arms(trials: pd.DataFrame, outer_fold: int) -> dict[tuple[str, str], Arm]:
    """The arm of each target and procedure on an outer fold: that of least validation loss, the shallower of two alike.

    trials: results dataframe of arms whose winner has a model.
    """
    own = trials[(trials["outer_fold"] == outer_fold) & (trials["state"] == TrialState.COMPLETE) & trials["val_loss"].notna()]
    found: dict[tuple[str, str], Arm] = {}
    for row in own.sort_values(["val_loss", "depth", "family"]).to_dict("records"):
        arm = Arm.model_validate({name: row[name] for name in Arm.model_fields})
        found.setdefault((arm.target, procedure_of(arm.family, arm.depth)), arm)
    return found


def deliver(paths: StudyPaths, trials: pd.DataFrame, keep_folds: bool) -> None:
    """Copy the models of the search on all rows to where they are looked for; without `keep_folds` remove the others.

    A model that is there already stays where the folds' models were removed by an earlier run.
    """
    arms = [winner.arm for winner in read_winners(paths) if winner.arm.outer_fold == ALL_ROWS]
    scored = pd.DataFrame([arm.model_dump() for arm in arms], columns=list(Arm.model_fields))
    for (target, procedure), arm in chosen_arms(trials.merge(scored, on=list(Arm.model_fields)), ALL_ROWS).items():
        if procedure != CONSTANT and paths.model(arm).exists():
            write_atomic(paths.delivered(target, procedure), paths.model(arm).read_bytes())
    for record in read_work(paths, TreesRecord):
        source = paths.fold_trees(record.work.target, ALL_ROWS)
        if record.work.outer_fold == ALL_ROWS and record.state is TrialState.COMPLETE and source.exists():
            write_atomic(paths.delivered(record.work.target, TREES), source.read_bytes())
    if not keep_folds and paths.fold_models.exists():
        shutil.rmtree(paths.fold_models)


def folds_megabytes(paths: StudyPaths) -> float:
    """Size of the models of the outer folds, in units of 1,000,000 bytes; 0 where they were removed."""
    return sum(path.stat().st_size for path in paths.fold_models.glob("*") if path.is_file()) / 1e6
