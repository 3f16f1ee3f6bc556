"""A learning problem of a network on an array, without a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.data.matrix import Matrix
from study.data.rows import IntArray
from study.families.heads import Head
from study.training.problem import Problem


def problem_on(
    x: NDArray[np.float32], y: NDArray[Any], train: tuple[IntArray, ...], validation: tuple[IntArray, ...], head: Head
) -> Problem:
    """Problem of a matrix (rows, n_features) that is standardised already and is read by all replicates alike."""
    n, (_, features) = len(train), x.shape
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
        head=head,
        n_outputs=1,
        epoch_rows=max(map(len, train)),
        most_train=max(map(len, train)),
        most_validation=max(map(len, validation)),
    )
