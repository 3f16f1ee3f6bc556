"""Rows that a user hands in and gets back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd

from study.cli.given import check_new, writing
from study.data.files import read_file
from study.data.sources import named
from study.schema import StudyError

ENDINGS = (".csv", ".tsv", ".parquet")
"""Of files that predictions are written to."""


def read_rows(path: Path) -> pd.DataFrame:
    """Raw frame of a table file; errors as `study.data.files.read_file`, and where it has no row."""
    frame = named(read_file(path, "Check its name.")[0], str(path))
    if not len(frame):
        raise StudyError(f"{path} has no rows below its header. Add rows to predict.")
    return frame


def check_out(path: Path, force: bool) -> None:
    """Raise a StudyError where predictions cannot be written to a file: an unknown ending, no such
    folder, or a file that only `force` replaces.
    """
    if path.suffix.lower() not in ENDINGS:
        raise StudyError(
            f"Can't write {path} in that format. Name a .csv, .tsv or .parquet file with --out."
        )
    if not os.path.isdir(path.parent):  # noqa: PTH112 - which raises nothing where a name is too long
        raise StudyError(
            f"Can't write {path}: there is no folder {path.parent}. Name another file with --out."
        )
    check_new(path, force)


def write_rows(frame: pd.DataFrame, path: Path | None) -> None:
    """Write a frame by its file's ending, or print it as CSV where there is none.

    Raises
    ------
    StudyError
        The file cannot be written (`check_out` tells most of that before).
    """
    if path is None:
        sys.stdout.write(frame.to_csv(index=False))
        return
    with writing(path):
        if path.suffix.lower() == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False, sep="\t" if path.suffix.lower() == ".tsv" else ",")
