"""What can happen to a study that runs, done on purpose."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.studies import Process, descendants, workers


@dataclass
class Run:
    """A driver at work on a study, whose results lie in `folder`."""

    process: Process
    folder: Path
    rng: random.Random

    def kill(self, found: list[psutil.Process]) -> bool:
        """Kill one of some processes; tells whether there was one."""
        with suppress(psutil.Error, IndexError):
            self.rng.choice(sorted(found, key=lambda process: process.pid)).kill()
            return True
        return False

    def kill_driver(self) -> bool:
        """Kill the driver."""
        return self.kill([psutil.Process(self.process.pid)])

    def named(self, name: str) -> list[psutil.Process]:
        """Processes of Ray with that name."""
        found = []
        for process in descendants(self.process):
            with suppress(psutil.Error):
                found += [process] * (process.name() == name)
        return found

    def interrupt(self) -> bool:
        """Press Ctrl-C: the whole foreground group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        return True

    def interrupt_twice(self) -> bool:
        """Press Ctrl-C again within two seconds."""
        self.interrupt()
        time.sleep(self.rng.uniform(0, 2))
        with suppress(ProcessLookupError):
            self.interrupt()
        return True

    def fill_disk(self) -> bool:
        """Leave not a byte of the file system of the results."""
        with (self.folder.parent / FILLER).open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        return True

    def delete_state(self) -> bool:
        """Remove what Ray and Tune keep outside the results."""
        lines = []
        for process in descendants(self.process):
            with suppress(psutil.Error):
                lines += process.cmdline()
        folders = {match[0] for line in lines for match in re.finditer(r"/tmp/study-\w+", line)}
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        return bool(folders)


FILLER = "filler"
CUT = "a record cut short or empty"
"""Takes a driver that is gone: a living one wrote its records whole."""
KILLS: dict[str, tuple[int, Callable[[Run], bool]]] = {
    "kill -9 of the driver": (40, Run.kill_driver),
    "kill -9 of a worker": (40, lambda run: run.kill(workers(run.process))),
    "kill -9 of the raylet": (12, lambda run: run.kill(run.named("raylet"))),
    "kill -9 of Ray's control server": (8, lambda run: run.kill(run.named("gcs_server"))),
}
"""Kill to its share of all kills, in percent, and how it is done: false where there was nothing to
kill."""
OTHERS: dict[str, Callable[[Run], bool]] = {
    "SIGTERM": lambda run: run.process.terminate() or True,
    "Ctrl-C": Run.interrupt,
    "Ctrl-C twice": Run.interrupt_twice,
    "disk full": Run.fill_disk,
    "Ray's and Optuna's state deleted": Run.delete_state,
    CUT: Run.kill_driver,
}
"""Each is injected once for every twenty kills."""
SURVIVED = "kill -9 of a worker"
