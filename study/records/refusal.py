"""What is said of a results folder that cannot be read: what is wrong, and the command that goes on
with its study.
"""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from pydantic import ValidationError

from study.config import load_config
from study.schema import StudyError


def run_again(root: Path, name: str | None) -> str:
    """The command that goes on with the study in folder `root`, wherever that lies and whatever it
    is called.

    name: of the study, by its config; None where that cannot be read.
    """
    place = root if root.name not in {"", ".."} else root.resolve()
    more = [] if place.parent == Path("results") else [f"--results {quote(str(place.parent))}"]
    more += [] if place.name == name else [f"--name {quote(place.name)}"]
    return f"`{' '.join(['study run', quote(str(root / 'config.yaml')), *more])}`"


def name_of(root: Path) -> str | None:
    """The name of the study in folder `root`, by its config; None where that cannot be read."""
    try:
        return load_config(root / "config.yaml").name
    except StudyError:
        return None


def first_wrong(error: ValidationError) -> str:
    """The first thing that is wrong in a file: where, and what."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"


def unreadable(error: ValueError) -> str:
    """Why a file cannot be read."""
    if isinstance(error, ValidationError):
        return f"it is from another version ({first_wrong(error)})"
    return str(error)
