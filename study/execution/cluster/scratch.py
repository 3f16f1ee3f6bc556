"""Scratch folders outside the results: made for one run, cleared by a later one where the run was
killed.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from study.schema import StudyError

PREFIX = "study-"
OWNED = ".owned"
"""Locked by the owner of a scratch folder for as long as it lives: the kernel lets go of it with
the process."""
MOST_BYTES = 24
"""Of a socket's 107 bytes, what Ray (64, with a process id of seven digits) and our own folder (19)
leave."""
_own: set[Path] = set()


@contextmanager
def scratch_folder(place: str | None = None) -> Iterator[Path]:
    """Make a folder in `place`, or else in /tmp, which is removed with the block.

    place: `slurm.scratch`, with variables of the environment in it.

    Raises
    ------
    StudyError
        `place` is no folder that can be written to here, or its path is too long for Ray's sockets.
    """
    parent = _usual() if place is None else _checked(place)
    _clear_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    _own.add(folder)
    try:
        with FileLock(folder / OWNED, preserve_lock_file=True):
            yield folder
    finally:
        _remove(folder)
        _own.discard(folder)


def _usual() -> Path:
    return Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())


def check_length(place: str) -> None:
    """Raise a StudyError where `slurm.scratch` is too long for Ray's sockets below it; variables
    may still make it shorter.
    """
    length = len(os.fsencode(place))
    if "$" not in place and length > MOST_BYTES:
        raise StudyError(
            f"slurm.scratch {place} has {length} bytes, but Ray's sockets leave room for {MOST_BYTES}. "
            "Name a shorter path, or a link."
        )


def _checked(place: str) -> Path:
    folder = Path(os.path.expandvars(place))
    check_length(str(folder))
    if not folder.is_absolute() or not os.access(folder, os.W_OK):
        raise StudyError(
            f"Can't write slurm.scratch {folder} on {platform.node()}. Name a folder that every node can write to."
        )
    return folder


def is_there(folder: Path) -> bool:
    """Whether a scratch folder has not been removed; those whose sockets and logs lie in it may
    have made it anew.
    """
    return (folder / OWNED).exists()


def remove_own() -> None:
    """Remove the folders of this process, which is about to end without leaving its blocks."""
    for folder in list(_own):
        _remove(folder)


def _remove(folder: Path) -> None:
    for _ in range(20):  # another thread, or a process that is ending, may still write there
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    with suppress(OSError):
        (folder / OWNED).touch()  # owned by nobody, so that a later run clears it


def _clear_abandoned(parent: Path) -> None:
    """Remove this user's scratch folders whose owner died without removing them."""
    for owned in parent.glob(f"{PREFIX}*/{OWNED}"):
        with suppress(OSError, Timeout):
            if owned.stat().st_uid == os.getuid():
                with FileLock(owned, blocking=False, preserve_lock_file=True):
                    shutil.rmtree(owned.parent)
