"""Rows of a stacked fit, batch by batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.training.problem import Problem, on_device


class Data(NamedTuple):
    """A problem as tensors, float32, values and centers less the matrix's offset; a feature that is
    none has the factor 0.

    values: (rows, features), every column of the matrix. fill, center, factor: (replicates,
    features). y: (rows,). y_center, y_factor: (replicates,).
    """

    values: Any
    fill: Any
    center: Any
    factor: Any
    y: Any
    y_center: Any
    y_factor: Any

    @classmethod
    def of(cls, problem: Problem) -> Data:
        """Tensors of a problem."""
        offset, n = problem.matrix.offset, problem.n_replicates
        fill, center, factor = (np.zeros((n, len(offset)), np.float32) for _ in range(3))
        fill[:, problem.columns] = problem.fill - offset[problem.columns]
        center[:, problem.columns] = problem.center - offset[problem.columns]
        factor[:, problem.columns] = 1 / problem.scale
        about, unit = problem.y_center.mean(), problem.y_scale.mean()
        y = np.asarray((problem.y - about) / unit, np.float32)
        y_center = (problem.y_center - about) / unit
        y_factor = unit / problem.y_scale
        rest = (fill, center, factor, y, y_center.astype(np.float32), y_factor.astype(np.float32))
        return cls(on_device(problem.matrix), *(tf.constant(array) for array in rest))


def batches(rows: NDArray[np.int64], steps: int, batch: int) -> NDArray[np.int64]:
    """Rows of each step, (steps, batch), no row in two steps where there are enough.

    Where `rows` cannot fill that shape, each step takes as many as there are for it and repeats
    them: its mean loss is that of a smaller batch, in a program of the same shape; where their
    number does not divide the batch, some count once more.
    """
    own = min(batch, max(len(rows) // steps, 1))
    return np.resize(rows, (steps, own))[:, np.arange(batch) % own]
