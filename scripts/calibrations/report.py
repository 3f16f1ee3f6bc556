"""What the pages of all calibrations share: their margin, the tables of a folder, and shares with
their exact intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from scipy import stats

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "calibration-tables.md"
MARGIN = 0.05


def share(hits: pd.Series) -> str:
    """Share of hits in per cent, with the exact 95 % interval of Clopper and Pearson (1934,
    Biometrika 26).
    """
    if hits.empty:
        return ""
    found = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(method="exact")
    return f"{100 * hits.mean():.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def exact(hits: pd.Series) -> tuple[float, float]:
    """Ends of Clopper and Pearson's interval of a mean of zeros and hundreds."""
    found = stats.binomtest(round(hits.sum() / 100), len(hits)).proportion_ci(method="exact")
    return 100 * found.low, 100 * found.high


def by_group(
    judged: pd.DataFrame, by: list[str], said: Callable[[pd.DataFrame], dict[str, object]]
) -> pd.DataFrame:
    """One row a group, in the order of `judged`: its values of `by`, and what is said of it."""
    return pd.DataFrame(
        [dict(zip(by, key, strict=True)) | said(own) for key, own in judged.groupby(by, sort=False)]
    )


def tables_of(folder: Path) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Every table of a folder (`tables.run_table`), behind its cell, table and what `Cell` says;
    the gain in per cent.
    """
    for path in sorted(folder.glob("*.parquet")):
        cell, _, table = path.stem.rpartition("-")
        kind, size, noise, effect, gain, *together = cell.split("-")
        about = {
            "cell": cell,
            "table": int(table),
            "kind": kind,
            "noise": noise,
            "effect": effect,
            "gain": 100 * float(gain),
        }
        about |= dict(zip(("rows", "features"), map(int, size.split("x")), strict=True)) | {
            "together": together[0] if together else "alone"
        }
        yield about, pd.read_parquet(path)


def beside(page: Path, name: str) -> Path:
    """Where what is judged of the tables of a question (of `tables.QUESTIONS`) is kept."""
    return page.with_name(f"{page.stem}-{name}.parquet")


def kept(page: Path, name: str) -> pd.DataFrame:
    """What is kept of the tables of a question: one a row, with cell, table and more; empty where
    nothing is.
    """
    path = beside(page, name)
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=["cell", "table"])
