"""What commands print for programs: one JSON object on standard output, and nothing else there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers that are not finite are null, frames are lists of rows, paths are text."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    if isinstance(value, pd.DataFrame):
        return plain(value.to_dict("records"))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, Path | pd.Timestamp):
        return str(value)
    return value


def print_json(content: Any) -> None:
    """Print it."""
    print(json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False))
