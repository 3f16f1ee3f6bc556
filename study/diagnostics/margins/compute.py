"""How probable it is that a gain is above a margin, for every margin."""

from __future__ import annotations

import pandas as pd

from study.diagnostics.context import Context
from study.evidence.verdicts import margin_curves
from study.records.columns.shared import frame

COLUMNS = frame(
    "One margin for one improvement of a verdict.",
    "target kind base other margin above bound",
    {"margin": "A margin, as a share of the regression's loss.",
     "above": "Probability that the improvement is above it.",
     "bound": "Margin of the verdict (or the minimum margin), as a share; missing if there is none."},
)  # fmt: skip


def compute(context: Context) -> pd.DataFrame:
    """P(gain > m) of every gain of a verdict (`study.evidence.verdicts.margin_curves`)."""
    return margin_curves(context.judges)
