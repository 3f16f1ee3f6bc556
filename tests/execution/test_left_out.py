"""Workers that are of no use, and nodes that are left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from study.execution.dispatcher import MOST_UNBORN
from study.execution.events import Came, Ended, Event, Reported, Unfit
from study.schema import StudyError, TrialState
from study.training.task import Task
from tests.execution.test_dispatcher import Script, dispatcher, report, report_of
from tests.execution.test_failures import FIRST, died, raised, run
from tests.search.bench import small


def test_a_worker_that_cannot_prove_itself_leaves_its_node_out_at_once(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return [Unfit(worker, "Traceback\nImportError: libcuda")] if worker in bad else report(worker, task)

    bad = {f"w{n}" for n in range(1, 40, 2)}
    arm, workers = small(trials=6), Script(act, "bad", "good")
    notes = run(tmp_path, [arm], workers, max_tries=1)
    assert {record.state for record in arm.records.values()} == {TrialState.COMPLETE}
    assert sum(worker in bad for worker, _ in workers.sent) == 1
    (note,) = notes
    assert re.search(r"\bbad\b.*ImportError: libcuda$", note)

    bad |= {f"w{n}" for n in range(40)}
    with pytest.raises(StudyError, match=r"ImportError: libcuda$"):
        run(tmp_path / "alone", [small(trials=6)], Script(act))


def test_a_worker_that_cannot_prove_itself_where_others_have_succeeded_is_replaced(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        if worker in bad:
            return [Unfit(worker, "Traceback\nOSError: stale\n")]
        return [Reported(worker, report_of(task, grown=worker == "w1"))]

    bad = {"w2", "w4"}
    arm, workers = small(trials=6), Script(act)
    workers.room = 1
    assert run(tmp_path, [arm], workers, max_tries=1) == []
    assert {record.state for record in arm.records.values()} == {TrialState.COMPLETE}
    assert workers.left == ["w1", "w2"]

    bad |= {f"w{n}" for n in range(2, 40)}
    workers = Script(act)
    workers.room = 1
    with pytest.raises(StudyError, match=r"OSError: stale$"):
        run(tmp_path / "mostly", [small(trials=6)], workers)
    assert [worker for worker, _ in workers.sent] == ["w1", "w2", "w3", "w4"]


def test_a_worker_that_fails_at_two_tasks_in_a_row_is_replaced_before_its_node_is_left_out(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        if worker == "w1":
            workers.events[:0] = raised(worker, "Traceback\nInternalError: CUDA_ERROR_ILLEGAL_ADDRESS\n")  # in milliseconds
            return []
        return report(worker, task)

    arm, workers = small(trials=9), Script(act)
    workers.events = [Came("w1"), Came("w2")]
    workers.born = workers.alive = 2
    assert run(tmp_path, [arm], workers) == []

    assert {record.state for record in arm.records.values()} == {TrialState.COMPLETE}
    assert [worker for worker, _ in workers.sent].count("w1") == 2
    assert workers.left == ["w1"]


def test_workers_of_a_node_that_is_left_out_do_not_count_among_those_that_are_wanted(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return [Unfit(worker, "no")] if worker == "w1" else report(worker, task)

    arm, workers = small(trials=1), Script(act, *["bad"] * 3, "good")  # also those that come there later
    workers.room = 4
    run(tmp_path, [arm], workers)  # with a trial and a winner left two workers would be wanted, and they take nothing

    assert arm.finished


def test_a_node_that_is_left_out_is_kept_free_for_nobody(tmp_path: Path) -> None:
    workers = Script(lambda worker, task: [], "n", "m")
    dispatched = dispatcher(tmp_path, [small(trials=9)], workers)

    def happens(*events: Event) -> None:
        for event in events:
            dispatched._take(event)
            dispatched._hand_out()

    happens(Came("a", "n"), Came("b", "n"), Came("c", "m"))
    happens(*died("a"), Came("d", "m"))  # m is to be kept free for what a had
    assert [key for worker, key in workers.sent if worker == "d"] == []

    happens(Unfit("c", "no"), Came("e", "n"))
    assert dispatched.blame.left_out.keys() == {"m"}
    happens(*report("b", dispatched._out["b"]))  # now n is
    assert dispatched._out.keys() == {"e"}
    happens(*report("e", dispatched._out["e"]))
    assert dispatched._out.keys() <= {"b", "e"}
    assert [task.key for task in dispatched._out.values()] == [FIRST]


def test_workers_that_end_one_after_the_other_at_a_broken_node_end_no_study_that_trains_elsewhere(tmp_path: Path) -> None:
    arm, workers = small(trials=1), Script(lambda worker, task: [], "n", "m")
    dispatched = dispatcher(tmp_path, [arm], workers)
    events: list[Event] = [Came("a", "n"), Unfit("a", "no"), Came("b", "m")]
    for n in range(MOST_UNBORN * workers.room + 1):
        events += [Came(f"c{n}", "n"), Ended(f"c{n}", "killed")]

    for event in events:
        dispatched._take(event)
        dispatched._hand_out()

    assert [(worker, task.key) for worker, task in dispatched._out.items()] == [("b", FIRST)]
