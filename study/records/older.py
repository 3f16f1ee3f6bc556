"""Results folders of versions before this one, brought to the layout and the names of now."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from study.records.paths import StudyPaths, write_atomic
from study.schema import OLD_FAMILIES

SEARCH = re.compile(rf"(.+)-({'|'.join(OLD_FAMILIES)})-(o\d+|all)")
MODEL = re.compile(rf"(.+)-({'|'.join(OLD_FAMILIES)})((?:-o\d+|-all)?\.keras)")


def tidy(paths: StudyPaths) -> None:
    """Move what versions before have left to where it lies now, and rename families; nobody else
    may be at work on all searches.

    Whatever ends the process in between, the next call does the rest.
    """
    moved = {paths.root / paths.data.name: paths.data}
    frames = (path for path in paths.root.glob("*.parquet") if path != paths.results)
    moved |= {path: paths.frames / path.name for path in frames}
    for old in (*paths.models.glob("*"), *paths.fold_models.glob("*")):
        if match := MODEL.fullmatch(old.name):
            moved[old] = old.with_name(f"{match[1]}-{OLD_FAMILIES[match[2]]}{match[3]}")
    for old, new in moved.items():
        with suppress(FileNotFoundError):  # not there, or another share was first
            new.parent.mkdir(exist_ok=True)
            old.replace(new)
    for folder in paths.trials.glob("*"):
        if match := SEARCH.fullmatch(folder.name):
            _rename(folder, match)


def _rename(folder: Path, match: re.Match[str]) -> None:
    """Write the records of an old family's search anew, under the name of now."""
    target, family, fold = match.groups()
    new = OLD_FAMILIES[family]
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another share was first
            content = path.read_bytes().replace(
                f'"family":"{family}"'.encode(), f'"family":"{new}"'.encode()
            )
            content = content.replace(f"-{family}-{fold}".encode(), f"-{new}-{fold}".encode())
            name = path.name.replace(f"{family}.", f"{new}.")
            write_atomic(folder.with_name(f"{target}-{new}-{fold}") / name, content)
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
