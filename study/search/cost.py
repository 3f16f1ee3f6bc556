"""What the tasks of a study cost, in core-seconds: a fixed function of sizes, fitted once to
measured studies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.config import StudyConfig
from study.config.options import Range, Space
from study.data.terms import MOST_CELLS as SEARCHED_CELLS, MOST_TERMS, QUANTILES
from study.families import get_family, resolve_space
from study.records.trees import MOST_CELLS
from study.schema import TERMS, Kind, Search

START_S = 8.3
"""Seconds from a command to its first task, a table of some rows read and encoded: imports, Ray,
workers."""
END_S = 6.0, 2.0
"""Seconds from the last record to the end of a command, and more for each target: Ray ends,
verdicts, the report;"""
RECORD_S = 3e-3
"""more for each trial,"""
CELL_S = 1.2e-6
"""and for each row and term three times what reading and encoding them takes before, which is this.
"""
COMPILE_S = 1.0
"""Core-seconds to compile a program, or to read what another worker has; two workers are assumed,
which both need all."""
TRIAL_S = 0.015
"""Core-seconds of a trial that trains nothing."""
WINNER_S = 0.1
"""Core-seconds of a winner that trains nothing: its model is written."""
ROW_LAYER_S = 0.05e-6
"""Core-seconds a network needs for one row, one hidden layer of WIDE units and one replicate of an
epoch, averaged over trials that end early, where a step has many rows;"""
STEP_ROWS = 90
"""a step costs as much more as so many rows."""
WIDE = 64
"""Units of a layer of cost 1, in proportion to their square, and terms that cost as much as one
such layer."""
TREES_S = 0.15, 0.6, 1e-4
"""Core-seconds of one trial of boosted trees in an outer fold: of a number, of classes, and more
for each row."""
FORMULA_S = 0.3, 2.5e-6
"""Core-seconds of the search for the simple formula in an outer fold, and more for each row,
product or hinge, and output.
"""
SQUARES_S = 4e-8
"""Core-seconds that a path of least squares needs for one row and term of an inner fold."""
PATH_S = 0.05, 1.5e-7
"""Core-seconds of another path for each output, and more for each row and term of an inner fold,
where"""
ROW_TERMS = 20
"""a row costs as much as so many terms."""


@dataclass(frozen=True)
class Size:
    """Size of what one target's searches learn from: rows and terms. Before anything is encoded:
    rows with a target and columns.

    outputs: of a regression: as many as there are classes, where these are more than two, else one.
    """

    target: str
    kind: Kind
    rows: int
    terms: int
    outputs: int = 1


def trial_cost(config: StudyConfig, search: Search, size: Size) -> float:
    """Core-seconds one trial of a search is modelled to take: a fixed function of sizes, fitted
    once to measured studies.
    """
    folds, seeds = config.inner.folds, config.inner.seeds or 1
    rows = size.rows * (1 - 1 / folds)
    family = get_family(search.family)
    if family.convex:
        return TRIAL_S + (
            _path_cost(size, folds, rows, family.name == TERMS) if family.inputs else 0.0
        )
    space = resolve_space(family, round(rows), config.space.get(search.family, {}))
    layers = (search.depth + size.terms / WIDE) * float(
        np.mean((_values(space, "width", WIDE) / WIDE) ** 2)
    )
    steps = float(np.mean(1 + STEP_ROWS / _values(space, "batch_size", WIDE)))
    return (
        TRIAL_S
        + (config.training.epochs or 1) * rows * folds * seeds * layers * steps * ROW_LAYER_S
    )


def _path_cost(size: Size, folds: int, rows: float, with_terms: bool) -> float:
    """Core-seconds of a path of penalties, with all terms that so many columns can give if it is
    `terms`.
    """
    columns = size.terms
    terms = columns + (
        min(MOST_TERMS, columns * (columns - 1) // 2 + len(QUANTILES) * columns)
        if with_terms
        else 0
    )
    cells = min(rows, SEARCHED_CELLS / terms) * folds
    if size.kind is Kind.CONTINUOUS:
        return SQUARES_S * cells * terms
    output, cell = PATH_S
    return size.outputs * (output + cell * cells * (terms + ROW_TERMS))


def _values(space: Space, name: str, otherwise: float) -> npt.NDArray[np.float64]:
    """Choices of a hyperparameter, or the ends of its range; `otherwise` where a space has none of
    that name.
    """
    form = space.get(name, otherwise)
    found = (
        [form.low, form.high]
        if isinstance(form, Range)
        else form
        if isinstance(form, list)
        else [form]
    )
    return np.array(found, np.float64)


def trees_cost(size: Size, trials: int) -> float:
    """Core-seconds of the boosted trees of an outer fold, with so many trials."""
    number, classes, row = TREES_S
    rows = min(size.rows, MOST_CELLS // size.terms)
    return (1 + trials) * (
        (classes if size.kind in {Kind.BINARY, Kind.MULTICLASS} else number) + row * rows
    )


def formula_cost(size: Size) -> float:
    """Core-seconds of the search for the simple formula in an outer fold."""
    fold, cell = FORMULA_S
    terms = min(MOST_TERMS, size.terms * (size.terms - 1) / 2 + len(QUANTILES) * size.terms)
    return fold + cell * min(size.rows * terms, SEARCHED_CELLS) * size.outputs
