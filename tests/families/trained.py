"""What the families of a conformance suite have learnt, each once a process, and the cases they are
tested on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from study.families import Architecture
from study.records.trial import TrialRecord, WinnerRecord
from study.schema import Kind
from study.training.problem import Fit
from study.training.trial import architecture_of, make_problem, run_trial, train
from study.training.winner import run_winner

from .problems import N_INNER, Case, cases, encoded_for, task_for

every_case = pytest.mark.parametrize("case", cases(), ids=str)
one_a_family = pytest.mark.parametrize(
    "case", {case.family: case for case in reversed(cases())}.values(), ids=str
)
shallow = pytest.mark.parametrize("case", [case for case in cases() if case.depth <= 1], ids=str)
networks = pytest.mark.parametrize("case", [case for case in cases() if case.depth], ids=str)
WAYS = [
    Case("baseline", Kind.COUNT, 0),
    Case("terms", Kind.MULTICLASS, 0),
    Case("neural", Kind.BINARY, 1),
]
"""One of each way to train: nothing but an intercept, a convex path, and epochs."""
every_way = pytest.mark.parametrize("case", WAYS, ids=str)
BRIEF = 20
"""Epochs where a network need not have learnt all that it can; they compile nothing anew."""


@lru_cache
def searched(case: Case) -> TrialRecord:
    return run_trial(task_for(case), encoded_for(case)[0])[0]


def trained(case: Case, seeds: list[int], **task: Any) -> tuple[Fit, Architecture]:
    own, (encoded, _) = task_for(case, **task), encoded_for(case)
    architecture = architecture_of(own, encoded, N_INNER)
    return train(
        own, architecture, make_problem(own, encoded, list(range(N_INNER))), seeds
    ), architecture


@lru_cache
def won(case: Case) -> tuple[WinnerRecord, dict[str, bytes]]:
    return run_winner(task_for(case, epochs=BRIEF).as_winner(0.5), encoded_for(case)[0])


@lru_cache
def usually_trained(case: Case) -> tuple[Fit, Architecture]:
    return trained(case, [1, 2], epochs=BRIEF)
