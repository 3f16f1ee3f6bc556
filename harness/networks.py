"""A learning problem of a network on an array, without a table, and what its weights predict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.data.matrix import Matrix
from study.data.rows import IntArray
from study.families.base import Architecture
from study.families.heads import Head
from study.families.stacked import Stack
from study.training.problem import Problem


def problem_on(
    x: NDArray[np.float32],
    y: NDArray[Any],
    train: tuple[IntArray, ...],
    validation: tuple[IntArray, ...],
    head: Head,
) -> Problem:
    """Problem of a matrix (rows, n_features) that is standardised already and is read by all
    replicates alike, which start as the best constant.
    """
    n, (_, features) = len(train), x.shape
    constants = [head.constant(y[rows].astype(np.float64), 1) for rows in train]
    return Problem(
        matrix=Matrix(x, np.zeros(features)),
        columns=np.arange(features),
        fill=np.zeros((n, features)),
        center=np.zeros((n, features)),
        scale=np.ones((n, features)),
        y=y.astype(np.float64),
        y_center=np.zeros(n),
        y_scale=np.ones(n),
        train=train,
        validation=validation,
        regressions=[
            np.zeros((n, features, 1), np.float32),
            np.array(constants, np.float32)[:, None],
        ],
        head=head,
        n_outputs=1,
        epoch_rows=max(map(len, train)),
        most_train=max(map(len, train)),
        most_validation=max(map(len, validation)),
    )


def linear_predictor(
    weights: list[Any], architecture: Architecture, x: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Linear predictor (n_replicates, rows, n_outputs) of stacked weights for x (n_replicates,
    rows, n_features).
    """
    stack = Stack(replace(architecture, n_replicates=len(x)))
    for variable, value in zip([*stack.straight.weights, *stack.weights], weights, strict=True):
        variable.assign(value)
    return np.asarray(stack.model(x, training=False).numpy(), np.float64)
