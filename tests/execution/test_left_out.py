"""Workers that are of no use, and nodes that are left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from study.execution.dispatcher import MOST_UNBORN
from study.execution.events import Came, Ended, Event, Lost, Reported
from study.execution.faults import IN_A_ROW
from study.schema import StudyError, TrialState
from study.training.task import Task
from tests.execution.test_dispatcher import Script, dispatcher, report, report_of
from tests.execution.test_failures import FIRST, Prompt, raised, run
from tests.search.bench import small


def unfit(worker: str, error: str = "no") -> list[Event]:
    """A worker that cannot prove itself."""
    return [Lost(worker, error, died=False)]


def test_workers_that_cannot_prove_themselves_leave_their_node_out(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return (
            unfit(worker, "Traceback\nImportError: libcuda")
            if worker in bad
            else report(worker, task)
        )

    bad = {"w1", "w3", "w4"}
    search, workers = small(trials=12), Prompt(act, "bad", "good", "bad", "bad", "good")
    notes = run(tmp_path, [search], workers, max_tries=1)
    assert {record.state for record in search.records.values()} == {TrialState.COMPLETE}
    assert sum(worker in bad for worker, _ in workers.sent) == IN_A_ROW
    (note,) = notes
    assert re.search(r"\bbad\b.*ImportError: libcuda$", note)

    bad |= {f"w{n}" for n in range(40)}
    with pytest.raises(StudyError, match=r"ImportError: libcuda$"):
        run(tmp_path / "alone", [small(trials=6)], Script(act))


def test_a_worker_that_cannot_prove_itself_where_others_have_succeeded_is_replaced(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        if worker in bad:
            return unfit(worker, "Traceback\nOSError: stale\n")
        return [Reported(worker, report_of(task, grown=worker == "w1"))]

    bad = {"w2", "w4"}
    search, workers = small(trials=6), Script(act)
    workers.room = 1
    assert run(tmp_path, [search], workers) == []
    assert {record.state for record in search.records.values()} == {TrialState.COMPLETE}
    assert workers.left == ["w1", "w2"]

    bad |= {f"w{n}" for n in range(2, 40)}
    workers = Script(act)
    workers.room = 1
    with pytest.raises(StudyError, match=r"OSError: stale$"):
        run(tmp_path / "mostly", [small(trials=6)], workers)
    assert [worker for worker, _ in workers.sent] == ["w1", "w2", "w3", "w4"]


def test_a_worker_that_fails_at_two_tasks_in_a_row_is_replaced_before_its_node_is_left_out(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        if worker == "w1":
            workers.events[:0] = raised(
                worker, "Traceback\nInternalError: CUDA_ERROR_ILLEGAL_ADDRESS\n"
            )  # in milliseconds
            return []
        return report(worker, task)

    search, workers = small(trials=9), Script(act)
    workers.events = [Came("w1"), Came("w2")]
    workers.born = workers.alive = 2
    assert run(tmp_path, [search], workers) == []

    assert {record.state for record in search.records.values()} == {TrialState.COMPLETE}
    assert [worker for worker, _ in workers.sent].count("w1") == 2
    assert workers.left == ["w1"]


def test_workers_of_a_node_that_is_left_out_do_not_count_among_those_that_are_wanted(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return unfit(worker) if worker in {"w1", "w2", "w3"} else report(worker, task)

    search, workers = (
        small(trials=3),
        Script(act, *["bad"] * 3, "good"),
    )  # also those that come there later
    workers.room = 4
    run(tmp_path, [search], workers)

    assert search.finished


def test_workers_that_end_one_after_the_other_at_a_broken_node_end_no_study_that_trains_elsewhere(
    tmp_path: Path,
) -> None:
    search, workers = small(trials=1), Script(lambda worker, task: [], "n", "m")
    dispatched = dispatcher(tmp_path, [search], workers)
    events: list[Event] = [Came("a", "n"), *unfit("a"), Came("b", "m")]
    for n in range(MOST_UNBORN * workers.room + 1):
        events += [Came(f"c{n}", "n"), Ended(f"c{n}", "killed")]

    for event in events:
        dispatched._take(event)
        dispatched._hand_out()

    assert [(worker, task.key) for worker, task in dispatched._out.items()] == [("b", FIRST)]
