"""Whose a failure is: counts for tasks and for nodes."""

from __future__ import annotations

import re

import pytest

from study.execution.faults import IN_A_ROW, Blame
from study.execution.queue import FoldQueue
from study.execution.tasks import Tasks
from study.training.task import Task
from tests.search.bench import small, trees_of
from tests.search.helpers import config_of


def blame(*nodes: str, max_tries: int = 1) -> Blame:
    made = Blame(max_tries)
    for node in nodes:
        made.know(node, f"host of {node}")
    return made


@pytest.fixture
def tasks() -> list[Task]:
    found = Tasks(config_of(), {"y-extended-o0": small(trials=9)}, FoldQueue([trees_of(n) for n in range(4)]), lambda *_: None)
    return [task for _ in range(13) if (task := found.next()) is not None]


def test_a_task_that_asks_for_a_whole_node_closes_it(tasks: list[Task]) -> None:
    own = blame("n", "m")
    own.begin(tasks[0], "n")
    own.begin(tasks[1], "n")
    own.failed(tasks[0], "killed", died=True)
    own.succeeded(tasks[1])
    assert (own.verdict(tasks[0]), own.whole(tasks[0].key), own.may(tasks[0].key, "n")) == (None, True, True)

    own.begin(tasks[0], "n")
    assert (own.closed("n"), own.closed("m")) == (True, False)
    own.failed(tasks[0], "killed", died=True)
    own.begin(tasks[2], "n")
    assert own.verdict(tasks[0]) is None
    own.succeeded(tasks[2])
    said = str(own.verdict(tasks[0]))
    assert said.startswith("killed\n")
    assert re.findall(r"\d+", said) == ["1"]  # time that its worker died


def test_workers_that_die_together_are_one_failure_of_their_node(tasks: list[Task]) -> None:
    own = blame("n", "m", max_tries=3)
    for attempt in range(IN_A_ROW):
        assert not own.left_out
        for task in tasks[3 * attempt : 3 * attempt + 3]:
            own.begin(task, "n")
        for task in tasks[3 * attempt : 3 * attempt + 3]:
            own.failed(task, "killed", died=True)

    assert own.left_out == {"n": "killed"}


def test_a_node_that_is_lost_blames_nobody_and_is_not_left_out(tasks: list[Task]) -> None:
    own = blame("n")
    for task in tasks[:6]:
        own.begin(task, "n")
        own.failed(task, "gone", died=True, reached=False, lost=True)

    assert (own.left_out, own.whole(tasks[0].key), own.verdict(tasks[0])) == ({}, False, None)


def test_where_nobody_answers_a_task_asks_for_a_whole_node_the_second_time(tasks: list[Task]) -> None:
    own = blame("n", "m")
    for node, whole in (("n", False), ("m", True)):
        own.begin(tasks[0], node)
        own.failed(tasks[0], "unavailable", died=True, reached=False)
        assert own.whole(tasks[0].key) is whole


def test_all_work_of_one_sort_that_fails_leaves_no_node_out_that_succeeds_with_trials(tasks: list[Task]) -> None:
    own = blame("n", max_tries=2)
    own.begin(tasks[0], "n")
    own.succeeded(tasks[0])
    for _ in range(2):
        for task in tasks[-4:]:
            own.begin(task, "n")
            own.failed(task, "Traceback\nMemoryError")
        own.release({"n"})

    assert own.left_out == {}
    assert [own.verdict(task) for task in tasks[-4:]] == ["Traceback\nMemoryError"] * 4


def test_a_gpu_that_is_not_there_leaves_its_node_out_also_where_workers_without_one_succeed(tasks: list[Task]) -> None:
    own = blame("n")
    own.begin(tasks[0], "n")
    own.fit("n", gpu=False)
    own.succeeded(tasks[0])
    own.begin(tasks[1], "n")
    own.unfit(tasks[1], "no GPU", gpu=True)

    assert own.left_out == {"n": "no GPU"}
