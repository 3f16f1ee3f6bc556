"""Who watches a study run, and how it is stopped from outside."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from study.execution.queue import FoldQueue
from study.records.results import Results
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.search.plan import Plan
from study.search.state import SearchState


class Observer:
    """Who watches a study run. This one does nothing with what it is told; another overrides what
    it listens to.
    """

    def started(self, plan: Plan, searches: Mapping[str, SearchState], beside: FoldQueue) -> None:
        """The records were read; `searches` (by key) and `beside` know what is done already and
        change as the study goes on.
        """

    def finished(self, record: TrialRecord | WinnerRecord | FoldRecord) -> None:
        """A trial, a search's winner, or work on an outer fold beside its searches, has left its
        record.
        """

    def concluded(self, results: Results) -> None:
        """The verdicts are written; the report comes next, if it was asked for."""

    def note(self, text: str) -> None:
        """Something that a user should know."""


class Interrupted(KeyboardInterrupt):
    """The study was stopped before its end; every finished trial is recorded."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM, and the SIGHUP of a terminal that closes, stop what runs here as Ctrl-C does.

    One that has a meaning already keeps it. In another thread than the main one, whoever runs us
    there handles signals.

    Raises
    ------
    Interrupted
        It was stopped.
    """

    def stop(_: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # ignored: started in the background by a script
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    ours = []
    if threading.current_thread() is threading.main_thread():
        ours = [
            number
            for number in (signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) is signal.SIG_DFL
        ]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted from None
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
