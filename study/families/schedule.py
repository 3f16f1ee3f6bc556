"""How a network trains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RUNGS = 0.1, 0.2, 0.4
"""Shares of the most epochs at which a trial is looked at, and may be pruned;"""
FIRST_RUNG = 5
"""but none before so many."""


@dataclass(frozen=True)
class Schedule:
    """How a network trains.

    epochs: most epochs; the learning rate is 0 at the first, which scores what training starts
    from, rises over 5% of them and falls along a cosine to 1% at the last. patience: epochs without
    a better validation loss after which a replicate has stopped: it keeps its best weights for
    good. least_fall: the fit ends when the mean of the replicates' best losses has not fallen by
    this share for `patience` epochs, so at the latest when all have stopped.
    weight_decay: decoupled, on kernels alone.
    prune_above: mean of the replicates' best losses, in the target's own unit, above which a fit is
    given up, one for each of `rungs`;
        none where nothing is given up.
    """

    learning_rate: float
    batch_size: int
    weight_decay: float
    dropout: float
    epochs: int
    patience: int
    least_fall: float = 0.002
    prune_above: tuple[float, ...] = ()

    @property
    def rungs(self) -> tuple[int, ...]:
        """Epochs at which a fit is looked at, (len(RUNGS),), never falling."""
        return tuple(max(FIRST_RUNG, round(share * self.epochs)) for share in RUNGS)

    def learning_rates(self) -> NDArray[np.float32]:
        """Learning rate of each epoch, (epochs,)."""
        epoch = np.arange(self.epochs)
        warm = np.minimum(1, epoch / max(1, round(0.05 * self.epochs)))
        cosine = 0.5 * (1 + np.cos(np.pi * epoch / self.epochs))
        return (self.learning_rate * warm * np.maximum(cosine, 0.01)).astype(np.float32)
