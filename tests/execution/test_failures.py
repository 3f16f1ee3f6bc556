"""What fails: a study goes on, blames whom it should, and ends."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest

from study.execution.dispatcher import Dispatcher
from study.execution.events import Came, Ended, Event, Lost, Reported
from study.execution.faults import IN_A_ROW
from study.execution.journal import Journal
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder
from study.execution.run import TaskResult
from study.execution.tasks import Tasks
from study.records.paths import StudyPaths, write_atomic
from study.records.work import FoldWork
from study.schema import StudyError, TrialState
from study.search.state import SearchState
from study.training.task import Task
from tests.execution.test_dispatcher import UNSCORED, Script, report
from tests.search.bench import small, trees_of
from tests.search.helpers import config_of

FIRST, SECOND = "y-terms-o0-0000", "y-terms-o0-0001"


def raised(worker: str, said: str = "Traceback\nValueError: no\n") -> list[Event]:
    return [Reported(worker, TaskResult(error=said))]


def died(worker: str) -> list[Event]:
    return [Lost(worker, "killed"), Ended(worker)]


class Prompt(Script):
    """Workers that come as soon as there is room, whatever else happens."""

    def next(self, timeout_s: float) -> Event | None:
        waiting = [] if self.alive < min(self.room, self.wanted) else self.events
        before, self.events = self.events, waiting
        event = super().next(timeout_s)
        self.events = before
        return event


class Heard(Observer):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def run(
    folder: Path, searches: list[SearchState], workers: Script, max_tries: int = 3, *work: FoldWork
) -> list[str]:
    """Run a study; gives what it says, but of winners, which `report_of` cannot score."""
    heard, by_key = Heard(), {search.spec.key: search for search in searches}
    recorder = Recorder(StudyPaths(folder), heard, by_key, FoldQueue(work))
    tasks = Tasks(
        config_of(search={"max_tries": max_tries}), by_key, recorder.beside, recorder.add_failure
    )
    with Journal(recorder.paths, max_tries) as journal:
        Dispatcher(tasks, recorder, workers, journal).run()
    return [note for note in heard.notes if UNSCORED not in note]


def test_a_task_that_raises_where_others_succeed_fails_after_its_tries_with_its_last_error_in_full(
    tmp_path: Path,
) -> None:
    said: list[str] = []

    def act(worker: str, task: Task) -> list[Event]:
        if task.key != SECOND:
            return report(worker, task)
        said.append(f"Traceback\n  deep inside\nValueError: number {len(said)}\n")
        return raised(worker, said[-1])

    search = small(trials=6)
    notes = run(tmp_path, [search], Script(act))

    (failed,) = [n for n, record in search.records.items() if record.state is TrialState.FAIL]
    record = (tmp_path / "trials" / "y-terms-o0" / f"{failed:04d}.json").read_text()
    assert (failed, len(said), notes) == (1, 3, [])
    assert r"Traceback\n  deep inside\nValueError: number 2\n" in record


def test_a_task_is_not_run_again_on_its_node_before_another_one_has_ended_there(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return raised(worker) if task.key == FIRST else report(worker, task)

    workers = Script(act)
    workers.room = 1
    run(tmp_path, [small(trials=4)], workers)

    keys = [key for _, key in workers.sent]
    assert keys.count(FIRST) == 3
    assert not any(one == other for one, other in pairwise(keys))


def test_a_node_that_fails_at_three_tasks_in_a_row_is_left_out_named_and_blames_none(
    tmp_path: Path,
) -> None:
    def act(worker: str, task: Task) -> list[Event]:
        return (
            raised(worker, "Traceback\nOSError: full\n") if worker in bad else report(worker, task)
        )

    bad = {f"w{n}" for n in range(1, 40, 2)}
    search, workers = small(trials=12), Prompt(act, "bad", "good")
    notes = run(tmp_path, [search], workers)

    assert {record.state for record in search.records.values()} == {TrialState.COMPLETE}
    assert sum(worker in bad for worker, _ in workers.sent) == IN_A_ROW
    (note,) = notes
    assert re.search(r"\bbad\b.*OSError: full$", note)


@pytest.mark.parametrize("how", [raised, died])
def test_on_a_single_node_three_failures_in_a_row_end_it_with_the_first_error_and_no_record(
    tmp_path: Path, how: object
) -> None:
    count = iter(range(99))

    def act(worker: str, task: Task) -> list[Event]:
        return (
            raised(worker, f"Traceback\n  here\nImportError: {next(count)}")
            if how is raised
            else died(worker)
        )

    search, workers = small(trials=9), Script(act)
    workers.room = 1
    with pytest.raises(
        StudyError, match="Traceback\n  here\nImportError: 0$" if how is raised else "killed$"
    ):
        run(tmp_path, [search], workers)

    assert len(workers.sent) == len({key for _, key in workers.sent}) == IN_A_ROW
    assert not search.records
    assert not list(tmp_path.rglob("*.json"))


def test_the_only_task_of_a_node_that_never_succeeded_ends_it_too(tmp_path: Path) -> None:
    search, workers = small(trials=1), Script(lambda worker, _: raised(worker))

    with pytest.raises(StudyError, match=r"ValueError: no$"):
        run(tmp_path, [search], workers)

    assert (len(workers.sent), search.records) == (IN_A_ROW, {})


def test_a_death_beside_others_is_no_try_and_the_task_is_then_run_alone_on_its_node(
    tmp_path: Path,
) -> None:
    held: list[Event] = []
    alone: list[bool] = []
    out: set[str] = set()

    def act(worker: str, task: Task) -> list[Event]:
        out.add(worker)
        if task.key == FIRST:
            alone.append(len(out) == 1)
        out.discard(worker)
        events = died(worker) if task.key == FIRST else report(worker, task)
        if not alone or len(alone) == 1:
            held.extend(events)
            if len(held) < 3:  # two are out together
                return []
            events = [*held]
            held.clear()
        return events

    search = small(trials=6)
    run(tmp_path, [search], Script(act), max_tries=1)

    assert len(alone) == 2  # the first is no try, the second is
    assert search.records[0].state is TrialState.FAIL
    assert {search.records[n].state for n in range(1, 6)} == {TrialState.COMPLETE}


def test_what_killed_its_driver_too_often_is_given_up_without_another_try(tmp_path: Path) -> None:
    suspects = [{"suspect": FIRST, "deaths": 3}, {"suspect": SECOND, "deaths": 2}]
    write_atomic(
        StudyPaths(tmp_path).journal, "".join(f"{json.dumps(line)}\n" for line in suspects)
    )
    search, workers = small(trials=4), Script(report)

    run(tmp_path, [search], workers)

    assert FIRST not in {key for _, key in workers.sent}
    assert [search.records[n].state for n in range(4)] == [
        "FAIL",
        "COMPLETE",
        "COMPLETE",
        "COMPLETE",
    ]


class Chance(Script):
    """Workers of three nodes whose tasks end in any order, well or not: each task and node has its
    own odds.
    """

    room = 6

    def __init__(self, rng: random.Random) -> None:
        super().__init__(self.end_somehow, "n", "m", "o")
        self.rng = rng
        self.odds: dict[str, float] = {}
        self.node: dict[str, str] = {}

    def next(self, timeout_s: float) -> Event | None:
        if self.alive < min(self.room, self.wanted) and (
            not self.events or self.rng.random() < 0.5
        ):
            self.born, self.alive = self.born + 1, self.alive + 1
            node = self.rng.choice(self.on)
            self.node[f"w{self.born}"] = node
            return Came(f"w{self.born}", node, node)
        assert self.events, "it waits for ever"
        event = self.events.pop(0)
        self.alive -= isinstance(event, Ended)
        return event

    def end_somehow(self, worker: str, task: Task) -> list[Event]:
        node = self.node[worker]
        self.odds.setdefault(
            node, self.rng.choice([0, 0, 1])
        )  # a node that fails now and then is no better than its tasks
        bad = max(self.odds[node], self.odds.setdefault(task.key, self.rng.choice([0, 0, 0.2, 1])))
        events = report(worker, task)
        if self.rng.random() < bad:
            events = self.rng.choice([raised(worker), died(worker)])
        after = self.rng.randrange(len(self.events) + 1)
        self.events[after:after] = events
        return []


def test_whatever_fails_it_ends_and_blames_no_task_that_never_fails_by_itself(
    tmp_path: Path,
) -> None:
    ends = set()
    for seed in range(15):
        rng = random.Random(seed)
        searches = [
            small("neural", trials=5, search={"sampler": "random", "generation": 2}),
            small(trials=4),
        ]
        workers, broken = Chance(rng), False
        try:
            run(
                tmp_path / str(seed),
                searches,
                workers,
                rng.choice([1, 2, 3]),
                *map(trees_of, range(3)),
            )
        except StudyError:
            broken = True

        failed = {
            search.spec.trial_id(n)
            for search in searches
            for n, each in search.records.items()
            if each.state is TrialState.FAIL
        }
        assert all(workers.odds[key] > 0 for key in failed), seed
        assert broken or all(search.finished for search in searches), seed
        assert len(workers.sent) < 200, seed
        ends.add(broken)
    assert ends == {True, False}
