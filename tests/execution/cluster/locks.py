"""Locks of results folders, and other processes that hold them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from study.records.paths import StudyPaths
from study.schema import Share

HOLD = """
import sys, time
from pathlib import Path
from study.execution.cluster import lock
from study.execution.cluster.lock import locked
from study.records.paths import StudyPaths
from study.schema import Share
lock.BEAT_S, lock.LEASE_S = map(float, sys.argv[2:4])
with locked(StudyPaths(Path(sys.argv[1]), Share(number=int(sys.argv[4]), count=9) if sys.argv[4:] else None)):
    print("held", flush=True)
    time.sleep(60)
"""
ELSEWHERE = "filelock/2\npid=4711\nhost=elsewhere\nmode=lease\ntoken=1\nduration={:.1f}\nstart=1\n"


BEAT_S, LEASE_S = 0.2, 2.0
"""Short, since tests wait for a beat, and long enough for a holder who is late on a busy machine.
"""
DEAD_LEASE_S = 0.5
"""Where every holder is dead, so that nobody can be late, and the test waits for the whole lease.
"""
SLACK_S = 2.0
"""What a busy machine may add."""


def share(paths: StudyPaths, number: int, count: int = 9) -> StudyPaths:
    """The same folder for a run on a share."""
    return StudyPaths(paths.root, Share(number=number, count=count))


@contextmanager
def held(paths: StudyPaths) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder."""
    number = [] if paths.share is None else [paths.share.number]
    command = [sys.executable, "-c", HOLD, *map(str, (paths.root, BEAT_S, LEASE_S, *number))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()
