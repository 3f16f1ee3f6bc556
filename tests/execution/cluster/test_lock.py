from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest
from filelock import SoftFileLease

from study.execution.cluster.lock import at_work, locked
from study.execution.observer import Interrupted
from study.records.paths import StudyPaths
from study.schema import StudyError
from tests.execution.cluster.locks import (
    BEAT_S,
    DEAD_LEASE_S,
    ELSEWHERE,
    HOLD,
    LEASE_S,
    SLACK_S,
    held,
)


def test_a_second_run_is_refused_and_told_who_the_first_is_while_that_lives_and_no_longer(
    paths: StudyPaths,
) -> None:
    with held(paths) as first:
        refused = []
        for pid in (first.pid, first.pid + 1):  # its environment, and that of an earlier run
            paths.environment.write_text(
                json.dumps({"pid": pid, "started": "2026-11-24 21:00:00+00:00"})
            )
            begin = time.monotonic()
            with pytest.raises(StudyError) as caught, locked(paths):
                pass
            assert time.monotonic() - begin < BEAT_S + SLACK_S
            refused.append(str(caught.value))
        working = at_work(paths)
        first.kill()
        first.wait()
        begin = time.monotonic()
        assert at_work(paths) == []
        assert paths.lock.exists()
        with locked(paths):
            assert SoftFileLease(paths.lock, lease_duration=LEASE_S).pid == os.getpid()
        assert time.monotonic() - begin < 2

    (who,) = working
    assert all(
        re.search(rf"\b{first.pid}\b.*{socket.gethostname()}", said) for said in (who, *refused)
    )
    assert ["2026-11-24 21:00" in said for said in refused] == [True, False]
    assert all(str(paths.root) in said and "--name" in said for said in refused)


@pytest.mark.usefixtures("all_dead")
@pytest.mark.parametrize(
    "left", [ELSEWHERE.format(DEAD_LEASE_S), ""], ids=["of another host", "empty"]
)
def test_a_lock_that_nobody_touches_is_taken_over_after_the_lease(
    paths: StudyPaths, left: str
) -> None:
    paths.lock.parent.mkdir(parents=True)
    paths.lock.write_text(left)
    begin = time.monotonic()

    with locked(paths):
        assert SoftFileLease(paths.lock).pid == os.getpid()

    assert DEAD_LEASE_S <= time.monotonic() - begin < DEAD_LEASE_S + 2 * BEAT_S + SLACK_S


def test_an_empty_lock_that_is_touched_is_respected(paths: StudyPaths) -> None:
    paths.lock.parent.mkdir(parents=True)
    paths.lock.touch()
    touch = f"import os, time; time.sleep(0.3); os.utime({str(paths.lock)!r}, (1_002, 1_002))"

    with (
        subprocess.Popen([sys.executable, "-c", touch]),
        pytest.raises(StudyError, match=str(paths.root)),
        locked(paths),
    ):
        pass

    assert paths.lock.exists()


def test_a_process_that_leaves_at_once_lets_go_of_its_locks(paths: StudyPaths) -> None:
    leaving = "threading.Thread(target=lambda: (let_go(), os._exit(0))).start(); time.sleep(60)"
    leave = HOLD.replace("time.sleep(60)", leaving).replace(
        "import sys", "import os, threading, sys"
    )
    leave = leave.replace("import locked", "import let_go, locked")

    assert (
        subprocess.run(
            [sys.executable, "-c", leave, *map(str, (paths.root, BEAT_S, LEASE_S))], check=False
        ).returncode
        == 0
    )
    assert list(paths.lock.parent.iterdir()) == []


def test_a_lock_of_another_host_that_is_touched_is_respected_though_it_looks_old(
    paths: StudyPaths,
) -> None:
    paths.lock.parent.mkdir(parents=True)
    paths.lock.write_text(ELSEWHERE.format(LEASE_S))
    os.utime(paths.lock, (1_000, 1_000))
    touch = f"import os, time; time.sleep(0.3); os.utime({str(paths.lock)!r}, (1_002, 1_002))"

    with (
        subprocess.Popen([sys.executable, "-c", touch]),
        pytest.raises(StudyError, match=r"\b4711\b.*\belsewhere\b"),
        locked(paths),
    ):
        pass

    assert "host=elsewhere" in paths.lock.read_text()


def test_a_run_whose_lock_was_taken_over_stops_and_leaves_it_alone(paths: StudyPaths) -> None:
    def work() -> None:
        paths.lock.unlink()
        paths.lock.write_text(ELSEWHERE.format(LEASE_S))
        time.sleep(30)  # until the next beat

    with pytest.raises(StudyError, match=str(paths.lock)), locked(paths):
        work()

    assert "host=elsewhere" in paths.lock.read_text()


def test_an_interrupted_run_lets_go_of_its_lock(paths: StudyPaths) -> None:
    def work() -> None:
        paths.config.touch()
        raise Interrupted

    with pytest.raises(Interrupted), locked(paths):
        work()

    assert list(paths.root.iterdir()) == [paths.config]


def test_a_run_that_began_nothing_leaves_no_folder(paths: StudyPaths) -> None:
    with pytest.raises(StudyError), locked(paths):
        raise StudyError

    assert not paths.root.exists()
