"""A table of people whose terms have very different scales, and the reference fit of a target of
it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.data.units import Units
from study.diagnostics.coefficients.reference import reference_coefficients
from study.schema import Kind

N = 400


def make_people() -> pd.DataFrame:
    """Height in mm, skewed wealth, and an indicator."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "height": rng.normal(1700, 90, N),
            "wealth": rng.lognormal(0, 1, N),
            "single": rng.integers(0, 2, N) * 1.0,
        }
    )


def fit(
    design: pd.DataFrame,
    y: np.ndarray,
    kind: Kind,
    classes: list[str] | None = None,
    l2: float = 0.0,
    units: Units | None = None,
) -> pd.DataFrame:
    return reference_coefficients(
        design, y, kind, classes, l2, design.std(ddof=0).to_numpy(), units
    )
