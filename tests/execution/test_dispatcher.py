"""The dispatcher: which worker has which task, what is handed out again, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from study.execution.dispatcher import MOST_UNBORN, Dispatcher
from study.execution.events import Broken, Came, Ended, Event, Lost, Reported
from study.execution.journal import Journal
from study.execution.observer import Interrupted, Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder, Report
from study.execution.run import TaskResult
from study.execution.tasks import Tasks
from study.records.paths import StudyPaths
from study.records.reading import read_records
from study.schema import StudyError, Suggestion
from study.search.state import SearchState
from study.training.task import Task, TrialTask, Unscored, WinnerTask
from tests.search.bench import small
from tests.search.helpers import config_of, record_of

UNSCORED = "not here"
"""Why no winner can be scored on these workers."""


def report_of(task: Task, grown: bool = False) -> TaskResult:
    record: Report
    if isinstance(task, TrialTask):
        suggestion = Suggestion(number=task.number, generation=task.generation, params=task.params)
        record = record_of(task.search, suggestion)
    elif isinstance(task, WinnerTask):
        record = Unscored(search=task.search, number=task.number, error=UNSCORED)
    else:
        record = task.failed(UNSCORED)
    return TaskResult(record, grown=grown)


class Script:
    """Workers that come one after the other, as many as are wanted, and do what `act` says of each
    task that they get.
    """

    room = 2

    def __init__(self, act: Callable[[str, Task], list[Event]], *nodes: str) -> None:
        self.act = act
        self.on = nodes or ("here",)
        self.gone: set[str] = set()
        self.events: list[Event] = []
        self.sent: list[tuple[str, str]] = []
        self.left: list[str] = []
        self.born = self.alive = self.wanted = 0

    def want(self, count: int, plain: int) -> None:
        self.wanted = count

    def next(self, timeout_s: float) -> Event | None:
        if self.events:
            event = self.events.pop(0)
            self.alive -= isinstance(event, Ended)
            return event
        assert self.alive < min(self.room, self.wanted), "it waits for ever"
        self.born += 1
        self.alive += 1
        node = self.on[(self.born - 1) % len(self.on)]
        return Came(f"w{self.born}", node, node)

    def send(self, worker: str, task: Task) -> None:
        self.sent.append((worker, task.key))
        self.events += self.act(worker, task)

    def end(self, worker: str) -> None:
        self.left.append(worker)
        if not any(event == Ended(worker) for event in self.events):  # it lives
            self.events.append(Ended(worker))

    def nodes(self, network: bool = False) -> set[str]:
        return {*self.on} - self.gone


class Mixed(Script):
    """Workers of which the first has a GPU and the second none."""

    def next(self, timeout_s: float) -> Event | None:
        event = super().next(timeout_s)
        return replace(event, gpu=self.born % 2 == 1) if isinstance(event, Came) else event


def report(worker: str, task: Task) -> list[Event]:
    return [Reported(worker, report_of(task))]


def dispatcher(
    folder: Path, searches: list[SearchState], workers: Script, max_tries: int = 3
) -> Dispatcher:
    by_key = {search.spec.key: search for search in searches}
    recorder = Recorder(StudyPaths(folder), Observer(), by_key, FoldQueue(()))
    config = config_of(search={"max_tries": max_tries})
    tasks = Tasks(config, by_key, recorder.beside, recorder.add_failure)
    return Dispatcher(tasks, recorder, workers, Journal(recorder.paths, max_tries))


def test_every_task_goes_to_an_idle_worker_and_no_more_workers_are_wanted_than_there_are_tasks(
    tmp_path: Path,
) -> None:
    search, workers = small(trials=5), Script(report)

    dispatcher(tmp_path, [search], workers).run()

    assert sorted(key for _, key in workers.sent) == [
        *(f"y-terms-o0-{n:04d}" for n in range(5)),
        "y-terms-o0-winner",
    ]
    assert workers.wanted == 6
    assert search.finished
    assert len(read_records(StudyPaths(tmp_path)).trials) == 5


def test_the_task_of_a_lost_worker_goes_to_another_one_and_only_its_own_tries_count(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return (
            [Lost(worker), Ended(worker)] if task.key == "y-terms-o0-0001" else report(worker, task)
        )

    search, workers = small(trials=3), Script(act)

    dispatcher(tmp_path, [search], workers, max_tries=2).run()

    tried = [worker for worker, key in workers.sent if key == "y-terms-o0-0001"]
    states = [search.records[n].state for n in range(3)]
    assert len(set(tried)) == len(tried) == 2
    assert states == ["COMPLETE", "FAIL", "COMPLETE"]


def test_a_worker_that_ends_without_a_word_loses_its_task_once(tmp_path: Path) -> None:
    ended = set()

    def act(worker: str, task: Task) -> list[Event]:
        if task.key in ended:
            return report(worker, task)
        ended.add(task.key)
        return [
            Ended(worker),
            Lost(worker),
            *report(worker, task),
        ]  # Tune may hear of it first, and a report may be late

    search, workers = small(trials=2), Script(act)

    dispatcher(tmp_path, [search], workers, max_tries=2).run()

    assert [search.records[n].state for n in range(2)] == ["COMPLETE", "COMPLETE"]


def test_a_worker_that_has_grown_leaves_after_its_report_which_is_nobodys_try(
    tmp_path: Path,
) -> None:
    search, workers = (
        small(trials=3),
        Script(lambda worker, task: [Reported(worker, report_of(task, grown=True))]),
    )

    dispatcher(tmp_path, [search], workers, max_tries=1).run()

    assert [worker for worker, _ in workers.sent] == workers.left == ["w1", "w2", "w3", "w4"]
    assert {record.state for record in search.records.values()} == {"COMPLETE"}


def test_a_worker_has_its_next_task_before_the_disk_has_its_record(tmp_path: Path) -> None:
    order: list[str] = []

    class Written(Observer):
        def finished(self, record: object) -> None:
            order.append("written")

    def act(worker: str, task: Task) -> list[Event]:
        order.append("sent")
        return report(worker, task)

    search, workers = small(trials=2), Script(act)
    workers.room = 1
    dispatched = dispatcher(tmp_path, [search], workers)
    dispatched.recorder.observer = Written()

    dispatched.run()

    assert order == ["sent", "sent", "written", "written", "sent"]


def test_a_full_disk_ends_it_with_the_first_error_when_what_is_out_has_ended(
    tmp_path: Path,
) -> None:
    search, workers = small(trials=9), Script(report)
    dispatched = dispatcher(tmp_path, [search], workers)
    (tmp_path / "trials").write_text("a file in the way")

    with pytest.raises(OSError, match="trials"):
        dispatched.run()

    assert len(workers.sent) <= 3
    assert len(search.records) == 0


def test_a_full_disk_ends_it_also_where_a_trial_is_given_up(tmp_path: Path) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return (
            [Lost(worker), Ended(worker)] if task.key == "y-terms-o0-0000" else report(worker, task)
        )

    search = small(trials=3)
    dispatched = dispatcher(tmp_path, [search], Script(act), max_tries=1)
    StudyPaths(tmp_path).trial(search.spec, 0).mkdir(parents=True)  # in the way

    with pytest.raises(OSError, match="0000"):
        dispatched.run()

    assert sorted(search.records) == [1, 2]


def test_workers_that_end_before_their_first_task_end_the_study(tmp_path: Path) -> None:
    workers = Script(report)
    workers.events = [Ended(f"unborn-{n}", "no study") for n in range(100)]

    with pytest.raises(StudyError, match=rf"\b{MOST_UNBORN * workers.room + 1}\b.*\bno study\b"):
        dispatcher(tmp_path, [small()], workers).run()


def test_a_worker_that_came_and_ended_idle_is_not_sent_anything(tmp_path: Path) -> None:
    search, workers = small(trials=1), Script(report)
    workers.events = [Came("gone"), Ended("gone")]
    dispatched = dispatcher(tmp_path, [search], workers)
    dispatched.tasks.stopping = True
    dispatched._take(workers.next(0))
    dispatched._take(workers.next(0))
    dispatched.tasks.stopping = False

    dispatched.run()

    assert "gone" not in {worker for worker, _ in workers.sent}


def test_what_breaks_the_pool_is_raised_as_it_is(tmp_path: Path) -> None:
    workers = Script(report)
    workers.events = [Broken(Interrupted())]

    with pytest.raises(Interrupted):
        dispatcher(tmp_path, [small()], workers).run()


def test_networks_go_to_a_gpu_first_and_never_to_a_worker_without_one(tmp_path: Path) -> None:
    searches, workers = [small(trials=3), small("neural", trials=3)], Mixed(report)

    dispatcher(tmp_path, searches, workers).run()

    on_gpu, plain = (
        [key for worker, key in workers.sent if worker == name] for name in ("w1", "w2")
    )
    assert len(workers.sent) == 8
    assert "neural" in on_gpu[0]
    assert not any("neural" in key for key in plain)


def test_a_worker_without_a_gpu_leaves_when_only_networks_are_left(tmp_path: Path) -> None:
    searches, workers = [small("neural", trials=4)], Mixed(report)

    dispatcher(tmp_path, searches, workers).run()

    assert {worker for worker, _ in workers.sent} <= {f"w{n}" for n in range(1, 20, 2)}
    assert len(workers.sent) == 5
