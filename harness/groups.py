"""Control groups of the test cluster's nodes, by which SLURM holds jobs to their memory: a group a
node, below this process's.

Version 1 alone, where the machine has it. In version 2 a group with processes, as ours is, can give
its own no limits.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

CONTROLLERS = ("memory", "freezer")
"""What limits memory, and what SLURM knows a job's processes by."""
MOUNTED = Path("/sys/fs/cgroup")
END_S = 10


def own_group(controller: str) -> Path | None:
    """The group of this process; None where the machine does not have that controller in version 1."""
    lines = (
        line.split(":", 2)
        for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    )
    path = next((path for _, names, path in lines if controller in names.split(",")), None)
    return None if path is None else MOUNTED / controller / path.lstrip("/")


def missing() -> str | None:
    """Why nodes can have no groups here, if so."""
    for controller in CONTROLLERS:
        if (group := own_group(controller)) is None or not group.is_dir():
            return f"this machine has no control groups of version 1 for {controller}"
        tried = group / "study-tried"
        try:
            tried.mkdir()
            tried.rmdir()
        except OSError as error:
            return f"this root may make no control groups: {error}"
    return None


def make(name: str) -> list[Path]:
    """Groups of a node, in the order of CONTROLLERS."""
    groups = [
        group / name for controller in CONTROLLERS if (group := own_group(controller)) is not None
    ]
    for group in groups:
        group.mkdir(exist_ok=True)
    return groups


def entering(groups: list[Path]) -> list[str]:
    """What stands before a command, so that it and what it starts are in these groups."""
    script = 'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec "$@"'
    return ["sh", "-c", script, "sh", *map(str, groups), "--"] if groups else []


def remove(name: str) -> None:
    """Remove them with all below, once their processes have ended."""
    for controller in CONTROLLERS:
        if (group := own_group(controller)) is None:
            continue
        until = time.monotonic() + END_S
        while (group / name).exists() and time.monotonic() < until:
            for below in [*sorted((group / name).rglob("*/"), reverse=True), group / name]:
                with suppress(OSError):
                    below.rmdir()
            time.sleep(0.1)
