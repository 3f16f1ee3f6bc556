"""What reading a CSV file takes, as a multiple of its size: `scripts/benchmark reading`."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = 50
"""Columns of the numeric table."""
PIECE = 50_000
"""Rows that are written at a time."""
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""Unit of ru_maxrss in bytes."""


def _numeric(first: int, rows: int) -> pd.DataFrame:
    """Numbers of six decimals, some nine characters each."""
    values = np.random.default_rng(first).normal(size=(rows, COLUMNS)).round(6)
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(COLUMNS)]).rename(
        columns={"x0": "y"}
    )


def _mixed(first: int, rows: int) -> pd.DataFrame:
    """Numbers with gaps, categories of 5 levels, a date, and one character that needs four bytes."""
    rng = np.random.default_rng(first)
    columns: dict[str, object] = {"y": rng.normal(size=rows)}
    for i in range(5):
        columns[f"number {i}"] = np.where(
            rng.random(rows) < 0.1, np.nan, rng.normal(50, 10, rows).round(3)
        )
    for i in range(3):
        columns[f"level {i}"] = rng.choice(
            ["low", "rather low", "medium", "rather high", "high"], rows
        )
    columns["day"] = (np.datetime64("2020-01-01") + rng.integers(0, 1_500, rows)).astype(str)
    frame = pd.DataFrame(columns)
    if first == 0:
        frame.loc[0, "level 0"] = "\N{BALLOON}"
    return frame


TABLES: dict[str, Callable[[int, int], pd.DataFrame]] = {
    f"{COLUMNS} numeric columns": _numeric,
    "10 mixed columns": _mixed,
}


def _write(path: Path, table: str, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for first in range(0, rows, PIECE):
            TABLES[table](first, min(PIECE, rows - first)).to_csv(
                file, index=False, header=first == 0
            )


def _read(path: Path, small: Path) -> tuple[int, float]:
    """Bytes that reading `path` adds to what this process held at most, and CPU seconds; `small` is
    read before.
    """
    from study.config import make_config
    from study.data.tables import read_table

    configs = [
        make_config({"name": "reading", "data": {"source": str(p)}, "targets": "y"})
        for p in (small, path)
    ]
    read_table(configs[0])  # imports what reading imports
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    read_table(configs[1])
    spent = time.process_time() - begin
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * MAXRSS_BYTES, spent


def reading(rows: int) -> None:
    """Print size of each table's file, most memory that reading it adds to a fresh process, their
    ratio and CPU seconds.
    """
    context = multiprocessing.get_context("spawn")
    print(f"{'table':<24}{'file, MB':>10}{'peak, MB':>10}{'ratio':>8}{'CPU s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for table in TABLES:
            path, small = Path(folder) / "table.csv", Path(folder) / "small.csv"
            with context.Pool(
                1
            ) as writer:  # in a process of its own, since what one held at most is never forgotten
                writer.starmap(_write, [(path, table, rows), (small, table, 100)])
            with context.Pool(1) as reader:
                peak, spent = reader.apply(_read, (path, small))
            size = path.stat().st_size
            print(
                f"{table:<24}{size / 1e6:>10,.0f}{peak / 1e6:>10,.0f}{peak / size:>8.2f}{spent:>8.1f}",
                flush=True,
            )
