"""Passes over all rows of a problem, a block at a time: so that what is between the matrix and a loss stays small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from study.training.problem import Problem, on_device

BLOCK = 32_768
"""Rows that a pass looks at at a time."""
TRAINS, VALIDATES = 1, 2
"""What a row is to a replicate, bits of a number."""


class Observations(NamedTuple):
    """The rows of a problem as tensors.

    values: (rows, features) float32, the matrix. targets: (replicates, rows) float32, standardised if continuous, 0 where there
    is none. roles: (replicates, rows) uint8, TRAINS, VALIDATES, both or neither. shares: (replicates, 2) float32, weight in a
    mean of a row that trains and of one that validates.
    """

    values: Any
    targets: Any
    roles: Any
    shares: Any

    @classmethod
    def of(cls, problem: Problem) -> Observations:
        """Tensors of a problem."""
        n, rows = problem.n_replicates, len(problem.matrix.values)
        targets, roles = np.empty((n, rows), np.float32), np.zeros((n, rows), np.uint8)
        shares = np.zeros((n, 2), np.float32)
        for k, (own, held) in enumerate(zip(problem.train, problem.validation, strict=True)):
            targets[k] = np.nan_to_num(problem.target(k, slice(None)), copy=False)
            roles[k, own] |= TRAINS
            roles[k, held] |= VALIDATES
            shares[k] = 1 / len(own), 1 / max(len(held), 1)
        return cls(on_device(problem.matrix), tf.identity(targets), tf.identity(roles), tf.constant(shares))

    def weights(self, roles: Any, role: int) -> Any:
        """Weights of rows with these roles in the mean over those that train, or that validate; 0 for the others."""
        of_role = tf.bitwise.bitwise_and(roles, tf.constant(role, tf.uint8)) > 0
        return tf.where(of_role, self.shares[:, role - 1, None], 0.0)

    def part(self, start: Any, n_rows: int, gaps: bool) -> tuple[Any, Any, Any]:
        """Inputs (n_rows, features), targets and roles of the rows from `start`; with `gaps` (n_rows, 2 x features), zeros in
        place of empty cells and ones where they are.
        """
        n, (_, features) = self.roles.shape[0], self.values.shape
        x = tf.slice(self.values, [start, 0], [n_rows, features])
        if gaps:
            gap = tf.math.is_nan(x)
            x = tf.concat([tf.where(gap, 0.0, x), tf.cast(gap, tf.float32)], axis=1)
        return x, tf.slice(self.targets, [0, start], [n, n_rows]), tf.slice(self.roles, [0, start], [n, n_rows])

    def summed(self, terms: Callable[[Any, Any, Any], list[Any]], gaps: bool) -> list[Any]:
        """Sums over all rows of what `terms` gives of inputs, targets and roles of a block of them."""
        n_rows = self.values.shape[0]
        if n_rows <= BLOCK:
            return terms(*self.part(0, n_rows, gaps))

        def add(b: Any, *sums: Any) -> tuple[Any, ...]:
            start = tf.minimum(b * BLOCK, n_rows - BLOCK)  # the last block begins in the one before it, whose rows count there
            x, y, roles = self.part(start, BLOCK, gaps)
            roles = tf.where(start + tf.range(BLOCK) < b * BLOCK, tf.zeros_like(roles), roles)
            return b + 1, *(total + more for total, more in zip(sums, terms(x, y, roles), strict=True))

        begin = tf.constant(1), *terms(*self.part(0, BLOCK, gaps))
        return list(tf.while_loop(lambda b, *_: b < -(-n_rows // BLOCK), add, begin)[1:])
