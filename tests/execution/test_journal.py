"""What is out is noted on disk, and a driver's death is blamed on one suspect at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from study.execution.journal import Journal
from study.execution.queue import FoldQueue
from study.execution.tasks import Tasks
from study.records.paths import StudyPaths, write_atomic
from study.schema import Share
from study.training.task import Task
from tests.search.bench import small
from tests.search.helpers import config_of


@pytest.fixture
def tasks() -> list[Task]:
    found = Tasks(config_of(), {"y-terms-o0": small(trials=9)}, FoldQueue(()), lambda *_: None)
    return [task for _ in range(9) if (task := found.next()) is not None]


Die = Callable[..., Journal]


@pytest.fixture
def die() -> Iterator[Die]:
    """A driver that dies with some tasks out, after those that came back."""
    left = []

    def die(paths: StudyPaths, *out: Task, back: tuple[Task, ...] = ()) -> Journal:
        journal = Journal(paths, 2).__enter__()
        left.append(journal)
        for task in (*back, *out):
            journal.out(task)
        for task in back:
            journal.back(task)
        return journal

    yield die
    for journal in left:
        assert journal._file is not None
        journal._file.close()


def test_a_run_that_ends_in_order_leaves_no_journal_and_no_suspect(
    tmp_path: Path, tasks: list[Task]
) -> None:
    with suppress(KeyboardInterrupt), Journal(StudyPaths(tmp_path), 2) as journal:
        journal.out(tasks[0])
        raise KeyboardInterrupt

    with Journal(StudyPaths(tmp_path), 2) as after:
        assert after.suspects == set()
    assert list(StudyPaths(tmp_path).journal.parent.iterdir()) == []


def test_what_was_out_when_a_driver_died_is_suspect_and_runs_one_at_a_time(
    tmp_path: Path, tasks: list[Task], die: Die
) -> None:
    paths = StudyPaths(tmp_path)
    die(paths, *tasks[1:3], back=(tasks[0],))

    with Journal(paths, 2) as journal:
        assert journal.suspects == {tasks[1].key, tasks[2].key}
        assert all(map(journal.may_run, tasks))
        journal.out(tasks[0])
        journal.out(tasks[1])
        assert [journal.may_run(task) for task in tasks[2:4]] == [False, True]
        assert not journal.closed([tasks[2]])
        journal.back(tasks[1])
        assert journal.may_run(tasks[2])


def test_a_suspect_answers_for_its_driver_runs_alone_then_and_is_given_up_after_its_tries(
    tmp_path: Path, tasks: list[Task], die: Die
) -> None:
    paths, deadly, beside = StudyPaths(tmp_path), tasks[0], tasks[1]
    die(paths, deadly, beside)
    die(paths, deadly, tasks[2])

    alone = die(paths)
    assert alone.suspects == {task.key for task in tasks[:3]}
    alone.out(tasks[3])
    assert (alone.may_run(deadly), alone.closed([deadly]), alone.closed([])) == (False, True, False)
    alone.back(tasks[3])
    assert alone.may_run(deadly)
    alone.out(deadly)
    assert alone.closed([])

    last = die(paths)
    assert [last.may_run(task) for task in tasks[:2]] == [False, True]
    assert re.findall(r"\d+", str(last.final_error(deadly))) == ["2"]  # times that its driver died
    assert [last.final_error(task) for task in tasks[1:]] == [None] * 8


def test_to_ask_for_a_suspect_takes_no_longer_where_thousands_are_out(
    tmp_path: Path, tasks: list[Task]
) -> None:
    class Counted(set[str]):
        asked = 0

        def __contains__(self, key: object) -> bool:
            Counted.asked += 1
            return super().__contains__(key)

        def __and__(self, other: object) -> set[str]:
            raise AssertionError("it goes through all that is out")

    with Journal(StudyPaths(tmp_path), 2) as journal:
        journal.suspects = Counted(task.key for task in tasks[:2])
        journal._out = Counted(f"other-{n}" for n in range(1_000))
        journal.out(tasks[0])
        asked = Counted.asked
        assert [journal.may_run(task) for task in tasks[1:3]] == [False, True]
        assert Counted.asked - asked == 2


def test_a_run_that_has_lost_its_lock_leaves_the_journal_of_the_next_one(
    tmp_path: Path, tasks: list[Task]
) -> None:
    paths = StudyPaths(tmp_path)
    with Journal(paths, 2):
        other = Journal(paths, 2).__enter__()
        other.out(tasks[0])

    assert json.loads(paths.journal.read_text()) == {"out": tasks[0].key}
    other.__exit__(None, None, None)
    assert not paths.journal.exists()


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path, tasks: list[Task]) -> None:
    paths = StudyPaths(tmp_path)
    write_atomic(paths.journal, json.dumps({"out": tasks[0].key}) + '\n{"out": "y-ext')

    with Journal(paths, 2) as journal:
        assert journal.suspects == {tasks[0].key}


def test_the_run_on_all_searches_takes_over_what_the_drivers_of_shares_left(
    tmp_path: Path, tasks: list[Task], die: Die
) -> None:
    whole, share = StudyPaths(tmp_path), StudyPaths(tmp_path, Share(number=1, count=3))
    write_atomic(share.environment, "{}")
    die(share, tasks[0])

    with Journal(whole, 2) as journal:
        assert journal.suspects == {tasks[0].key}
        assert not share.journal.exists()
