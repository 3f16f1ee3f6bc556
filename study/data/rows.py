"""Row positions, and some of them drawn at random."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def shuffled(rows: IntArray, y: npt.NDArray[np.float64] | None, seed: int) -> IntArray:
    """Rows in random order, but one of each class first, where y (indexed by rows) has classes."""
    mixed = np.random.default_rng(seed).permutation(rows)
    if y is not None:
        _, first = np.unique(y[mixed], return_index=True)
        mixed = np.concatenate([mixed[first], np.delete(mixed, first)])
    return mixed


def drawn(rows: IntArray, y: npt.NDArray[np.float64] | None, most: int, seed: int) -> IntArray:
    """At most so many of the rows, drawn at random, ascending; one of each class stays among them."""
    return rows if len(rows) <= most else np.sort(shuffled(rows, y, seed)[:most])
