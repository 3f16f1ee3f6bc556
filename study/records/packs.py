"""Records of a search's trials: a file each while it is searched, and all in one, its pack, once it
is finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from study.records.paths import PACK, StudyPaths, atomic_file, write_atomic
from study.records.trial import TrialRecord
from study.schema import Search

SINGLE = "[0-9]*.json"
"""Files of single trials."""
LOOKS = 3
"""Times that a search's folder is read which is packed by another process meanwhile."""


def read_search(
    paths: StudyPaths, folder: Path, broken: list[Path] | None = None
) -> Iterator[TrialRecord]:
    """Every record in a search's folder, in order of number: of one in the pack and in a file too
    the packed one.

    broken: takes single files, and a pack, in which something is truncated, empty or another's; the
    rest of a pack counts.
    """
    for record, _ in _lines(paths, folder, broken):
        yield record


def pack(paths: StudyPaths, search: Search) -> None:
    """Put all records of a finished search into its pack, which is written, synced and renamed
    before the single files go.

    Whatever ends the process in between leaves the files, or the pack, or both, which read the
    same.
    """
    folder = paths.search(search)
    if not any(folder.glob(SINGLE)) or not (lines := _lines(paths, folder)):
        return
    with atomic_file(folder / PACK) as file:
        for _, line in lines:
            file.write(line + b"\n")
    for record, _ in lines:
        paths.trial(search, record.number).unlink(missing_ok=True)


def unpack(paths: StudyPaths, folder: Path, to: Path, below: int | None = None) -> None:
    """Make files again of the records in a pack, of those that can be read and have a number below
    one, and move it away.
    """
    for record, line in _lines(paths, folder):
        if below is None or record.number < below:
            write_atomic(paths.trial(record.search, record.number), line)
    to.parent.mkdir(parents=True, exist_ok=True)
    (folder / PACK).replace(to)


def set_aside(paths: StudyPaths, broken: Path) -> Path:
    """Rename a broken file, so that what it held is made again; gives its new name. Of a pack
    nothing else is lost.
    """
    aside = broken.with_suffix(".broken")
    if broken.name == PACK:
        unpack(paths, broken.parent, aside)
    else:
        broken.replace(aside)
    return aside


def _lines(
    paths: StudyPaths, folder: Path, broken: list[Path] | None = None
) -> list[tuple[TrialRecord, bytes]]:
    """Records with their lines."""
    for _ in range(LOOKS):
        files = sorted(folder.glob(SINGLE))
        with suppress(FileNotFoundError):  # it was packed since the folder was listed
            found, wrong = _once(paths, folder, files)
            if broken is not None:
                broken += wrong
            return found
    return []


def _once(
    paths: StudyPaths, folder: Path, files: list[Path]
) -> tuple[list[tuple[TrialRecord, bytes]], list[Path]]:
    """The same from the pack and what was listed of the folder, and what is broken of them.

    Raises
    ------
    FileNotFoundError
        A single file is gone.
    """
    found: dict[int, tuple[TrialRecord, bytes]] = {}
    broken = list[Path]()
    for line in _packed(folder / PACK):
        record = _read(line)
        if (
            record is None
            or paths.search(record.search) != folder
            or record.number <= max(found, default=-1)
        ):
            broken = [folder / PACK]
        else:
            found[record.number] = record, line
    packed = {f"{number:04d}" for number in found}
    for path in files:
        if path.stem not in packed:
            record = _read(line := _content(path))
            if record is None or paths.trial(record.search, record.number) != path:
                broken.append(path)
            else:
                found[record.number] = (
                    record,
                    line if b"\n" not in line else record.model_dump_json().encode(),
                )
    return [found[number] for number in sorted(found)], broken


def _read(line: bytes) -> TrialRecord | None:
    with suppress(ValueError):
        return TrialRecord.model_validate_json(line)
    return None


def _content(path: Path) -> bytes:
    """Nothing where a folder, or a loop of links, has a file's name."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError:
        return b""


def _packed(path: Path) -> Iterator[bytes]:
    """Lines of a pack; one that is empty or no file has an empty line, which is no record."""
    try:
        with path.open("rb") as file:
            yield (file.readline() or b"\n").rstrip(b"\n")
            for line in file:
                yield line.rstrip(b"\n")
    except FileNotFoundError:
        pass
    except OSError:
        yield b""
