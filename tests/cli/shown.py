"""A study that a view shows, without running it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from study.cli.progress import Progress
from study.config import make_config
from study.execution.queue import FoldQueue
from study.records.formula import FormulaWork
from study.records.trial import TrialRecord, WinnerRecord
from study.schema import ALL_ROWS, Kind, Search, TrialState
from study.search.cost import Size
from study.search.plan import Plan, make_plan
from study.search.state import SearchState


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def make_study(**more: Any) -> tuple[Plan, dict[str, SearchState], FoldQueue]:
    """Two outer folds and all rows of a regression with terms and of a network, four trials each,
    and the work beside them.
    """
    config = make_config(
        {
            "name": "party [1]",
            "data": {"source": "balloons"},
            "targets": ["y [m]"],
            "families": ["terms", "neural"],
            "depths": 1,
            "protocol": "nested",
            "outer": {"folds": 2},
            "search": {"trials": 4},
            **more,
        }
    )
    plan = make_plan(config, [Size("y [m]", Kind.CONTINUOUS, 100, 3)])
    formulas = [
        FormulaWork(target="y [m]", kind=Kind.CONTINUOUS, outer_fold=fold)
        for fold in (0, 1, ALL_ROWS)
    ]
    plan = replace(
        plan, beside=(*plan.beside, *formulas)
    )  # those of the plain regression, left out for fewer trials
    return (
        plan,
        {
            search.key: SearchState(plan.config, search, 80, plan.trials(search), {})
            for search in plan.searches
        },
        FoldQueue(plan.beside),
    )


def record(
    search: Search, number: int, loss: float | None = 0.5, seconds: float = 2.0
) -> TrialRecord:
    state, error = (
        (TrialState.COMPLETE, None)
        if loss is not None
        else (TrialState.FAIL, "Traceback\nValueError: [no] luck\n")
    )
    told = {
        "study": "party",
        "trial_id": search.trial_id(number),
        "generation": 0,
        "params": {},
        "wall_time_s": seconds,
    }
    return TrialRecord(
        search=search, number=number, state=state, val_loss=loss, error=error, **told
    )


def winner(search: Search) -> WinnerRecord:
    told = {"study": "party", "rows": [], "observed": [], "candidates": (), "coefficients": ()}
    return WinnerRecord(search=search, number=0, params={}, val_loss=0.5, **told)


def finish(
    shown: Progress, searches: dict[str, SearchState], key: str, numbers: range, **more: Any
) -> None:
    for number in numbers:
        told = record(searches[key].spec, number, **more)
        searches[key].tell(told)
        shown.finished(told)


def finish_work(
    shown: Progress,
    queue: FoldQueue,
    number: int = 0,
    state: TrialState = TrialState.COMPLETE,
    **more: Any,
) -> None:
    told = queue.work[number].record("party", state, **more)
    queue.tell(told)
    shown.finished(told)


def plain() -> tuple[Progress, io.StringIO]:
    out = io.StringIO()
    return Progress(Console(file=out, width=60, markup=False, emoji=False, highlight=False)), out
