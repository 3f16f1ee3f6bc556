"""Every frame of a results folder as CSV."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from study.records.results import Results


def write_tables(results: Results, folder: Path) -> int:
    """Write a file a frame into a folder; gives the number of trials.

    Of a study that is not finished the frames of its search alone. A list in a cell is JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Results(results.root)  # reads again what has come since
    for name in fresh.frames:
        _plain(getattr(fresh, name)).to_csv(folder / f"{name}.csv", index=False)
    return len(fresh.trials)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    told = frame.select_dtypes(["object"], ["str"]).map(
        lambda cell: json.dumps(cell.tolist()) if isinstance(cell, np.ndarray) else cell
    )
    return frame.assign(**told)
