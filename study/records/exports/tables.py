"""Every frame of a results folder as CSV, and its verdicts as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from study.records.results import Results


def write_tables(results: Results, folder: Path) -> int:
    """Write a file a frame into a folder, `verdicts.csv` beside them; gives the number of trials.

    Of a study that is not finished the frames of its search alone. A list in a cell is JSON. verdicts.csv has a row a target
    and gain: verdict and answer, the two procedures, and all numbers of the gain.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Results(results.root)  # reads again what has come since
    for name in fresh.frames:
        _plain(getattr(fresh, name)).to_csv(folder / f"{name}.csv", index=False)
    if fresh.concluded:
        verdicts_frame(fresh).to_csv(folder / "verdicts.csv", index=False)
    return len(fresh.trials)


def verdicts_frame(results: Results) -> pd.DataFrame:
    """One row a target and gain of its verdict; a target without a gain has one row."""
    rows: list[dict[str, Any]] = []
    for verdict in results.verdicts:
        head: dict[str, Any] = {"target": verdict.target, "kind": verdict.kind.value, "verdict": verdict.verdict}
        head |= {"answer": verdict.answer_procedure, "metric": verdict.question.metric, "margin": verdict.margin}
        gains = [{"base": each.base, "other": each.other} | each.gain.model_dump() for each in verdict.gains]
        rows += [head | gain for gain in gains or [{}]]
    return pd.DataFrame(rows)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    lists = [
        str(name) for name in frame if frame[name].map(lambda cell: hasattr(cell, "tolist") and hasattr(cell, "shape")).any()
    ]
    return frame.assign(**{name: frame[name].map(lambda cell: json.dumps(cell.tolist())) for name in lists})
