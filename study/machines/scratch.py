"""Scratch folders outside the results: made for one run, cleared by a later one where the run was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "study-"
OWNED = ".owned"
"""Locked by the owner of a scratch folder for as long as it lives: the kernel lets go of it with the process."""
_own: set[Path] = set()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder with a short path (Ray's sockets allow 107 bytes), which is removed with the block."""
    parent = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
    _clear_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    _own.add(folder)
    try:
        with FileLock(folder / OWNED, preserve_lock_file=True):
            yield folder
    finally:
        _remove(folder)
        _own.discard(folder)


def is_there(folder: Path) -> bool:
    """Whether a scratch folder has not been removed; those whose sockets and logs lie in it may have made it anew."""
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
