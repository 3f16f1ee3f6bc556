"""Studies of one target that are compared, made so that their losses are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from harness import judged
from study.evidence.between import Finished
from study.evidence.thresholds import EvaluationSpec
from study.schema import Kind
from tests.evidence.losses import scored, trial, usual_trials
from tests.records.examples import described

TABLE = described({"y": Kind.CONTINUOUS}, rows=400)


def study(
    name: str, predictions: list[pd.DataFrame], trials: pd.DataFrame | None = None
) -> Finished:
    """A study with a verdict on its predictions, asked of the loss."""
    frame = pd.concat(predictions, ignore_index=True)
    trials = usual_trials(n_folds=frame["outer_fold"].nunique()) if trials is None else trials
    (verdict,) = judged.verdicts(frame, trials, 0.05, 5, questions={"y": EvaluationSpec()})
    return Finished(name, TABLE, verdict, frame, trials, 5)


def plain_study(name: str) -> Finished:
    """One of 400 test rows and two regressions."""
    rows = scored(np.linspace(0.5, 1.5, 400))
    return study(
        name,
        [rows, rows.assign(family="terms")],
        pd.DataFrame([trial(f, 0, 1.0) for f in ("linear", "terms")]),
    )


def apart(plain: Finished) -> dict[str, Finished]:
    """Studies that cannot be paired with this one, each by what differs."""
    rows = plain.predictions
    columns = {
        "splits": rows["row"] + 100,
        "target": rows["observed"] + (rows["row"] < 7),
        "groups": rows["row"] // 4,
        "time": rows["row"].astype(float),
    }
    names = {"splits": "row", "target": "observed", "groups": "group"}
    found = {
        what: replace(plain, predictions=rows.assign(**{names.get(what, what): own}))
        for what, own in columns.items()
    }
    tables = {"rows": {"rows": 410}, "data": {"rows": 400, "digest": "1" * 64}}
    found |= {
        what: replace(plain, data=described({"y": Kind.CONTINUOUS}, **own))
        for what, own in tables.items()
    }
    question = plain.verdict.question.model_copy(update={"metric": "mae"})
    return found | {
        "metric": replace(plain, verdict=plain.verdict.model_copy(update={"question": question}))
    }
