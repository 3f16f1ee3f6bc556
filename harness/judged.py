"""The answer for every target in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import FormulaTerms
from study.evidence.thresholds import EvaluationSpec
from study.evidence.verdicts import answers, judges


def verdicts(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    margin: float,
    folds: int,
    *,
    method: str | None = None,
    n_train: Mapping[str, float] | None = None,
    formulas: Mapping[str, FormulaTerms] | None = None,
    questions: Mapping[str, EvaluationSpec] | None = None,
) -> list[Verdict]:
    """The verdict of every judge; parameters are those of `judges` and `answers`."""
    return answers(judges(predictions, trials, folds, questions, margin, method, n_train), formulas)
