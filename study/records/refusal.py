"""What is said of a results folder that cannot be read: what is wrong, and the command that goes on
with its study.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from zipfile import BadZipFile, ZipFile

from pydantic import ValidationError

from study.config import load_config
from study.evidence.stored import OtherVersion
from study.records.paths import StudyPaths
from study.schema import StudyError

MODELS = (".keras", ".skops")
"""Endings of saved models, which are archives."""


def run_again(root: Path, name: str | None) -> str:
    """The command that goes on with the study in folder `root`, wherever that lies and whatever it
    is called.

    name: of the study, by its config; None where that cannot be read.
    """
    place = root if root.name not in {"", ".."} else root.resolve()
    more = [] if place.parent == Path("results") else [f"--results {quote(str(place.parent))}"]
    more += [] if place.name == name else [f"--name {quote(place.name)}"]
    return f"`{' '.join(['study run', quote(str(place / 'config.yaml')), *more])}`"


def name_of(root: Path) -> str | None:
    """The name of the study in folder `root`, by its config; None where that cannot be read."""
    try:
        return load_config(root / "config.yaml").name
    except StudyError:
        return None


@contextmanager
def opened(path: Path, root: Path) -> Iterator[None]:
    """Raise `damaged` for whatever a library says of a file that it cannot read."""
    try:
        path.open("rb").close()  # a folder of that name, which some libraries read, is none
        yield
    except Exception as error:
        raise damaged(path, root, error) from None


def damaged(path: Path, root: Path, error: Exception | None = None) -> StudyError:
    """That a file in folder `root` cannot be read, why, and how it is made again."""
    trials = StudyPaths(root).trials
    first = "" if trials in path.parents or not path.exists() else "Remove it; "
    if path.suffix in MODELS:
        it = "it and " * path.exists()
        first = f"Remove {it}its winner.json, formula.json or trees.json below {trials}; "
    return StudyError(
        f"Can't read {path}: {_why(error)}. {first}{run_again(root, name_of(root))} makes it again."
    )


def _why(error: Exception | None) -> str:
    match error:
        case ValidationError() if (wrong := error.errors()[0])["type"] != "json_invalid":
            place = ".".join(map(str, wrong["loc"])) or "it"
            return f"it is from another version ({place}: {wrong['msg']})"
        case OtherVersion():
            return str(error)
        case OSError(strerror=str(why)):
            return why
    return "the file is damaged"


def check_file(path: Path, root: Path) -> None:
    """Read all of a file in folder `root`, and raise `damaged` where it is not as it was written."""
    with opened(path, root):
        if path.suffix in MODELS:
            if wrong := ZipFile(path).testzip():
                raise BadZipFile(wrong)
        elif path.suffix in {".json", ".ipynb"}:
            json.loads(path.read_bytes())
        else:
            path.read_bytes()[0]
