"""What commands print for programs: one JSON object on standard output, and nothing else there."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pydantic_core import to_json

VERSION = 2
"""Of the keys; those of 1 were without it."""


def as_json(content: Any) -> str:
    """An object as JSON has it: numbers that are not finite are null, frames are lists of rows,
    paths are text.
    """
    return to_json(content, indent=2, inf_nan_mode="null", fallback=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return value.astype(object).where(value.notna(), None).to_dict("records")
    return None if value is pd.NA else value.tolist()


def print_json(content: dict[str, Any]) -> None:
    """Print it, with the version of its keys."""
    print(as_json({"version": VERSION, **content}))
