"""One run at a time on a results folder."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
from filelock import SoftFileLease, Timeout

from study.records.paths import StudyPaths
from study.schema import StudyError

LEASE_S = 60.0
"""Seconds without a sign of life after which the lock of a run on another host, or of a suspended
one, is taken over."""
BEAT_S = 2.0
"""Seconds between two signs of life of a run."""
LOOKS = 20
"""Times, an eighth of a beat apart, that others look for a sign of life of a run."""
_leases: set[SoftFileLease] = set()
"""Held by this process."""


@contextmanager
def locked(paths: StudyPaths) -> Iterator[None]:
    """Hold a results folder, which is made if needed, against every other run; reading it needs no
    lock.

    Runs on different shares of the searches go together, but not with a run on all of them, nor
    with shares of another division. Each holds its own lock alone and looks at those that it does
    not go with once it has it, so that of two that begin together at least one sees the other.

    The lock is a file with pid, host and start of its process, touched every BEAT_S, so it needs no
    more of a network file system than exclusive creation. One that a dead process of this host left
    is taken over at once; any other if LEASE_S pass without a touch, which takes watching and no
    comparison of clocks. A run whose lock was taken over, because it was suspended or cut off for
    that long, is interrupted.

    Raises
    ------
    StudyError
        Another run holds the folder, or has taken it over.
    """
    paths.root.mkdir(parents=True, exist_ok=True)
    paths.lock.parent.mkdir(exist_ok=True)
    try:
        with _held(paths):
            _look_at(_rivals(paths))
            yield
    finally:
        with suppress(OSError):
            paths.lock.parent.rmdir()  # nothing was begun
            paths.root.rmdir()


def _rivals(paths: StudyPaths) -> list[StudyPaths]:
    """Whose locks a run may not go with: all shares', or the whole's and those of shares that are
    divided otherwise.
    """
    if paths.share is None:
        return paths.shares
    count = paths.share.count
    return [
        StudyPaths(paths.root),
        *(other for other in paths.shares if other.share and other.share.count != count),
    ]


def _look_at(rivals: list[StudyPaths]) -> None:
    """Come back once nobody who lives holds these locks; what the dead have left is removed.

    All are watched at once, so that a thousand shares whose nodes are gone take LEASE_S too.
    Whoever removes a lock holds its own already: a run that takes that lock meanwhile sees it and
    is refused.
    """
    begin = time.monotonic()
    watched = {rival: (found, begin) for rival in rivals if (found := _seen(rival)) is not None}
    for rival in watched:
        with suppress(Timeout):
            _lease(rival).acquire(timeout=0).lock.release()  # takes over from the dead of this host
    while watched:
        for rival, (first, since) in list(watched.items()):
            now = _seen(rival)
            if now is None:
                del watched[rival]
            elif now[0] != first[0]:
                watched[rival] = now, time.monotonic()  # another's than before
            elif now != first:
                raise _refused(rival)
            elif time.monotonic() - since > LEASE_S:
                rival.lock.unlink(missing_ok=True)
        if watched:
            time.sleep(BEAT_S / 8)


def _lease(paths: StudyPaths) -> SoftFileLease:
    return SoftFileLease(
        paths.lock,
        lease_duration=LEASE_S,
        heartbeat_interval=BEAT_S,
        on_compromise=_interrupt,
        thread_local=False,
    )


@contextmanager
def _held(paths: StudyPaths) -> Iterator[None]:
    lease = _lease(paths)
    _acquire(lease, paths)
    _leases.add(lease)
    try:
        yield
    except BaseException:
        if lease.compromise is not None:
            raise StudyError(
                f"This run lost its lock {paths.lock} to another run, or the file was removed. "
                "It has stopped; finished trials are kept."
            ) from None
        raise
    finally:
        _leases.discard(lease)
        lease.release()


def let_go() -> None:
    """Remove the locks of this process, which is about to end without leaving its blocks."""
    for lease in list(_leases):
        with suppress(OSError):
            lease.release(force=True)


def _interrupt(_: object) -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _acquire(lease: SoftFileLease, paths: StudyPaths) -> None:
    first: tuple[bytes, int] | None = None

    def alive() -> bool:
        nonlocal first
        now = _seen(paths)
        if first is None or now is None or now[0] != first[0]:  # nobody's, or another's than before
            first = now
        return now != first

    while not lease.is_locked:
        try:
            lease.acquire(LEASE_S + BEAT_S, poll_interval=0.1, cancel_check=alive)
        except Timeout:
            if first is None or first[0] or alive():
                raise _refused(paths) from None
            lease.break_lock()  # its process died between making the file and writing its name


def _seen(paths: StudyPaths) -> tuple[bytes, int] | None:
    """Who holds a lock, and when it was last touched by the file system's clock; opened, since a
    network disk may look late.
    """
    try:
        with paths.lock.open("rb") as file:
            return file.read(), os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None


def _refused(paths: StudyPaths) -> StudyError:
    return StudyError(
        f"{paths.root} is in use by {_holder(paths)}. Wait, stop that run, or choose another --name."
    )


def _holder(paths: StudyPaths) -> str:
    """Who holds the lock: host, pid, and since when, where its environment.json is written already."""
    owner = SoftFileLease(paths.lock).owner
    if owner is None:
        return "another run"
    found = {}
    with suppress(OSError, ValueError):
        found = json.loads(paths.environment.read_bytes())
    since = f" since {found['started']}" if found.get("pid") == owner.pid else ""
    return f"process {owner.pid} on {owner.hostname.partition('?')[0]}{since}"


def at_work(paths: StudyPaths) -> list[str]:
    """Runs that hold a folder, all of it or a share, and give a sign of life, such as `process 4711
    on n1 since …`.

    All are watched at once: for a beat where they live, for LOOKS where one is dead and its host
    another. Nothing is touched.
    """
    first = {
        each: seen for each in (paths, *paths.shares) if (seen := _seen(each)) and not _gone(each)
    }
    living: set[StudyPaths] = set()
    for _ in range(LOOKS):
        if len(living) == len(first):
            break
        threading.Event().wait(BEAT_S / 8)
        living |= {each for each in first if _seen(each) not in (None, first[each])}
    return [_holder(each) for each in first if each in living]


def _gone(paths: StudyPaths) -> bool:
    """Whether a lock names a process that is not on this host, for sure."""
    owner = SoftFileLease(paths.lock).owner
    return (
        owner is not None
        and owner.hostname == os.uname().nodename
        and not psutil.pid_exists(owner.pid)
    )
