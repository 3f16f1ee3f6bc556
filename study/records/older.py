"""Results folders of versions before this one, brought to the layout and the names of now."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from study.records.paths import StudyPaths, write_atomic
from study.renamed import OLD_FAMILIES, RENAMED

FAMILY = re.compile(rf"(?<=-)(?:{'|'.join(OLD_FAMILIES.values())})(?=(?:-o\d+|-all)?(?:\.keras)?$)")
"""The old family in the name of a search's folder or of a model."""


def tidy(paths: StudyPaths) -> None:
    """Move what versions before have left to where it lies now, by the names of now; nobody else
    may be at work on all searches.

    Whatever ends the process in between, the next call does the rest.
    """
    moved = {paths.root / paths.data.name: paths.data}
    frames = (path for path in paths.root.glob("*.parquet") if path != paths.results)
    moved |= {path: paths.frames / path.name for path in frames}
    models = *paths.models.glob("*.keras"), *paths.fold_models.glob("*.keras")
    moved |= {path: _renamed(path) for path in models}
    for old, new in moved.items():
        with suppress(FileNotFoundError):  # not there, or another share was first
            new.parent.mkdir(exist_ok=True)
            old.replace(new)
    for folder in paths.trials.glob("*"):
        if (new := _renamed(folder)) != folder:
            _rewrite(folder, new)


def _renamed(path: Path) -> Path:
    return path.with_name(FAMILY.sub(lambda old: RENAMED[old[0]], path.name))


def _rewrite(folder: Path, new: Path) -> None:
    """Write the records of an old family's search into a folder of its new name."""
    (old,) = FAMILY.findall(folder.name)
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another share was first
            content = path.read_bytes()
            for place in ('"family":"{}"', f"-{{}}-{folder.name.rpartition('-')[2]}"):
                was, now = (place.format(name).encode() for name in (old, RENAMED[old]))
                content = content.replace(was, now)
            write_atomic(new / path.name.replace(f"{old}.", f"{RENAMED[old]}."), content)
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
