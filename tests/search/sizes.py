"""Sizes of tables, and a config of so many outer folds."""

from __future__ import annotations

from typing import Any

from study.config import StudyConfig
from study.schema import Kind
from study.search.cost import Size

from . import helpers

SMALL = Size("y", Kind.CONTINUOUS, 400, 10)
LARGE = Size("y", Kind.CONTINUOUS, 80_000, 20)
"""A table of 100,000 rows and 20 terms, of which a fifth is tested."""


def config_of(folds: int = 1, **more: Any) -> StudyConfig:
    """A config with so many outer folds."""
    outer = (
        {"protocol": "holdout"} if folds == 1 else {"protocol": "nested", "outer": {"folds": folds}}
    )
    return helpers.config_of(**(outer | more))
