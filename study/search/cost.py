"""What a study costs, in core-seconds: a fixed function of sizes, fitted once to measured studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.config import StudyConfig
from study.config.options import Range, Space
from study.data.terms import MOST_TERMS, QUANTILES
from study.families import get_family, resolve_space
from study.records.trees import MOST_CELLS
from study.schema import Arm, Kind

FLOOR_S = 14
"""Seconds of a study in which nothing is trained: Ray and the workers start, the report is made."""
COMPILE_S = 1.0
"""Core-seconds to compile a program, or to read what another worker has; two workers are assumed, which both need all."""
TRIAL_S = 0.015
"""Core-seconds of a trial that trains nothing."""
WINNER_S = 0.1
"""Core-seconds of a winner that trains nothing: its model is written."""
ROW_LAYER_S = 0.05e-6
"""Core-seconds a network needs for one row, one hidden layer of WIDE units and one replicate of an epoch, averaged over trials
that end early, where a step has many rows;"""
STEP_ROWS = 90
"""a step costs as much more as so many rows."""
WIDE = 64
"""Units of a layer of cost 1, in proportion to their square, and terms that cost as much as one such layer."""
TREES_S = 0.15, 0.6, 1e-4
"""Core-seconds of one trial of boosted trees in an outer fold: of a number, of classes, and more for each row."""
SHORT_S = 0.2, 2.5e-6
"""Core-seconds of the search for the short formula in an outer fold, and more for each row, product or hinge, and output;"""
SHORT_CELLS = 2_000_000
"""of so many of these at most."""
ITERATIONS = 60
"""Iterations that a regression's trial needs."""
ITERATION_S = 3e-9
"""Core-seconds a regression needs for one row, one term, one output and one replicate of an iteration."""


@dataclass(frozen=True)
class Size:
    """Size of what one target's arms learn from: rows and terms. Before anything is encoded: rows with a target and columns.

    outputs: of a regression: as many as there are classes, where these are more than two, else one.
    """

    target: str
    kind: Kind
    rows: int
    terms: int
    outputs: int = 1


def trial_cost(config: StudyConfig, arm: Arm, size: Size) -> float:
    """Core-seconds one trial of an arm is modelled to take: a fixed function of sizes, fitted once to measured studies."""
    folds, seeds = config.inner.folds, config.inner.seeds or 1
    rows = size.rows * (1 - 1 / folds)
    family = get_family(arm.family)
    if family.convex:
        iterations = ITERATIONS if family.inputs else 1
        return TRIAL_S + iterations * rows * folds * (size.terms + 1) * ITERATION_S
    space = resolve_space(family, round(rows), config.space.get(arm.family, {}))
    layers = (arm.depth + size.terms / WIDE) * float(np.mean((_values(space, "width", WIDE) / WIDE) ** 2))
    steps = float(np.mean(1 + STEP_ROWS / _values(space, "batch_size", WIDE)))
    return TRIAL_S + (config.training.epochs or 1) * rows * folds * seeds * layers * steps * ROW_LAYER_S


def _values(space: Space, name: str, otherwise: float) -> npt.NDArray[np.float64]:
    """Choices of a hyperparameter, or the ends of its range; `otherwise` where a space has none of that name."""
    form = space.get(name, otherwise)
    found = [form.low, form.high] if isinstance(form, Range) else form if isinstance(form, list) else [form]
    return np.array(found, np.float64)


def trees_cost(size: Size, trials: int) -> float:
    """Core-seconds of the boosted trees of an outer fold, with so many trials."""
    number, classes, row = TREES_S
    rows = min(size.rows, MOST_CELLS // size.terms)
    return (1 + trials) * ((classes if size.kind in {Kind.BINARY, Kind.MULTICLASS} else number) + row * rows)


def short_cost(size: Size) -> float:
    """Core-seconds of the search for the short formula in an outer fold."""
    fold, cell = SHORT_S
    terms = min(MOST_TERMS, size.terms * (size.terms - 1) / 2 + len(QUANTILES) * size.terms)
    return fold + cell * min(size.rows * terms, SHORT_CELLS) * size.outputs
