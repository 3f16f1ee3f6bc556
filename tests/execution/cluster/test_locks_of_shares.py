"""Runs on shares of a study, and a run on all of it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from study.execution.cluster.lock import at_work, locked
from study.records.paths import StudyPaths
from study.schema import StudyError
from tests.execution.cluster.locks import (
    BEAT_S,
    DEAD_LEASE_S,
    ELSEWHERE,
    LEASE_S,
    SLACK_S,
    held,
    share,
)


def test_shares_at_work_are_all_told_and_a_lock_of_another_host_that_nobody_touches_is_not(
    paths: StudyPaths,
) -> None:
    with held(share(paths, 2)) as third, held(share(paths, 7)) as eighth:
        share(paths, 4).lock.write_text(ELSEWHERE.format(LEASE_S))
        began = time.monotonic()

        assert at_work(paths) == [
            f"process {one.pid} on {socket.gethostname()}" for one in (third, eighth)
        ]
        assert time.monotonic() - began < 2.5 * BEAT_S + SLACK_S


def test_shares_go_together_but_each_once_and_not_with_a_run_on_all(paths: StudyPaths) -> None:
    one, other = share(paths, 0), share(paths, 1)

    with held(one) as first:
        with locked(other):
            assert {path.name for path in paths.lock.parent.iterdir()} == {"lock-0of9", "lock-1of9"}
        for second in (one, paths, share(paths, 1, count=2)):
            with pytest.raises(StudyError, match=rf"{paths.root}.*\b{first.pid}\b"), locked(second):
                pass


def test_a_share_is_refused_while_a_run_works_on_all(paths: StudyPaths) -> None:
    with (
        held(paths) as first,
        pytest.raises(StudyError, match=rf"{paths.root}.*\b{first.pid}\b"),
        locked(share(paths, 0)),
    ):
        pass

    with locked(share(paths, 0)):
        pass


def test_locks_of_shares_that_died_are_cleared_by_a_run_on_all(paths: StudyPaths) -> None:
    with held(share(paths, 3)) as first:
        first.kill()
        first.wait()
        with locked(paths):
            pass

    assert not paths.root.exists()


@pytest.mark.usefixtures("all_dead")
def test_locks_of_many_shares_that_died_elsewhere_are_watched_at_once_by_a_run_that_holds_one(
    paths: StudyPaths,
) -> None:
    paths.lock.parent.mkdir(parents=True)
    for number in range(300):
        share(paths, number, count=300).lock.write_text(ELSEWHERE.format(DEAD_LEASE_S))
    begin, threads = time.monotonic(), threading.active_count()

    with locked(paths):
        assert [path.name for path in paths.lock.parent.iterdir()] == ["lock"]
        assert threading.active_count() == threads + 1

    assert DEAD_LEASE_S <= time.monotonic() - begin < 2 * DEAD_LEASE_S + SLACK_S


@pytest.mark.usefixtures("all_dead")
def test_a_share_takes_over_from_a_run_on_all_that_died_elsewhere(paths: StudyPaths) -> None:
    paths.lock.parent.mkdir(parents=True)
    paths.lock.write_text(ELSEWHERE.format(DEAD_LEASE_S))

    with locked(share(paths, 0)):
        assert [path.name for path in paths.lock.parent.iterdir()] == ["lock-0of9"]


@pytest.mark.usefixtures("all_dead")
def test_a_lock_that_changes_hands_while_it_is_watched_is_watched_from_then_on(
    paths: StudyPaths,
) -> None:
    paths.lock.parent.mkdir(parents=True)
    share(paths, 0).lock.write_text(ELSEWHERE.format(DEAD_LEASE_S))
    other = ELSEWHERE.format(DEAD_LEASE_S).replace("4711", "4712")
    changing = threading.Timer(DEAD_LEASE_S / 2, share(paths, 0).lock.write_text, [other])
    begin = time.monotonic()
    changing.start()

    with locked(paths):
        pass

    assert time.monotonic() - begin >= 1.5 * DEAD_LEASE_S


def test_of_a_run_on_all_and_shares_that_begin_together_no_two_that_differ_are_at_work(
    paths: StudyPaths,
) -> None:
    at_work: set[str] = set()
    wrong: list[set[str]] = []
    guard, start = threading.Lock(), threading.Barrier(6)

    def begin(own: StudyPaths) -> None:
        start.wait()
        with suppress(StudyError), locked(own):
            with guard:
                at_work.add(own.lock.name)
                if "lock" in at_work and len(at_work) > 1:
                    wrong.append(set(at_work))
            time.sleep(0.05)
            with guard:
                at_work.remove(own.lock.name)

    paths.lock.parent.mkdir(parents=True)
    paths.config.touch()
    for _ in range(2):
        runs = [
            threading.Thread(target=begin, args=(own,))
            for own in (paths, *(share(paths, n) for n in range(5)))
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()

    assert wrong == []
