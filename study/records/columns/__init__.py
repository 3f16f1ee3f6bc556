"""The columns of every dataframe in a results folder: their types and what they hold, as the reference of the docs has them."""

from __future__ import annotations

from study.records.columns.asked import ASKED
from study.records.columns.comparisons import COMPARISONS
from study.records.columns.models import MODELS
from study.records.columns.predicted import PREDICTED
from study.records.columns.searched import SEARCHED
from study.records.columns.shared import OPEN, Column, Frame
from study.records.columns.trials import TRIALS

__all__ = ["FRAMES", "OPEN", "Column", "Frame"]

FRAMES = TRIALS | COMPARISONS | MODELS | ASKED | PREDICTED | SEARCHED
"""By file, in the order of the page."""
