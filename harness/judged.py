"""The answer for every target in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.evidence import verdicts as judging
from study.evidence.answer import Verdict
from study.evidence.findings import FormulaTerms
from study.evidence.judge import Judge
from study.evidence.thresholds import EvaluationSpec


def judges(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    folds: int,
    questions: Mapping[str, EvaluationSpec] | None = None,
    *,
    margin: float = np.nan,
    n_train: Mapping[str, float] | None = None,
) -> list[Judge]:
    """A judge of every target.

    questions: by default of the loss, with this margin and without a minimum margin. n_train: by
    default the tested rows less a fold's, in time order those before a fold's, and unknown for one
    fold in no order.
    """
    targets = trials["target"].unique()
    rows = {str(target): predictions[predictions["target"] == target] for target in targets}
    return judging.judges(
        predictions,
        trials,
        folds,
        questions or dict.fromkeys(rows, EvaluationSpec(margin=margin)),
        {target: _left(own) for target, own in rows.items()} | dict(n_train or {}),
    )


def _left(rows: pd.DataFrame) -> float:
    folds = rows["outer_fold"].nunique()
    tested = rows.drop_duplicates(["outer_fold", "row"])
    if "time" in rows and len(tested) and tested["time"].notna().all():
        return float(tested.groupby("outer_fold")["time"].min().mean())
    return tested["row"].nunique() - len(tested) / folds if folds > 1 else np.nan


def verdicts(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    margin: float,
    folds: int,
    *,
    formulas: Mapping[str, FormulaTerms] | None = None,
    questions: Mapping[str, EvaluationSpec] | None = None,
    **more: Any,
) -> list[Verdict]:
    """The verdict of every judge; parameters are those of `judges` and `answers`."""
    asked = judges(predictions, trials, folds, questions, margin=margin, **more)
    return judging.answers(asked, formulas)
