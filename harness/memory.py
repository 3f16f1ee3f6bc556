"""A control group of the kernel, in which a process that takes too much memory is killed and nobody
else is hurt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MemoryGroup:
    """A process joins by writing its number to `folder/cgroup.procs`. counts: the file that counts
    kills.
    """

    folder: Path
    counts: str

    @property
    def killed(self) -> int:
        """Processes that the kernel has killed in it."""
        return int(
            re.findall(r"^oom_kill (\d+)", (self.folder / self.counts).read_text(), re.MULTILINE)[0]
        )


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[MemoryGroup]:
    """Make a group of version 2, or of version 1 where memory still belongs to that; removed with
    the block.

    Raises
    ------
    OSError
        None can be made here, with why: no root, no such file system, or a container that keeps
        them to itself.
    """
    if os.geteuid():
        raise PermissionError("it takes root")
    mounts = [line.split()[1:4] for line in Path("/proc/mounts").read_text().splitlines()]
    second = [Path(place) for place, kind, _ in mounts if kind == "cgroup2"]
    second = [
        place for place in second if "memory" in (place / "cgroup.controllers").read_text().split()
    ]
    first = [
        Path(place)
        for place, kind, options in mounts
        if kind == "cgroup" and "memory" in options.split(",")
    ]
    if not second + first:
        raise FileNotFoundError("no control groups that limit memory are mounted")
    for root in second[:1]:
        if "memory" not in (root / "cgroup.subtree_control").read_text().split():
            (root / "cgroup.subtree_control").write_text("+memory")
    folder = (second + first)[0] / f"study-test-{os.getpid()}"
    limits = (
        {"memory.max": limit_bytes, "memory.swap.max": 0}
        if second
        else {"memory.limit_in_bytes": limit_bytes}
    )
    folder.mkdir()
    try:
        for name, value in limits.items():
            if (
                name != "memory.swap.max" or (folder / name).exists()
            ):  # a kernel without swap has no such file
                (folder / name).write_text(str(value))
        yield MemoryGroup(folder, "memory.events" if second else "memory.oom_control")
    finally:
        folder.rmdir()
