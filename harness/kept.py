"""Records on disk as bytes, whether they lie in single files or in the pack of a finished search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PACK = "trials.jsonl"


@dataclass(frozen=True)
class Kept:
    """One record. written: inode and time of its file, which a second writing changes; None in a
    pack.
    """

    content: bytes
    written: tuple[int, int] | None


def kept(folder: Path) -> dict[str, Kept]:
    """Every record of a results folder by its place below `trials/` where each has a file:
    `search/0003.json`.
    """
    found: dict[str, Kept] = {}
    for search in folder.glob("trials/*/"):
        while True:
            with suppress(FileNotFoundError):  # it is packed, or set aside, meanwhile
                own = {path.name: _file(path) for path in search.glob("*.json")}
                own |= {f"{number:04d}.json": Kept(line, None) for number, line in _packed(search)}
                break
        found |= {f"{search.name}/{name}": record for name, record in own.items()}
    return found


def replace(folder: Path, name: str, content: bytes | None) -> None:
    """Put other bytes in the place of a record, or nothing."""
    path = folder / "trials" / name
    if path.exists():
        path.unlink() if content is None else path.write_bytes(content)
    elif (pack := path.parent / PACK).exists():
        lines = [
            content if f"{number:04d}.json" == path.name else line
            for number, line in _packed(path.parent)
        ]
        pack.write_bytes(b"".join(line + b"\n" for line in lines if line is not None))


def _file(path: Path) -> Kept:
    stat = path.stat()
    return Kept(path.read_bytes(), (stat.st_ino, stat.st_mtime_ns))


def _packed(search: Path) -> Iterator[tuple[int, bytes]]:
    with suppress(FileNotFoundError):
        for line in (search / PACK).read_bytes().splitlines():
            with suppress(ValueError):
                yield json.loads(line)["number"], line
