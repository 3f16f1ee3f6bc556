"""How long a study lasts on some workers, held against the shipped order of tasks on workers in
virtual time.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any

import pytest

from study.execution.queue import FoldQueue
from study.execution.tasks import Tasks
from study.records.work import FoldWork
from study.schema import Kind, Suggestion, TrialState
from study.search.cost import WINNER_S, Size, formula_cost, trees_cost, trial_cost
from study.search.effort import effort_of
from study.search.plan import Plan, make_plan
from study.search.state import SearchState
from study.training.task import FoldTask, Task, WinnerTask

from . import helpers

SIZE = Size("y", Kind.CONTINUOUS, 4_000, 20)


def makespan(plan: Plan, workers: int) -> float:
    """Seconds from the first task to the last, each lasting as long as it is modelled to."""
    searches = {
        search.key: SearchState(plan.config, search, 3_200, plan.trials(search), {})
        for search in plan.searches
    }
    beside = FoldQueue(plan.beside)
    tasks = Tasks(plan.config, searches, beside, lambda task, tries: None)
    tasks.begun = max(tasks.begun, 2 * workers)
    out: list[tuple[float, int, Task]] = []
    now, number = 0.0, 0
    while not tasks.finished:
        while len(out) < workers and (task := tasks.next()) is not None:
            heapq.heappush(out, (now + lasting(plan, task), number, task))
            number += 1
        now, _, task = heapq.heappop(out)
        if isinstance(task, FoldTask):
            beside.tell(task.work.record("test", TrialState.COMPLETE))
        elif isinstance(task, WinnerTask):
            searches[task.search.key].score(task.number)
        else:
            searches[task.search.key].tell(
                helpers.record_of(task.search, Suggestion(task.number, 0, task.params))
            )
        tasks.ended(task)
    return now


def lasting(plan: Plan, task: Task) -> float:
    if isinstance(task, FoldTask):
        return work_cost(plan, task.work)
    trial = trial_cost(plan.config, task.search, SIZE)
    return 2 * trial + WINNER_S if isinstance(task, WinnerTask) else trial


def work_cost(plan: Plan, work: FoldWork) -> float:
    return (
        trees_cost(SIZE, effort_of(plan.config).tree_trials)
        if work.sort == "trees"
        else formula_cost(SIZE)
    )


@pytest.mark.parametrize(
    ("workers", "more"),
    [(2, {}), (64, {"search": {"trials": 60, "sampler": "random"}}), (500, {"depths": [3]})],
    ids=str,
)
def test_the_time_on_some_workers_is_that_of_its_tasks_in_their_order(
    workers: int, more: dict[str, Any]
) -> None:
    asked = {
        "protocol": "nested",
        "outer": {"folds": 5, "repeats": 1},
        "search": {"trials": 20, "sampler": "random"},
    } | more
    plan = make_plan(helpers.config_of(**asked), [SIZE])

    searching = replace(
        plan.cost,
        seconds=plan.cost.seconds - 2 * plan.cost.compiling,
        compiling=0.0,
        start=0.0,
        end=0.0,
    )

    assert 0.9 < searching.lasts(workers) / makespan(plan, workers) < 1.7
