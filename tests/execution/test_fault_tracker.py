"""Faults of tasks and of nodes, told apart by counts."""

from __future__ import annotations

import re

import pytest

from study.execution.faults import IN_A_ROW, FaultTracker
from study.execution.queue import FoldQueue
from study.execution.tasks import Tasks
from study.training.task import Task
from tests.search.bench import small, trees_of
from tests.search.helpers import config_of


def tracker(*nodes: str, max_tries: int = 1) -> FaultTracker:
    made = FaultTracker(max_tries)
    for node in nodes:
        made.add_node(node, f"host of {node}")
    return made


@pytest.fixture
def tasks() -> list[Task]:
    found = Tasks(
        config_of(),
        {"y-terms-o0": small(trials=9)},
        FoldQueue([trees_of(n) for n in range(4)]),
        lambda *_: None,
    )
    return [task for _ in range(13) if (task := found.next()) is not None]


def test_a_task_that_asks_for_a_whole_node_closes_it(tasks: list[Task]) -> None:
    own = tracker("n", "m")
    own.started(tasks[0], "n")
    own.started(tasks[1], "n")
    own.failed(tasks[0], "killed", died=True)
    own.succeeded(tasks[1])
    assert (own.final_error(tasks[0]), own.may_run(tasks[0].key, "n")) == (None, True)

    own.started(tasks[0], "n")
    assert (own.closed("n"), own.closed("m")) == (True, False)
    own.failed(tasks[0], "killed", died=True)
    own.started(tasks[2], "n")
    assert own.final_error(tasks[0]) is None
    own.succeeded(tasks[2])
    said = str(own.final_error(tasks[0]))
    assert said.startswith("killed\n")
    assert re.findall(r"\d+", said) == ["1"]  # time that its worker died


def test_workers_that_die_together_are_one_failure_of_their_node(tasks: list[Task]) -> None:
    own = tracker("n", "m", max_tries=3)
    for attempt in range(IN_A_ROW):
        assert not own.left_out
        for task in tasks[3 * attempt : 3 * attempt + 3]:
            own.started(task, "n")
        for task in tasks[3 * attempt : 3 * attempt + 3]:
            own.failed(task, "killed", died=True)

    assert own.left_out == {"n": "killed"}


def test_a_node_that_is_lost_blames_nobody_and_is_not_left_out(tasks: list[Task]) -> None:
    own = tracker("n")
    for task in tasks[:6]:
        own.started(task, "n")
        own.failed(task, "gone", died=True, lost=True)

    assert (own.left_out, own.final_error(tasks[0])) == ({}, None)


def test_all_work_of_one_sort_that_fails_leaves_no_node_out_that_succeeds_with_trials(
    tasks: list[Task],
) -> None:
    own = tracker("n", max_tries=2)
    own.started(tasks[0], "n")
    own.succeeded(tasks[0])
    for _ in range(2):
        for task in tasks[-4:]:
            own.started(task, "n")
            own.failed(task, "Traceback\nMemoryError")
        own.attribute({"n"})

    assert own.left_out == {}
    assert [own.final_error(task) for task in tasks[-4:]] == ["Traceback\nMemoryError"] * 4
