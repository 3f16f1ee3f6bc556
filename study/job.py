"""A study inside a SLURM job: it stops before the walltime, and the job queues again as long as it makes progress."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from pydantic import ValidationError

from study.allocation import Allocation, requeue
from study.config import StudyConfig
from study.node import leave_now
from study.paths import StudyPaths, write_atomic
from study.runner import Interrupted
from study.schema import Frozen, StudyError

CANCEL_S = 2
"""Seconds from SLURM's SIGTERM to the end at the latest; SIGKILL follows after the site's KillWait, 30 s by default."""
CANCELLED = 130
MOST_IDLE_RUNS = 2
"""Runs in a row without a new record after which a job is not queued again."""


class JobNote(Frozen):
    """What lies beside the results about the job that works, or last worked, on them.

    records: those there were when its last run began. idle: runs in a row, before that one, that left none.
    """

    id: str
    records: int = 0
    idle: int = 0


def read_note(paths: StudyPaths) -> JobNote | None:
    """The note beside the results, if there is one."""
    with suppress(OSError, ValidationError):
        return JobNote.model_validate_json(paths.job.read_bytes())
    return None


def write_note(paths: StudyPaths, note: JobNote) -> None:
    """Write the note, whole or not at all."""
    write_atomic(paths.job, note.model_dump_json())


def count_records(paths: StudyPaths) -> int:
    """Records of trials and winners."""
    return sum(1 for _ in paths.trials.glob("*/*.json"))


def begin_run(paths: StudyPaths, job: str, restarts: int) -> JobNote:
    """Note that a run of a job begins.

    Raises
    ------
    StudyError
        Its last two runs left no record, so that another would not either.
    """
    records, last = count_records(paths), read_note(paths)
    if restarts == 0 or last is None or last.id != job:
        note = JobNote(id=job, records=records)
    else:
        note = JobNote(id=job, records=records, idle=last.idle + 1 if records == last.records else 0)
    write_note(paths, note)
    if note.idle >= MOST_IDLE_RUNS:
        raise StudyError(_no_progress(job))
    return note


def _no_progress(job: str) -> str:
    return (
        f"SLURM job {job} made no progress in {MOST_IDLE_RUNS} runs and is not queued again: no trial finished in its time. "
        "Give it more with --time, or make a trial cheaper (training.epochs, inner.folds, inner.seeds)."
    )


@contextmanager
def running(config: StudyConfig, paths: StudyPaths) -> Iterator[None]:
    """Run a study in the block; where it is stopped by SLURM's warning or for want of time, the job queues again.

    SIGUSR2 is the warning of `study.sbatch`; SIGTERM is `scancel`. With another `cluster.address` nothing of this happens.
    """
    if config.cluster.address != "slurm":
        yield
        return
    allocation = Allocation.current()
    print(f"Run {allocation.restarts + 1} of SLURM job {allocation.job}, on {', '.join(allocation.nodes)}.", flush=True)
    before = read_note(paths)
    note = begin_run(paths, allocation.job, allocation.restarts)
    cancelled = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    for number in (signal.SIGUSR2, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with _leaving_on_sigterm(paths, cancelled):
            yield
    except StudyError:
        if before is not None:
            write_note(paths, before)  # of the job that is at work here, if the lock has refused this one
        raise
    except (KeyboardInterrupt, Interrupted):
        for number in (signal.SIGUSR2, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if not cancelled.wait(timeout=1):
            _queue_again(paths, note)
        raise


@contextmanager
def _leaving_on_sigterm(paths: StudyPaths, cancelled: threading.Event) -> Iterator[None]:
    """Set `cancelled` and leave soon after a SIGTERM in the block, come what may.

    Ray's servers have got it too. The main thread may then wait for them where no handler runs, so another one listens.
    """
    heard, signals = os.pipe()
    os.set_blocking(signals, False)

    def listen() -> None:
        while number := os.read(heard, 1):
            if number[0] == signal.SIGTERM:
                cancelled.set()
                print(f"Stopped by SLURM. Every finished trial is kept in {paths.root}.", file=sys.stderr, flush=True)
                time.sleep(CANCEL_S)
                leave_now(CANCELLED)
        os.close(heard)

    threading.Thread(target=listen, daemon=True).start()
    previous = signal.set_wakeup_fd(signals)
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        os.close(signals)


def _queue_again(paths: StudyPaths, note: JobNote) -> None:
    done = count_records(paths) - note.records
    if not done and note.idle + 1 >= MOST_IDLE_RUNS:
        raise StudyError(_no_progress(note.id))
    print(f"Stopped before the walltime with {done} new records; job {note.id} queues again.", file=sys.stderr, flush=True)
    if refused := requeue(note.id):
        print(f"SLURM does not queue it again: {refused}", file=sys.stderr)
