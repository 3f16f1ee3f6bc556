"""Verdicts that are asked of other metrics, in other units and with a minimum margin."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.thresholds import EvaluationSpec
from tests.evidence.losses import only_verdict, scored, three, trial, usual_trials

SEARCHES = ("baseline", 0), ("logistic", 0), ("neural", 1)
TRIALS = pd.DataFrame(
    [trial(f, d, 1.0, kind="binary", outer_fold=fold) for fold in range(5) for f, d in SEARCHES]
)


def with_terms() -> pd.DataFrame:
    return pd.concat([usual_trials(), pd.DataFrame([trial("terms", 0, 1.0)])], ignore_index=True)


@cache
def asked(terms: float, **question: Any) -> Verdict:
    """The verdict on `three` without a network, of a target that is 1 or -1 and so has a standard
    deviation of 1.
    """
    models = three(np.random.default_rng(0), terms, 1.0, n=200)[:3]
    rows = [each.assign(observed=1.0 - 2 * (each["row"] % 2)) for each in models]
    rows = [each.assign(predicted=each["observed"] - np.sqrt(each["loss"])) for each in rows]
    return only_verdict(
        rows, with_terms(), questions={"y": EvaluationSpec.model_validate(question)}
    )


def judged(predictions: pd.DataFrame, **question: Any) -> Verdict:
    """The verdict on the accuracy of `right_or_wrong`."""
    told = EvaluationSpec.model_validate({"metric": "accuracy", "min_margin": 0.01} | question)
    return only_verdict([predictions], TRIALS, questions={"y": told})


def two_classes(one_class: set[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test rows of five outer folds, some of them of one class alone, and their trials."""
    rng, row = np.random.default_rng(0), np.arange(100)
    hit = (row // 5 % 2 == 1) | np.isin(row % 5, list(one_class))
    found = []
    for place, (family, depth) in enumerate(SEARCHES):
        p = np.clip(np.where(hit, 0.55, 0.45) + rng.normal(0, 0.2 / (1 + place), 100), 0.05, 0.95)
        rows = scored(-np.log(np.where(hit, p, 1 - p)), family, depth, kind="binary")
        found.append(rows.assign(outer_fold=row % 5, observed=hit.astype(float), predicted=p))
    return pd.concat(found, ignore_index=True), TRIALS
