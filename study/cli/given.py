"""What a command line gives: a config or a table, a place to print to, and one to write to; and
what programs get, one JSON object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from study.schema import StudyError

if TYPE_CHECKING:
    from rich.console import Console

    from study.config import StudyConfig


def config_of(
    source: str, targets: list[str] | None, overrides: list[str] | None, name: str | None
) -> StudyConfig:
    """Config from a YAML file, or made for a table and its targets."""
    from study.config import load_config, make_config
    from study.records.paths import safe_name

    settings = list(overrides or [])
    if name is not None:
        settings.append(f"name={json.dumps(name)}")
    if Path(source).suffix.lower() in {".yaml", ".yml"}:
        if targets:
            settings.insert(0, f"targets=[{', '.join(map(json.dumps, targets))}]")
        return load_config(source, settings)
    if not targets:
        raise StudyError(
            f"{source} is a table, so name the column to predict: study run {source} --target COLUMN. Configs end in .yaml."
        )
    stem = Path(source.replace(":", "-")).name.split(".")[0] or "study"
    content: dict[str, Any] = {
        "name": safe_name(stem),
        "data": {"source": source},
        "targets": targets,
    }
    return make_config(content, settings, "the command line", Path())


def console(stderr: bool = False) -> Console:
    """Where people read: names of columns are printed as they are, brackets and colons included.

    stderr: in place of standard output, which programs read.
    """
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False, stderr=stderr)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Raise a StudyError where something below `place` cannot be written, as on a disk that is full
    or read-only.
    """
    try:
        yield
    except OSError as error:
        why = f"{error.filename or place}: {error.strerror or error}"
        raise StudyError(f"Can't write {why}. Name another place, or make room.") from None


def check_new(path: Path, force: bool) -> None:
    """Raise a StudyError where a file exists that nobody has said to replace."""
    with writing(path):
        if not force and path.is_file():
            raise StudyError(
                f"{path} exists already. Name another file with --out, or replace it with --force."
            )


VERSION = 2
"""Of the keys of what commands print for programs; those of 1 were without it."""


def as_json(content: Any) -> str:
    """An object as JSON has it: numbers that are not finite are null, frames are lists of rows,
    paths are text.
    """
    return to_json(content, indent=2, inf_nan_mode="null", fallback=_plain).decode()


def _plain(value: Any) -> Any:
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value.astype(object).where(value.notna(), None).to_dict("records")
    return None if value is pd.NA else value.tolist()


def print_json(content: dict[str, Any]) -> None:
    """Print it, the one thing on standard output, with the version of its keys."""
    print(as_json({"version": VERSION, **content}))
