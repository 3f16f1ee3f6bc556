"""A small good table, and ways to spoil it."""

from __future__ import annotations

import numpy as np
import pandas as pd


def make_frame(rows: int = 40) -> pd.DataFrame:
    """A number, a town and a price that depends on the number."""
    rng = np.random.default_rng(0)
    size = rng.normal(50, 10, rows)
    towns = np.array(["Bonn", "Ulm"])[np.arange(rows) % 2]
    return pd.DataFrame({"size": size, "town": towns, "price": 3 * size + rng.normal(size=rows)})
