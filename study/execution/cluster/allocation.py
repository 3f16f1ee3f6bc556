"""The SLURM job that a process runs in: its nodes, what it was given of them, and the way to queue
it again.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from study.schema import Share, StudyError

COMMAND_S = 30
"""Seconds after which a command of SLURM that does not answer is given up."""
SPARE_BYTES = 200_000_000
"""Least memory that a node offers to Ray's accounts, where it is what one worker asks for."""


def slurm(*command: str, seconds: float = COMMAND_S) -> subprocess.CompletedProcess[str]:
    """Run a command of SLURM; one that is missing or does not answer for so long ends with a code
    other than 0.
    """
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


@dataclass(frozen=True)
class Given:
    """What SLURM gave a job on one node. memory_mb: None where the site does not divide it."""

    node: str
    cpus: int
    gpus: int
    memory_mb: int | None

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> Given:
        """What it gave on this node, from the variables that it sets in every task and batch
        script.
        """
        cpus = int(environment["SLURM_CPUS_ON_NODE"])
        per_node, per_cpu = (
            environment.get(f"SLURM_MEM_PER_{unit}", "0") for unit in ("NODE", "CPU")
        )
        memory = int(per_node) or cpus * int(per_cpu)
        gpus = int(environment.get("SLURM_GPUS_ON_NODE", "0"))
        return cls(environment["SLURMD_NODENAME"], cpus, gpus, memory or None)

    def ray_memory(self, store_bytes: int) -> int | None:
        """Bytes of memory that Ray may count on, beside its object store; None where the site does
        not divide it.
        """
        return (
            None
            if self.memory_mb is None
            else max(SPARE_BYTES, self.memory_mb * 2**20 - store_bytes)
        )


@dataclass(frozen=True)
class Allocation:
    """A SLURM job, seen from the node that its script runs on. job: its name (`job_name`)."""

    job: str
    restarts: int
    given: Given
    nodes: tuple[str, ...]

    @classmethod
    def current(cls, environment: Mapping[str, str] = os.environ) -> Allocation:
        """The job this process runs in.

        Raises
        ------
        StudyError
            It runs in none, or not on one of the job's nodes.
        """
        if "SLURM_JOB_ID" not in environment or "SLURMD_NODENAME" not in environment:
            raise StudyError(
                "`cluster.address: slurm` needs a SLURM job, and this is none. Queue one with `study submit`, "
                "or run on this machine with --set cluster.address=local."
            )
        nodes = [environment["SLURMD_NODENAME"]]
        if environment.get("SLURM_JOB_NUM_NODES") != "1":  # one node needs no scontrol
            listed = slurm("scontrol", "show", "hostnames", environment["SLURM_JOB_NODELIST"])
            if listed.returncode:
                raise StudyError(
                    f"SLURM doesn't name the nodes of the job: {listed.stderr.strip()}"
                )
            nodes = listed.stdout.split()
        return cls(
            job=job_name(environment),
            restarts=int(environment.get("SLURM_RESTART_COUNT", "0")),
            given=Given.here(environment),
            nodes=tuple(nodes),
        )

    @property
    def others(self) -> tuple[str, ...]:
        """Nodes beside the one that this process runs on."""
        return tuple(node for node in self.nodes if node != self.given.node)


def job_name(environment: Mapping[str, str] = os.environ) -> str:
    """What SLURM's commands call the job that this process runs in, and no other: `7`, or `7_2` for
    a task of an array.

    A task has a number of its own too, but one of them has the array's, by which commands mean all
    tasks.
    """
    if "SLURM_ARRAY_TASK_ID" in environment:
        return f"{environment['SLURM_ARRAY_JOB_ID']}_{environment['SLURM_ARRAY_TASK_ID']}"
    return environment["SLURM_JOB_ID"]


def array_share(environment: Mapping[str, str] = os.environ) -> Share | None:
    """The share of a study that is this task's of `sbatch --array`; None outside an array.

    Raises
    ------
    StudyError
        The array does not run from 0 without gaps, so that a share would be nobody's.
    """
    if "SLURM_ARRAY_TASK_ID" not in environment:
        return None
    task, last, count = (
        int(environment[f"SLURM_ARRAY_TASK_{part}"]) for part in ("ID", "MAX", "COUNT")
    )
    if last + 1 != count:
        raise StudyError(
            "This array does not start at 0 or leaves tasks out. Queue a whole one, such as `sbatch --array=0-9`; "
            "without --array, the script runs what is left."
        )
    return Share(number=task, count=count)


def requeue(job: str, seconds: float = COMMAND_S) -> str:
    """End a job, named by `job_name`, and queue it again; gives what SLURM says against it, or
    nothing.
    """
    asked = slurm("scontrol", "requeue", job, seconds=seconds)
    return asked.stderr.strip() or ("it gives no reason" if asked.returncode else "")


class Ending(Enum):
    """Why SLURM ends a job with SIGTERM.

    QUEUED: it queues the job again itself, as where a partition has PreemptMode=REQUEUE. PREEMPTED:
    another job needs its nodes, and nobody queues this one again. OTHER: it was cancelled, or its
    time is over. UNKNOWN: SLURM does not say.
    """

    QUEUED = "queued"
    PREEMPTED = "preempted"
    OTHER = "other"
    UNKNOWN = "unknown"


def ending(job: str, restarts: int, seconds: float = COMMAND_S) -> Ending:
    """Why a job that has got SIGTERM ends. restarts: of the run that asks; SLURM counts one more
    when it queues a job.

    A job that was cancelled in the grace time before its preemption was cancelled: it ends later
    than it was chosen.
    """
    shown = slurm("scontrol", "--oneliner", "show", "job", job, seconds=seconds)
    found = dict(re.findall(r" (Restarts|EndTime|PreemptTime)=(\S+)", shown.stdout))
    if shown.returncode or "Restarts" not in found:
        return Ending.UNKNOWN
    if int(found["Restarts"]) > restarts:
        return Ending.QUEUED
    return Ending.PREEMPTED if found.get("PreemptTime") == found.get("EndTime") else Ending.OTHER


def node_is_lost(node: str) -> bool:
    """Whether SLURM itself can no longer reach a node: it is down, or does not respond (a star
    behind its state).
    """
    state = slurm("sinfo", "--noheader", f"--nodes={node}", "--format=%T").stdout.strip().lower()
    return state.endswith("*") or state.startswith("down")
