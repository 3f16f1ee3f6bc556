"""What a fit is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.families.heads import FloatArray, Head
from study.families.stacked import Weights

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """One learning problem for every replicate, over one shared matrix.

    x: (rows, n_features) float32, one copy of the table for each encoder, below one another; a replicate's row numbers
        point at its own encoder's copy.
    y: (rows,) float32 target, standardised if it is continuous, else class index or count.
    train, validation: row numbers of each replicate; validation may be empty where a regression is fitted, or a network whose
        schedule says when to stop.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    train: tuple[IntArray, ...]
    validation: tuple[IntArray, ...]
    head: Head
    n_outputs: int

    @property
    def n_replicates(self) -> int:
        return len(self.train)

    def constants(self) -> FloatArray:
        """Linear predictor of each replicate's best constant on its training rows, (n_replicates, n_outputs)."""
        return np.stack([self.head.constant(self.y[rows].astype(np.float64), self.n_outputs) for rows in self.train])


@dataclass(frozen=True)
class Fit:
    """Trained replicates, losses in the problem's own (standardised) unit.

    weights: each replicate's kept weights. val_loss, train_loss: (n_replicates,), NaN where there are no validation rows.
    best_epoch, n_epochs: (n_replicates,) counted from 1. converged: (n_replicates,) whether training arrived: a small enough
    gradient for a regression, patience run out before the last epoch for a network.
    curve_epochs: (n_points,); curve_val, curve_train: (n_replicates, n_points).
    """

    weights: Weights
    val_loss: FloatArray
    train_loss: FloatArray
    best_epoch: IntArray
    n_epochs: IntArray
    converged: NDArray[np.bool_]
    curve_epochs: IntArray
    curve_val: FloatArray
    curve_train: FloatArray


class TrainingFailed(Exception):
    """Training left the finite numbers; the trial is recorded as FAIL and the study goes on."""


def padded(rows: tuple[IntArray, ...]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Row numbers of unequal length as one matrix (n_replicates, longest) and its mask of ones and zeros.

    The length is rounded up to a multiple of 32, so that folds that differ by a row share a compiled program.
    """
    longest = max(1, -(-max(map(len, rows)) // 32) * 32)
    index = np.zeros((len(rows), longest), np.int32)
    mask = np.zeros((len(rows), longest), np.float32)
    for k, r in enumerate(rows):
        index[k, : len(r)], mask[k, : len(r)] = r, 1
    return index, mask
