"""A study inside a SLURM job: it stops before the walltime, and the job queues again as long as it
makes progress.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from study.config import StudyConfig
from study.execution.cluster.allocation import Allocation, Ending, ending, requeue
from study.execution.cluster.lock import let_go
from study.execution.cluster.note import JobNote, read_note, write_note
from study.execution.cluster.processes import hold_children, leave_now
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.records.paths import StudyPaths
from study.records.results import Results
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.schema import StudyError
from study.search.plan import Plan
from study.search.state import SearchState

CANCEL_S = 0.5
"""Seconds from SLURM's SIGTERM, or from its answer why, to the end."""
ASK_S = 8.0
"""Seconds that SLURM has for each of two answers after its SIGTERM: its SIGKILL comes after
KillWait, mostly 30 s."""
LEAVE_S = 2 * ASK_S + 10
CANCELLED = 130
WARN_S = 60
"""Seconds before the walltime at which `study.sbatch` asks SLURM for a warning."""
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
        self.paths = paths
        self.allocation = allocation
        self.observer = observer
        self.done = 0
        self.job: JobNote | None = None

    def started(self, plan: Plan, searches: Mapping[str, SearchState], beside: FoldQueue) -> None:
        """Note that the run begins."""
        records = sum(
            len(search.records) + (search.scored is not None) for search in searches.values()
        ) + len(beside.outcomes)
        self.job = begin_run(self.paths, self.allocation.job, self.allocation.restarts, records)
        self.observer.started(plan, searches, beside)

    def finished(self, record: TrialRecord | WinnerRecord | FoldRecord) -> None:
        """Count a record."""
        self.done += 1
        self.observer.finished(record)

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
            f"Stopped before the walltime with {self.done} new records. Job {number} is queued again.",
            file=sys.stderr,
            flush=True,
        )
        if refused := requeue(number):
            print(f"SLURM refuses to queue it again: {refused}", file=sys.stderr)

    def leave(self) -> None:
        """Say why SLURM ends the job, which it is asked; one that is preempted queues again, a
        cancelled one never does.
        """
        job = self.allocation.job
        why = ending(job, self.allocation.restarts, ASK_S)
        if why in {Ending.QUEUED, Ending.PREEMPTED} and self.job is not None:
            with suppress(StudyError):  # it was not this run's fault that it left nothing
                write_note(self.paths, self.job.model_copy(update={"idle": self.job.idle - 1}))
        match why:
            case Ending.QUEUED:
                said = f", which queues job {job} again"
            case Ending.PREEMPTED:
                refused = requeue(job, ASK_S)
                then = f"is not queued again: {refused}" if refused else "is queued again"
                said = f": job {job} was preempted and {then}"
            case Ending.OTHER:
                said = ""
            case Ending.UNKNOWN:
                said = f". Job {job} is not queued again"
        print(
            f"Stopped by SLURM{said}. Finished trials are kept in {self.paths.root}.",
            file=sys.stderr,
            flush=True,
        )


def _no_progress(job: str) -> str:
    return (
        f"SLURM job {job} finished no trial in {MOST_IDLE_RUNS} runs, so it is not queued again. "
        "Give it more --time, or make a trial cheaper (training.epochs, inner.folds, inner.seeds)."
    )


@contextmanager
def running(config: StudyConfig, paths: StudyPaths, observer: Observer) -> Iterator[Observer]:
    """Run a study in the block, watched by what this yields; where SLURM or want of time stops it,
    the job queues again.

    SIGUSR2 is the warning of `study.sbatch`; SIGTERM is `scancel`, or preemption. With another
    `cluster.address` nothing of this happens.
    """
    if config.cluster.address != "slurm":
        yield observer
        return
    allocation = Allocation.current()
    print(
        f"Run {allocation.restarts + 1} of SLURM job {allocation.job}, on {', '.join(allocation.nodes)}.",
        flush=True,
    )
    watch = Progressing(paths, allocation, observer)
    ended = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    for number in (signal.SIGUSR2, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with _leaving_on_sigterm(watch, ended):
            if config.slurm.launch:
                _warn_by_the_clock()
            yield watch
    except KeyboardInterrupt:
        for number in (signal.SIGUSR2, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if ended.wait(timeout=1):
            time.sleep(LEAVE_S)  # a thread is about to end this process
        else:
            watch.queue_again()
        raise


def _warn_by_the_clock() -> None:
    """Have the warning come from here: SLURM sends its own to the script's process, which need not
    be this one.
    """
    if (end := os.environ.get("SLURM_JOB_END_TIME")) is not None:
        clock = threading.Timer(
            max(0.0, float(end) - time.time() - WARN_S), os.kill, (os.getpid(), signal.SIGUSR2)
        )
        clock.daemon = True
        clock.start()


@contextmanager
def _leaving_on_sigterm(watch: Progressing, ended: threading.Event) -> Iterator[None]:
    """Set `ended` and leave after a SIGTERM in the block, at the latest after LEAVE_S, come what
    may.

    Ray's servers have got it too. The main thread may then wait for them where no handler runs, so
    another one listens; and as their end would be that of this process, they are held until SLURM
    has said why.
    """
    heard, signals = os.pipe()
    os.set_blocking(signals, False)

    def listen() -> None:
        while number := os.read(heard, 1):
            if number[0] == signal.SIGTERM:
                ended.set()
                hold_children()
                with suppress(OSError):
                    watch.paths.journal.unlink(missing_ok=True)  # nothing that is out is to blame
                let_go()  # now another run may have a journal there
                watch.leave()
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
