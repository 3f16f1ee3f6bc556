"""A study inside a SLURM job: it stops before the walltime, and the job queues again as long as it makes progress."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from study.config import StudyConfig
from study.machines.allocation import Allocation, requeue
from study.machines.lock import let_go
from study.machines.note import JobNote, read_note, write_note
from study.machines.processes import leave_now
from study.records.paths import StudyPaths
from study.records.results import Results
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.running.observer import Interrupted, Observer
from study.running.queue import FoldQueue
from study.schema import StudyError
from study.search.arms import ArmSearch
from study.search.plan import Plan

CANCEL_S = 0.5
"""Seconds from SLURM's SIGTERM to the end at the latest: Ray's servers end too, and may take this process along before it has
cleared up."""
CANCELLED = 130
MOST_IDLE_RUNS = 2
"""Runs in a row without a new record after which a job is not queued again."""


def begin_run(paths: StudyPaths, job: str, restarts: int, records: int) -> JobNote:
    """Note that a run of a job begins, where so many records are there.

    Raises
    ------
    StudyError
        Its last two runs left no record, so that another would not either.
    """
    last = read_note(paths)
    idle = 0
    if restarts > 0 and last is not None and last.id == job and last.records == records:
        idle = last.idle + 1
    note = JobNote(id=job, records=records, idle=idle)
    write_note(paths, note)
    if note.idle >= MOST_IDLE_RUNS:
        raise StudyError(_no_progress(job))
    return note


class Progressing(Observer):
    """Notes how far the run of a job comes, and lets another observer watch too.

    done: records that this run has left. job: its note, once the records were read.
    """

    def __init__(self, paths: StudyPaths, allocation: Allocation, observer: Observer) -> None:
        self.paths, self.allocation, self.observer = paths, allocation, observer
        self.done = 0
        self.job: JobNote | None = None

    def started(self, plan: Plan, arms: Mapping[str, ArmSearch], beside: FoldQueue) -> None:
        """Note that the run begins."""
        records = sum(len(arm.records) + (arm.scored is not None) for arm in arms.values()) + len(beside.outcomes)
        self.job = begin_run(self.paths, self.allocation.job, self.allocation.restarts, records)
        self.observer.started(plan, arms, beside)

    def finished_trial(self, record: TrialRecord) -> None:
        """Count a trial."""
        self.done += 1
        self.observer.finished_trial(record)

    def finished_winner(self, record: WinnerRecord) -> None:
        """Count a winner."""
        self.done += 1
        self.observer.finished_winner(record)

    def finished_work(self, record: FoldRecord) -> None:
        """Count work beside the arms."""
        self.done += 1
        self.observer.finished_work(record)

    def concluded(self, results: Results) -> None:
        """Hand it on."""
        self.observer.concluded(results)

    def note(self, text: str) -> None:
        """Hand it on."""
        self.observer.note(text)

    def queue_again(self) -> None:
        """Queue the job again, unless this run and the last left nothing.

        Raises
        ------
        StudyError
            They did, so that another would not either.
        """
        number, last = self.allocation.job, read_note(self.paths)
        known = last.records if last else 0  # it did not come to reading them
        note = self.job or begin_run(self.paths, number, self.allocation.restarts, known)
        if not self.done and note.idle + 1 >= MOST_IDLE_RUNS:
            raise StudyError(_no_progress(number))
        print(
            f"Stopped before the walltime with {self.done} new records; job {number} queues again.", file=sys.stderr, flush=True
        )
        if refused := requeue(number):
            print(f"SLURM does not queue it again: {refused}", file=sys.stderr)


def _no_progress(job: str) -> str:
    return (
        f"SLURM job {job} made no progress in {MOST_IDLE_RUNS} runs and is not queued again: no trial finished in its time. "
        "Give it more with --time, or make a trial cheaper (training.epochs, inner.folds, inner.seeds)."
    )


@contextmanager
def running(config: StudyConfig, paths: StudyPaths, observer: Observer) -> Iterator[Observer]:
    """Run a study in the block, watched by what this yields; where SLURM or want of time stops it, the job queues again.

    SIGUSR2 is the warning of `study.sbatch`; SIGTERM is `scancel`. With another `cluster.address` nothing of this happens.
    """
    if config.cluster.address != "slurm":
        yield observer
        return
    allocation = Allocation.current()
    print(f"Run {allocation.restarts + 1} of SLURM job {allocation.job}, on {', '.join(allocation.nodes)}.", flush=True)
    watch = Progressing(paths, allocation, observer)
    cancelled = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    for number in (signal.SIGUSR2, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with _leaving_on_sigterm(paths, cancelled):
            yield watch
    except (KeyboardInterrupt, Interrupted):
        for number in (signal.SIGUSR2, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if not cancelled.wait(timeout=1):
            watch.queue_again()
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
                let_go()  # at once, since Ray may end this process when its servers are gone
                paths.journal.unlink(missing_ok=True)  # nothing that is out is to blame
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
