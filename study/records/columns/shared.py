"""What columns hold that several dataframes have, and what describes a dataframe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

Column = tuple[str, str]
"""dtype, meaning."""

OPEN = {
    "params_*": (
        "float64 or str",
        "A hyperparameter, in its own unit; missing where the family has none of that name.",
    ),
    "coef_*": (
        "float64",
        "Weight of a term of a regression, per original unit of its column; missing for others.",
    ),
    "intercept*": (
        "float64",
        "Intercept of a regression, one a class where there are several; missing for others.",
    ),
    "p_*": ("float64", "Predicted probability of the class, where the target has more than two."),
    "time": (
        "float64",
        "How many rows of the table are earlier; only where rows are in time order.",
    ),
}
"""Columns that are there or not, and how many, by the study: hyperparameters, terms, classes, and
the order of the rows."""

SHARED: dict[str, Column] = {
    "study": ("str", "Name of the study."),
    "trial_id": ("str", "Target, model, outer fold and number: the trial's name everywhere."),
    "target": ("str", "Column that is predicted."),
    "kind": ("str", "`continuous`, `binary`, `multiclass` or `count`; it decides the unit of every loss."),
    "family": ("str", "Model family: `baseline`, `linear`, `logistic`, `poisson`, `terms`, `neural` or one of a package."),
    "depth": ("int64", "Hidden layers; 0 of a regression, -1 of the network that chooses family and depth."),
    "outer_fold": ("int64", "Outer fold from 0, counted through all repeats; -1 is the search on all rows."),
    "number": ("int64", "Number of the trial in its search, from 0."),
    "generation": ("int64", "Window of the search that the trial was suggested in."),
    "state": ("str", "`COMPLETE`, `PRUNED` (given up as worse than the earlier ones of its search) or `FAIL`."),
    "val_loss": ("float64", "Mean loss on validation rows; missing where the trial failed."),
    "val_loss_se": ("float64", "Standard error of `val_loss` over inner folds."),
    "train_loss": ("float64", "Mean loss on training rows."),
    "best_epoch": ("Int64", "Epoch of the least validation loss, from 1; none of a regression."),
    "n_parameters": ("Int64", "Numbers that training chose."),
    "n_replicates": ("int64", "Inner folds times seeds."),
    "wall_time_s": ("float64", "Seconds on the worker."),
    "node": ("str", "Host that trained it."),
    "device": ("str", "CPU or GPU that trained it."),
    "replicate": ("int64", "Number of the replicate: one inner fold and one seed."),
    "inner_fold": ("int64", "Inner fold from 0."),
    "seed": ("int64", "Seed, counted from 0."),
    "candidate": ("str", "How the best trial is used: `refit` on all development rows, `ensemble`, the mean of its replicates, "
                  "or `rows-<share>`, made of a part of the rows."),
    "row": ("int64", "Row of the table, from 0."),
    "group": ("int64", "Code of the row's group; the row itself where rows are independent."),
    "observed": ("float64", "The target's value, or the code of its class."),
    "predicted": ("float64", "Predicted value or rate, or the probability of the second class; of several classes that of the "
                  "observed one."),
    "loss": ("float64", "Loss of the row, in the unit of the kind."),
    "test_loss": ("float64", "Mean loss on test rows."),
    "std_error": ("float64", "Standard error of the value beside it."),
    "low": ("float64", "Lower end of the interval; missing where the test rows give none."),
    "high": ("float64", "Upper end of the interval; missing where the test rows give none."),
    "level": ("float64", "Confidence level of the interval."),
    "df": ("float64", "Degrees of freedom of the interval."),
    "p_value": ("float64", "Two-sided."),
    "optimism": ("float64", "Test loss minus validation loss: positive if validation looked too good."),
    "n_rows": ("int64", "Test rows."),
    "n_groups": ("int64", "Groups among the test rows."),
    "n_folds": ("int64", "Outer folds."),
    "n_repeats": ("int64", "Times that the outer folds were drawn."),
    "n_times": ("int64", "Blocks of consecutive times."),
    "method": ("str", "How the interval is made (`study.evidence.intervals.METHODS`)."),
    "metric": ("str", "`loss`, or the metric's name."),
    "procedure": ("str", "`regression`, `terms`, `network` or `trees`."),
    "rank": ("int64", "1 differs most, or matters most, of the target."),
    "base": ("str", "The simpler procedure or family."),
    "other": ("str", "The richer procedure or family."),
    "term": ("str", "Name of the term: a column, a product, a `hinge`, or `intercept`."),
    "output": ("str", "Class that the weight is of, where there are several; else missing."),
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


def frame(row: str, names: str, own: dict[str, Column] | None = None, open_: str = "") -> Frame:
    """A frame of these columns, in words between spaces; own: those that others have not, or whose
    meaning is another here.
    """
    told = SHARED | (own or {})
    return Frame(row, {name: told[name] for name in names.split()}, tuple(open_.split()))
