"""Columns of what trials and winners leave."""

from __future__ import annotations

from study.records.columns.shared import frame
from study.schema import RESULT_COLUMNS

_TRIAL = "trial_id target kind family depth outer_fold number replicate"
_TEST = "study target kind family depth outer_fold number candidate seed val_loss row group observed predicted loss"

TRIALS = {
    "results.parquet": frame(
        "One trial. `results.csv` has the same.", " ".join(RESULT_COLUMNS), open_="params_* coef_* intercept*"
    ),
    "folds.parquet": frame(
        "One fit of a trial.",
        f"study {_TRIAL} inner_fold seed val_loss train_loss best_epoch n_epochs converged",
        {"n_epochs": ("Int64", "Epochs it trained; missing for a regression."),
         "converged": ("bool", "Whether training converged before its last epoch or iteration.")},
    ),
    "curves.parquet": frame(
        "One recorded epoch of a fit.",
        f"{_TRIAL} inner_fold seed epoch val_loss train_loss",
        {"epoch": ("int64", "Epoch, from 1."), "val_loss": "Validation loss after it.",
         "train_loss": "Training loss after it."},
    ),
    "predictions.parquet": frame(
        "One test row of one best trial, by candidate and seed; the simple formula is family `formula`.", _TEST,
        {"val_loss": "Mean validation loss of a candidate trained on a part of the rows."},
        "time p_*",
    ),
    "trees.parquet": frame(
        "One test row of the boosted trees (family `trees`).", _TEST,
        {"val_loss": "Always missing."}, "time p_*",
    ),
}  # fmt: skip
