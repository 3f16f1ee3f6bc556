"""The columns of the dataframes in a results folder: their types and what they hold, as the
reference of the docs has them.

Those of a diagnostic stand beside it (`study.diagnostics.registry`).
"""

from __future__ import annotations

from study.records.columns.comparisons import COMPARISONS
from study.records.columns.shared import OPEN, Column, Frame
from study.records.columns.trials import TRIALS

__all__ = ["FRAMES", "OPEN", "Column", "Frame"]

FRAMES = TRIALS | COMPARISONS
"""By file, in the order of the page."""
