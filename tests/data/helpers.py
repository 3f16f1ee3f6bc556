"""Tables on disk and configs for the tests of the data layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.config import StudyConfig, make_config
from study.data.splits import Split
from study.data.tables import Table, read_table
from study.schema import Feature, Kind, Target


def config_for(source: str | Path, target: Any = "y", **more: Any) -> StudyConfig:
    data = {"source": str(source), **more.pop("data", {})}
    return make_config(
        {"name": "test", "data": data, "targets": target, "protocol": "holdout"} | more
    )


def saved(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "table.parquet"
    frame.to_parquet(path)
    return path


def table_of(folder: Path, frame: pd.DataFrame, target: Any = "y", **more: Any) -> Table:
    return read_table(config_for(saved(folder, frame), target, **more))


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(**columns: Any) -> str:
    """Columns as the text of a CSV file."""
    return pd.DataFrame(columns).to_csv(index=False)


def plain_frame(rows: int = 40, seed: int = 0) -> pd.DataFrame:
    """A number with gaps, a category with gaps, a date, a boolean and a continuous target."""
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(rows) < 0.25, np.nan, rng.normal(50, 10, rows))
    town = rng.choice(
        np.array(["Bonn", "Köln", "Ulm", None], dtype=object), rows, p=[0.4, 0.3, 0.15, 0.15]
    )
    seen = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    return pd.DataFrame(
        {
            "age": age,
            "town": town,
            "seen": seen,
            "smoker": rng.random(rows) < 0.4,
            "y": rng.normal(size=rows),
        }
    )


def bare(
    columns: dict[str, Any], types: dict[str, str], n_test: int = 10
) -> tuple[Table, Target, Split]:
    """A table and a split made by hand: the last `n_test` rows are tested, the first ten validate."""
    frame = pd.DataFrame(columns)
    frame["y"] = np.arange(len(frame), dtype=float)
    features = tuple(Feature(name=name, type=types[name], reason="", missing=0) for name in columns)
    target = Target(name="y", kind=Kind.CONTINUOUS, classes={}, reason="", missing=0)
    table = Table(frame, features, (target,), None, None, (), "")
    rows = np.arange(len(frame))
    development = rows[: len(rows) - n_test]
    return (
        table,
        target,
        Split(0, development, rows[len(rows) - n_test :], ((development[10:], development[:10]),)),
    )
