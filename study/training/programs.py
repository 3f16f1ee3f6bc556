"""Compiled programs, kept between processes: a folder of the user's own that XLA writes and reads."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path

from study.records.environment import version_of

MOST_KEPT = 400
"""Programs that are kept, those of the last studies; each has half a megabyte."""


def programs_folder() -> Path | None:
    """Folder of the programs that were compiled for this machine by this TensorFlow, made where it
    is missing.

    What lies there is executed. So it belongs to the user and to nobody else (mode 700), and it is
    that of one kind of processor, one TensorFlow and one set of XLA's flags. None where there is no
    such folder and none can be made.
    """
    kind = hashlib.sha256(
        f"{_processor()}\n{os.environ.get('XLA_FLAGS', '')}".encode()
    ).hexdigest()[:12]
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "family-study"
        folder = root / f"tensorflow-{version_of('tensorflow')}-{kind}"
        for each in (root, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = each.stat()
            if found.st_uid != os.getuid() or found.st_mode & 0o077:
                return None
    except (OSError, RuntimeError):  # a user without a home
        return None
    return folder


def forget_programs(folder: Path, most: int = MOST_KEPT) -> None:
    """Remove all but those that were compiled last, at `most` so many; another process may be doing
    the same.
    """
    dated = []
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                dated.append((path.stat().st_mtime, path))
    for _, path in sorted(dated)[: max(0, len(dated) - most)]:
        with suppress(OSError):
            path.unlink()


@contextmanager
def numbered(program: str) -> Iterator[None]:
    """Let TensorFlow number what it builds in the block as every process does that builds this
    program for the first time.

    XLA knows a kept program by the names in it, and TensorFlow numbers functions and loops in the
    order in which it meets them. Here each program has numbers of its own, none of them twice,
    whatever was built before.
    """
    from tensorflow.python.framework import ops

    before, ops.uid = ops.uid, _numbers(program).__next__
    try:
        yield
    finally:
        ops.uid = before


@cache
def _numbers(program: str) -> Iterator[int]:
    return count(int.from_bytes(hashlib.sha256(program.encode()).digest()[:5], "big") << 20)


def _processor() -> str:
    """Name and features of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(
        sorted(
            {
                line
                for line in lines
                if line.startswith(("model name", "flags", "Features", "CPU part"))
            }
        )
    )
