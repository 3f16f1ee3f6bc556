"""What a driver hands out, noted on disk before it does, so that a task that takes its driver down
is found.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

from study.records.paths import StudyPaths, write_atomic
from study.training.task import Task


class Journal:
    """The tasks that are out, a line each, from the start of the block to its end, which removes
    the file.

    So a file that is there is that of a driver that died, and what was out then is suspect.
    Suspects run one at a time, other tasks beside them. If a driver dies again, its suspect has one
    death to answer for and none of the others has; a suspect with a death runs with nothing beside
    it, and after `max_tries` it is at fault.

    A line is written without a sync: it outlives its process, which is what it is for, and costs
    microseconds. The run on all searches reads the journals of all shares. suspects: keys.
    """

    def __init__(self, paths: StudyPaths, max_tries: int) -> None:
        self.max_tries = max_tries
        self.suspects: set[str] = set()
        self.deaths: Counter[str] = Counter()
        self._paths = paths
        self._out: set[str] = set()
        self._suspects_out: set[str] = set()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Journal:
        shares = self._paths.shares if self._paths.share is None else []
        for paths in (self._paths, *shares):
            self._read(paths)
        self.deaths = +self.deaths
        lines = [
            json.dumps({"suspect": key, "deaths": self.deaths[key]}) + "\n" for key in self.suspects
        ]
        write_atomic(self._paths.journal, "".join(lines))
        self._file = self._paths.journal.open("ab", buffering=0)
        for paths in shares:
            paths.journal.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End in order, whatever has ended the run: nothing is suspect. A journal of a run that
        took this one's place stays.
        """
        if self._file is None:
            return
        with self._file, suppress(OSError):
            if os.path.samestat(os.fstat(self._file.fileno()), self._paths.journal.stat()):
                self._paths.journal.unlink()

    def out(self, task: Task) -> None:
        """Note that a task is about to be handed out."""
        self._out.add(task.key)
        if task.key in self.suspects:
            self._suspects_out.add(task.key)
        self._write(out=task.key)

    def back(self, task: Task) -> None:
        """Note that a task is out no more: it has left its record, or waits."""
        self._out.discard(task.key)
        self._suspects_out.discard(task.key)
        self._write(back=task.key)

    def may_run(self, task: Task) -> bool:
        """Whether a task may be handed out now: a suspect not beside another, nor beside anything
        if a driver died of it.
        """
        if task.key not in self.suspects:
            return True
        if self.deaths[task.key] >= self.max_tries:
            return False
        return not (self._out if self.deaths[task.key] else self._suspects_out)

    def closed(self, waiting: Iterable[Task]) -> bool:
        """Whether nothing may be handed out: what a driver died of is out, or waits for what is out
        to end.
        """
        if not self.deaths or not self._out:
            return False
        return any(self.deaths[key] for key in self._out) or any(
            self.deaths[task.key] for task in waiting
        )

    def final_error(self, task: Task) -> str | None:
        """Why a task is at fault, if it is."""
        if (times := self.deaths[task.key]) < self.max_tries:
            return None
        return f"Its driver died {times} time{'s' * (times > 1)} while it ran {task.noun}: out of memory, or a crash."

    def _read(self, paths: StudyPaths) -> None:
        """Take in what a driver that died has left."""
        out, suspects = set(), set()
        with suppress(FileNotFoundError):
            for line in paths.journal.read_bytes().splitlines():
                with suppress(ValueError, AttributeError, TypeError):  # cut short
                    (what, key), *more = json.loads(line).items()
                    match what:
                        case "out":
                            out.add(key)
                        case "back":
                            out.discard(key)
                        case "suspect":
                            suspects.add(key)
                            self.deaths[key] += sum(number for _, number in more)
        self.deaths.update(out & suspects)
        self.suspects |= out | suspects

    def _write(self, **line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{json.dumps(line)}\n".encode())
        except OSError as error:
            error.filename = str(self._paths.journal)
            raise
