"""What a fit is given and what it gives back."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.data.matrix import Matrix
from study.data.rows import IntArray
from study.families.heads import FloatArray
from study.families.saved import Reading
from study.families.stacked import Weights

ALIGNMENT = 64
"""Bytes to which a tensor's memory is aligned."""


@dataclass(frozen=True)
class Problem(Reading):
    """One learning problem for every replicate, over one shared matrix that each reads through its
    own encoder.

    matrix: the table. y: (rows of the matrix,) float64: value, class index or count. train,
    validation: rows of each replicate. regressions: kernel and bias of the regression that each
    adds hidden layers to. epoch_rows: rows from whose number that of an epoch's
    steps follows: the most that a replicate trains on, or would train on if it were not given a
    part of them. most_train, most_validation: most rows that any problem of this study trains on or
    validates on, by which programs are shaped.
    """

    matrix: Matrix
    y: FloatArray
    train: tuple[IntArray, ...]
    validation: tuple[IntArray, ...]
    regressions: Weights
    n_outputs: int
    epoch_rows: int
    most_train: int
    most_validation: int

    @property
    def n_replicates(self) -> int:
        return len(self.train)

    def stacked(self, n: int) -> Problem:
        """The same problem in a stack of `n` replicates, its last one again in place of those that
        it lacks.
        """
        own = np.minimum(np.arange(n), self.n_replicates - 1)
        return replace(
            self,
            train=tuple(self.train[k] for k in own),
            validation=tuple(self.validation[k] for k in own),
            regressions=[values[own] for values in self.regressions],
            **{
                name: getattr(self, name)[own]
                for name in ("fill", "center", "scale", "y_center", "y_scale")
            },
        )


@dataclass(frozen=True)
class Fit:
    """Trained replicates, losses in the problem's own (standardised) unit.

    weights: each replicate's kept weights. val_loss, train_loss: (n_replicates,), NaN where there
    are no validation rows. best_epoch: (n_replicates,) counted from 1. converged: whether training
    arrived: best losses whose mean no longer falls. curve_val, curve_train: (n_replicates,
    n_epochs). rungs: mean best loss at each rung of a network's
    schedule that it came to, in the target's own unit. pruned: whether it was given up at the last
    of them.
    """

    weights: Weights
    val_loss: FloatArray
    train_loss: FloatArray
    best_epoch: IntArray
    converged: bool
    curve_val: FloatArray
    curve_train: FloatArray
    rungs: tuple[float, ...] = ()
    pruned: bool = False

    def first(self, n: int) -> Fit:
        """The first `n` replicates alone."""
        parts = "val_loss", "train_loss", "best_epoch", "curve_val", "curve_train"
        return replace(
            self,
            weights=[w[:n] for w in self.weights],
            **{name: getattr(self, name)[:n] for name in parts},
        )


def padded(rows: tuple[IntArray, ...], most: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Row numbers of unequal length as one matrix (n_replicates, most) and its mask of ones and
    zeros.

    The last row is repeated in the padding: what is masked must be finite too.
    """
    longest = max(1, most)
    index = np.zeros((len(rows), longest), np.int32)
    mask = np.zeros((len(rows), longest), np.float32)
    for k, r in enumerate(rows):
        if len(r):
            index[k], mask[k, : len(r)] = r[-1], 1
            index[k, : len(r)] = r
    return index, mask


@lru_cache(maxsize=1)
def on_device(matrix: Matrix) -> Any:
    """The matrix as a tensor, (rows, columns); a worker has that of its study once."""
    return shared(matrix.values)


def shared(values: NDArray[np.float32]) -> Any:
    """An array that nobody writes to as a tensor; on a CPU the same memory, if aligned float32, as
    in Ray's object store.

    TensorFlow copies an array that NumPy does not let it write to, as all are that come from the
    object store. So it is shown the memory alone, which lives as long as the tensor.
    """
    import tensorflow as tf

    aligned = values.size > 0 and values.ctypes.data % ALIGNMENT == 0 and values.flags.c_contiguous
    if values.dtype != np.float32 or not aligned or tf.config.list_logical_devices("GPU"):
        return tf.constant(values)
    memory = (ctypes.c_float * values.size).from_address(values.ctypes.data)
    memory.owner = values  # type: ignore[attr-defined]
    return tf.experimental.dlpack.from_dlpack(
        np.ctypeslib.as_array(memory).reshape(values.shape).__dlpack__()
    )
