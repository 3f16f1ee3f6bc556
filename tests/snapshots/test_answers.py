"""What is said of each answer, on losses made so that the answer is known."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from study.evidence import verdicts
from study.evidence.answer import Verdict
from study.evidence.findings import FoldMissing, ShortTerms
from study.evidence.margins import Question
from study.screen.progress import print_verdicts
from tests.evidence.losses import in_folds, only_verdict, scored, three, trial, undecided, usual_trials
from tests.snapshots.conftest import Approve

Made = Callable[[np.random.Generator], list[Verdict]]


def printed(verdicts: Sequence[Verdict]) -> str:
    out = io.StringIO()
    print_verdicts(verdicts, Console(file=out, width=80, markup=False, emoji=False, highlight=False))
    return out.getvalue()


def one(models: list[pd.DataFrame], trials: pd.DataFrame | None = None, **more: Any) -> list[Verdict]:
    return [only_verdict(models, trials, **more)]


def few_rows(rng: np.random.Generator) -> list[Verdict]:
    base, network = rng.exponential(1.0, (2, 40))
    return one([scored(base), scored(network, "neural", 1)])


ANSWERS: dict[str, Made] = {
    "regression": lambda rng: one(three(rng, 0.99, 1.02)),
    "terms": lambda rng: one(three(rng, 0.6, 0.595)),
    "network": lambda rng: one(three(rng, 0.9, 0.2)),
    "undecided": few_rows,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_said_of_an_answer(name: str, approve: Approve) -> None:
    approve(printed(ANSWERS[name](np.random.default_rng(0))))
