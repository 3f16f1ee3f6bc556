"""Jobs on the test cluster, each a small study."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.cluster import GUEST_ID, ROOT, Cluster, wait_until
from harness.studies import N_RECORDS, SLOW, records
from study import load_results
from study.records.frames import trials_frame
from study.records.paths import StudyPaths
from study.records.reading import digest, read_trials

ENDLESS = ("--set", "search.trials=1000")
"""Makes the study outlast every fault on any machine; what a trial is depends on its number alone.
"""
LONG = ("families=[neural]", "training.epochs=60000", "training.patience=60000")
"""Makes every trial longer than a worker takes to start on a busy machine, so that a node that
comes back is given one."""
ON_THE_WAY = {"PENDING", "RUNNING", "SIGNALING", "COMPLETING", "REQUEUED"}
N_FIRST = 3
"""Trials of an endless study that are compared."""
JOB_S = 480
"""Seconds within which a job of a test ends; it takes some 30 where nothing else runs."""
LEFT_S = 180
"""Seconds within which what an ended job leaves is gone; SLURM calls it ended before the last of
Ray's processes is."""


@dataclass(frozen=True)
class Job:
    """A queued or running job, or a task of an array, and where it works. number: `7`, or `7_2`."""

    cluster: Cluster
    folder: Path
    number: str

    @property
    def results(self) -> Path:
        return self.folder / "results" / "tiny"

    @property
    def log(self) -> str:
        number = self.show()["JobId"] if "_" in self.number else self.number
        return (self.folder / f"study-{number}.log").read_text(encoding="utf-8", errors="replace")

    def task(self, number: int) -> Job:
        """One task of this array."""
        return Job(self.cluster, self.folder, f"{self.number}_{number}")

    def preempt(self) -> Job:
        """Let a job of a minute take the first of its nodes; gives that job. It may be cancelled at
        once.
        """
        options = (
            "--partition=urgent",
            "--exclusive",
            f"--nodelist={self.show()['BatchHost']}",
            "--output=/dev/null",
        )
        queued = self.cluster.login(
            "sbatch", "--parsable", *options, "--wrap=sleep 60", cwd=self.folder
        )
        urgent = Job(self.cluster, self.folder, queued.stdout.strip())
        urgent.wait("RUNNING")
        return urgent

    def reach_walltime(self) -> None:
        """Let SLURM warn it as it does before a walltime, wait until it is queued again, and give
        it more time.
        """
        hours, minutes, seconds = map(int, re.split("[-:]", self.show()["RunTime"])[-3:])
        limit = math.ceil((60 * (60 * hours + minutes) + seconds + 40) / 60)
        self.cluster.login("scontrol", "update", f"JobId={self.number}", f"TimeLimit={limit}")
        self.wait("PENDING")
        self.cluster.login("scontrol", "update", f"JobId={self.number}", "TimeLimit=UNLIMITED")

    def show(self) -> dict[str, str]:
        """What SLURM says of it."""
        words = self.cluster.login(
            "scontrol", "--oneliner", "show", "job", self.number
        ).stdout.split()
        return dict(word.partition("=")[::2] for word in words)

    @property
    def state(self) -> str:
        return self.show()["JobState"]

    def wait_for_records(self, more_than: int) -> None:
        """Wait until it has left more than so many records."""
        wait_until(
            lambda: len(records(self.results)) > more_than,
            f"{more_than} records\n{self.show()}",
            JOB_S,
        )

    def wait(self, *states: str) -> None:
        """Wait until it is in one of these states, by default completed."""
        wanted = states or ("COMPLETED",)

        def there() -> bool:
            state = self.state
            assert state in {*wanted, *ON_THE_WAY}, f"{state}: {self.log}"
            return state in wanted

        wait_until(there, f"{wanted}", JOB_S)

    def nodes(self, without: Iterable[str] = ()) -> set[str]:
        """Nodes that left records of trials, apart from the named records."""
        found = {
            name: content for name, content in records(self.results).items() if name not in without
        }
        return {
            json.loads(content)["node"]
            for name, content in found.items()
            if Path(name).stem.isdigit()
        }

    def wait_for_node(self, node: str, without: Iterable[str] = ()) -> None:
        """Wait until a node has left such a record."""
        wait_until(lambda: node in self.nodes(without), f"a record of {node}\n{self.show()}", JOB_S)

    @property
    def trials(self) -> pd.DataFrame:
        """Its dataframe."""
        return load_results(self.results).trials

    @property
    def digest(self) -> str:
        """Digest of its dataframe, which must be whole."""
        assert len(records(self.results)) == N_RECORDS
        return digest(self.trials)

    def digest_of_first(self) -> str:
        """Digest of the first trials of an endless study of one model, its fold and all rows, once
        all of them are there.
        """

        def first() -> pd.DataFrame:
            frame = trials_frame(read_trials(StudyPaths(self.results)))
            return frame[frame["number"] < N_FIRST]

        wait_until(lambda: len(first()) == 2 * N_FIRST, "the first trials", JOB_S)
        return digest(first())


def queue(
    cluster: Cluster, folder: Path, *options: str, run: tuple[str, ...] = (), guest: bool = False
) -> Job:
    """Queue the study in a folder, which is made if needed: sbatch on the script in the project, as
    by hand.

    guest: by the user who is not root, whose folder it then is.
    """
    folder.mkdir(exist_ok=True)
    (folder / "tiny.yaml").write_text(SLOW)
    if guest:
        os.chown(folder, GUEST_ID, GUEST_ID)
    login = cluster.as_guest if guest else cluster.login
    queued = login(
        "sbatch", "--parsable", *options, ROOT / "slurm/study.sbatch", "tiny.yaml", *run, cwd=folder
    )
    return Job(cluster, folder, queued.stdout.strip())


def started(cluster: Cluster, node: str) -> list[str]:
    """The command by which Ray was started on a node that is not the first."""
    lines = cluster.processes(node)
    return next((line.split() for line in lines if "ray.scripts.scripts start" in line), [])


def leftovers(cluster: Cluster) -> dict[str, list[str]]:
    """Processes and scratch folders that no idle node has, by node."""
    found = {
        node: [*cluster.processes(node), *cluster.scratch(node)]
        for node in cluster.nodes
        if node in cluster.hosts
    }
    return {node: things for node, things in found.items() if things}


def wait_until_clean(cluster: Cluster) -> None:
    """Wait until no idle node has processes or scratch folders of a job; a failure names them, node
    by node.
    """
    wait_until(
        lambda: not leftovers(cluster),
        lambda: f"nothing left, but there is {leftovers(cluster)}",
        LEFT_S,
    )
