"""The toy table: how many balloons, and of which colour, to buy for somebody, a rule that no linear
model can hold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def make_balloons(rows: int, seed: int) -> pd.DataFrame:
    """Draw the balloons table, whose truth is known: two linear rules, chosen between by
    `relationship`.

    Partnered (relationship -0.5): balloons = 0.1 children - 0.2 age, red if 0.8 children + 0.2 age
    > 0. Single (relationship 0.5): balloons = 0.8 children + 0.5 age, red if 0.5 children + 0.5 age
    > 0. The best linear model of balloons has weights 0, 0.45, 0.15 and a mean squared error of
    0.35² / 6 = 0.020417.

    (rows, 5) frame: features `relationship` (-0.5 or 0.5), `children` and `age` (float64, uniform
    on [-0.5, 0.5]); targets `balloons` (float64) and `colour` ("red" or "blue"). The same seed
    gives the same table on every machine.
    """
    rng = np.random.default_rng(seed)
    relationship = rng.integers(0, 2, rows) - 0.5
    children = rng.uniform(-0.5, 0.5, rows)
    age = rng.uniform(-0.5, 0.5, rows)
    single = relationship > 0
    balloons = np.where(single, 0.8 * children + 0.5 * age, 0.1 * children - 0.2 * age)
    red = np.where(single, 0.5 * children + 0.5 * age, 0.8 * children + 0.2 * age) > 0
    features = {"relationship": relationship, "children": children, "age": age}
    return pd.DataFrame(features | {"balloons": balloons, "colour": np.where(red, "red", "blue")})
