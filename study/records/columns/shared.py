"""What columns hold that several dataframes have, and what describes a dataframe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

Column = tuple[str, str]
"""dtype, meaning."""
Told = Column | str
"""The same, where the meaning alone is that of a float64."""

OPEN = {
    "params_*": (
        "float64 or str",
        "A hyperparameter, in its own unit; missing if the family lacks it.",
    ),
    "coef_*": (
        "float64",
        "Weight of a term of a regression, per original unit; missing for other models.",
    ),
    "intercept*": (
        "float64",
        "Intercept of a regression, one for each of several classes; missing for other models.",
    ),
    "p_*": ("float64", "Predicted probability of the class, if there are more than two."),
    "time": (
        "float64",
        "Number of earlier rows of the table; only if rows are in time order.",
    ),
}
"""Columns that are there or not, and how many, by the study: hyperparameters, terms, classes, and
the order of the rows."""

SHARED: dict[str, Told] = {
    "study": ("str", "Name of the study."),
    "trial_id": ("str", "Name of the trial: target, model, outer fold and number."),
    "target": ("str", "Column to predict."),
    "kind": ("str", "`continuous`, `binary`, `multiclass` or `count`; sets the unit of every loss."),
    "family": ("str", "Model family: `baseline`, `linear`, `logistic`, `poisson`, `terms`, `neural` or one of a package."),
    "depth": ("int64", "Hidden layers; 0 for a regression, -1 if chosen in each fold."),
    "outer_fold": ("int64", "Outer fold from 0, counted through all repeats; -1: the search on all rows."),
    "number": ("int64", "Number of the trial in its search, from 0."),
    "generation": ("int64", "Window of the search that suggested the trial."),
    "state": ("str", "`COMPLETE`, `PRUNED` (stopped early) or `FAIL`."),
    "val_loss": "Mean loss on validation rows, of logarithms where they are trained; missing if the trial failed.",
    "val_loss_se": "Standard error of `val_loss` over inner folds.",
    "train_loss": "Mean loss on training rows.",
    "best_epoch": ("Int64", "Epoch with the lowest validation loss; 1 is the regression that a network starts as."),
    "n_parameters": ("Int64", "Fitted parameters."),
    "n_replicates": ("int64", "Inner folds times seeds."),
    "wall_time_s": "Seconds on the worker.",
    "node": ("str", "Host that trained it."),
    "device": ("str", "CPU or GPU that trained it."),
    "replicate": ("int64", "Number of the fit in its trial: one inner fold and one seed."),
    "inner_fold": ("int64", "Inner fold from 0."),
    "seed": ("int64", "Seed, counted from 0."),
    "candidate": ("str", "Use of the best trial: `refit` on all training rows, `ensemble` (the mean of its fits), or "
                  "`rows-<share>`, trained on a part of the rows."),
    "row": ("int64", "Row of the table, from 0."),
    "group": ("int64", "Code of the row's group; the row itself without groups."),
    "observed": "The target's value, or the code of its class.",
    "predicted": "Predicted value or rate. Two classes: probability of the second; more: of the observed one.",
    "loss": "Loss of the row, in the unit of the kind.",
    "test_loss": "Mean loss on test rows.",
    "std_error": "Standard error of the value.",
    "low": "Lower limit of the interval; missing if it has none.",
    "high": "Upper limit of the interval; missing if it has none.",
    "level": "Confidence level of the interval.",
    "df": "Degrees of freedom of the interval.",
    "p_value": "Two-sided.",
    "optimism": "Test loss minus validation loss: positive if validation looked too good; none of logarithms.",
    "n_rows": ("int64", "Test rows."),
    "n_groups": ("int64", "Groups among the test rows."),
    "n_folds": ("int64", "Outer folds."),
    "n_repeats": ("int64", "Repeats of the outer folds."),
    "n_times": ("int64", "Blocks of consecutive times."),
    "method": ("str", "Method of the interval (`study.evidence.intervals.METHODS`)."),
    "metric": ("str", "`loss`, or the metric's name."),
    "procedure": ("str", "`regression`, `terms`, `network` or `trees`."),
    "rank": ("int64", "Rank for the target; 1 differs or matters most."),
    "base": ("str", "The simpler model or family."),
    "other": ("str", "The richer model or family."),
    "column": ("str", "Column of the table."),
    "class": ("int64", "Index of the class."),
    "bin": ("int64", "Number of the bin, from 0."),
    "term": ("str", "Name of the term: a column, a product, a `hinge`, or `intercept`."),
    "output": ("str", "Class of the weight, if there are several."),
}  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """What a row of a dataframe is, and its columns in order: name to dtype and meaning. open: keys
    of OPEN that may follow.
    """

    row: str
    columns: dict[str, Column]
    open: tuple[str, ...] = ()

    def of(self, rows: Any) -> pd.DataFrame:
        """Rows, as `pandas.DataFrame` takes them, in these columns."""
        return pd.DataFrame(rows, columns=[*self.columns])


def frame(row: str, names: str, own: Mapping[str, Told] | None = None, open_: str = "") -> Frame:
    """A frame of these columns, in words between spaces; own: those that others have not, or whose
    meaning is another here.
    """
    known = SHARED | dict(own or {})
    told = {name: known[name] for name in names.split()}
    columns = {n: ("float64", own) if isinstance(own, str) else own for n, own in told.items()}
    return Frame(row, columns, tuple(open_.split()))
