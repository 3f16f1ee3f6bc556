"""The stacked fit of a network: all replicates of a trial at once, one compiled program a chunk of
epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture
from study.families.heads import Head
from study.families.schedule import Schedule
from study.families.stacked import Stack, Weights
from study.formatting import given
from study.training.batches import Data, batches
from study.training.problem import Fit, Problem, padded
from study.training.programs import numbered
from study.training.task import TrainingFailed

CHUNK = 20
"""Most epochs a call of the compiled program, which ends at the epoch at which training has
arrived."""
MOST_ORDER = 8_000_000
"""Row numbers that a call is given at most, unless one epoch has more: a large table has fewer
epochs a call."""
VALIDATION_BLOCK = 8_192
"""Validation rows of a replicate that are read at a time."""


@dataclass(frozen=True)
class Shape:
    """What a program is compiled for beside its architecture and head; one for all folds, trials
    and refits of a study.

    chunk: epochs a call. steps: most steps an epoch. batch: rows of a replicate in a step. blocks,
    block: validation rows are read in so many blocks of so many rows. gaps: whether cells may be
    empty.
    """

    chunk: int
    steps: int
    batch: int
    blocks: int
    block: int
    gaps: bool

    @classmethod
    def of(cls, problem: Problem, batch_size: int) -> Shape:
        """Shape of every problem of this study that has as many replicates."""
        batch = min(batch_size, problem.most_train)
        steps = problem.most_train // batch
        chunk = min(CHUNK, max(1, MOST_ORDER // (steps * problem.n_replicates * batch)))
        most = max(1, problem.most_validation)
        blocks = -(-most // VALIDATION_BLOCK)
        return cls(chunk, steps, batch, blocks, -(-most // blocks), problem.matrix.gaps)


class Program:
    """Model, optimizer and compiled epochs of one shape; every trial of that shape uses them again.

    What is no shape is a variable or an argument and never compiles anything anew: learning rate,
    weight decay, dropout rate, seeds, the number of epochs and of steps, and how each replicate
    reads the matrix.
    """

    def __init__(self, architecture: Architecture, head: Head, shape: Shape) -> None:
        self.stack = Stack(architecture)
        self.model = self.stack.model
        self.weights = self.stack.weights
        self.dropouts = self.stack.dropouts
        self.head, self.shape = head, shape
        self.name = f"network {architecture} {head.kind} {shape}"
        self.optimizer = keras.optimizers.AdamW(weight_decay=1.0)  # the decay is the variable below
        self.optimizer.exclude_from_weight_decay(var_names=["bias"])
        self.decay = self.optimizer.weight_decay = tf.Variable(0.0)
        self.optimizer.build(self.weights)
        self.best = [tf.Variable(tf.zeros(weight.shape)) for weight in self.weights]
        self.best_loss = tf.Variable(tf.zeros(architecture.n_replicates))
        self.since_best = tf.Variable(tf.zeros(architecture.n_replicates, tf.int32))
        self.level = tf.Variable(0.0)
        self.least_fall = tf.Variable(0.0)
        self.since_fall, self.patience = tf.Variable(0), tf.Variable(0)

    def reset(self, regressions: Weights, schedule: Schedule, seeds: Sequence[int]) -> None:
        """Start a new fit from `regressions`."""
        self.stack.reset(seeds, regressions)
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        for i, dropout in enumerate(self.dropouts):
            dropout.rate.assign(schedule.dropout)
            dropout.seed.assign([0, (seeds[0] + i) % 2**31])
        self.decay.assign(schedule.weight_decay)
        self.best_loss.assign(np.full(self.best_loss.shape, np.inf))
        self.since_best.assign(np.zeros(self.since_best.shape, np.int32))
        self.level.assign(np.inf)
        self.least_fall.assign(schedule.least_fall)
        self.since_fall.assign(0)
        self.patience.assign(schedule.patience)

    @property
    def arrived(self) -> bool:
        """Whether the mean of the best losses has not fallen for the schedule's patience."""
        return bool(self.since_fall.numpy() >= self.patience.numpy())

    def read(self, data: Data, rows: Any) -> tuple[Any, Any]:
        """Features (replicates, n, features) and targets (replicates, n) of rows (replicates, n),
        as each replicate reads.
        """
        x, y = tf.gather(data.values, rows), tf.gather(data.y, rows)
        if self.shape.gaps:
            x = tf.where(tf.math.is_nan(x), data.fill[:, None], x)
        return (x - data.center[:, None]) * data.factor[:, None], (
            y - data.y_center[:, None]
        ) * data.y_factor[:, None]

    def validate(self, x: Any, y: Any, mask: Any) -> Any:
        """Sum of the losses of unmasked rows, (replicates,)."""
        return tf.reduce_sum(self.head.tensor_loss(self.model(x), y) * mask, axis=1)

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def epochs(
        self, data: Data, span: tuple[Any, Any], order: Any, rates: Any, held: tuple[Any, Any]
    ) -> tuple[Any, Any, Any]:
        """Train some epochs; gives how many, and validation and training losses (chunk,
        replicates), after and during each.

        span: at most how many epochs, and how many steps in each, scalars. order: row numbers
        (chunk, steps, replicates, batch). It is indexed, never sliced by a tensor: a slice with a
        tensor bound has a dynamic shape, and every step would take five times as long; a range with
        a tensor bound would be compiled anew for each value. held: validation rows (blocks,
        replicates, block) and their mask. The training loss is the mean over the epoch's batches,
        dropout on.
        """
        (count, n_steps), blocks = span, self.shape.blocks
        x_val, y_val = self.read(data, held[0][0])
        n_val = tf.reduce_sum(held[1], axis=[0, 2])

        def step(s: Any, running: Any, rows: Any) -> tuple[Any, Any, Any]:
            x, y = self.read(data, rows[s])
            with tf.GradientTape() as tape:
                out = self.model(x, training=True)
                losses = tf.reduce_mean(self.head.tensor_loss(out, y), axis=1)
                loss = tf.reduce_sum(losses)
            self.optimizer.apply(tape.gradient(loss, self.weights))
            return s + 1, running + losses, rows

        def validate(b: Any, total: Any) -> tuple[Any, Any]:
            return b + 1, total + self.validate(*self.read(data, held[0][b]), held[1][b])

        def epoch(e: Any, val_losses: Any, train_losses: Any) -> tuple[Any, Any, Any]:
            self.optimizer.learning_rate.assign(rates[e])
            begin = tf.constant(0), tf.zeros(self.best_loss.shape), order[e]
            _, running, _ = tf.while_loop(lambda s, *_: s < n_steps, step, begin)
            total = self.validate(x_val, y_val, held[1][0])
            if blocks > 1:
                rest = tf.constant(1), total
                _, total = tf.while_loop(lambda b, _: b < blocks, validate, rest)
            val_loss = tf.math.divide_no_nan(total, n_val)
            better = tf.logical_and(val_loss < self.best_loss, self.since_best < self.patience)
            self.since_best.assign(tf.where(better, 0, self.since_best + 1))
            self.best_loss.assign(tf.where(better, val_loss, self.best_loss))
            mean = tf.reduce_mean(self.best_loss)
            fell = mean < (1 - self.least_fall) * self.level
            self.level.assign(tf.where(fell, mean, self.level))
            self.since_fall.assign(tf.where(fell, 0, self.since_fall + 1))
            for best, weight in zip(self.best, self.weights, strict=True):
                best.assign(tf.where(better[:, None, None], weight.value, best))
            train_loss = running / tf.cast(n_steps, tf.float32)
            return e + 1, val_losses.write(e, val_loss), train_losses.write(e, train_loss)

        nothing = [
            tf.TensorArray(tf.float32, self.shape.chunk, element_shape=self.best_loss.shape)
            for _ in range(2)
        ]
        done, val_losses, train_losses = tf.while_loop(
            lambda e, *_: tf.logical_and(e < count, self.since_fall < self.patience),
            epoch,
            (tf.constant(0), *nothing),
        )
        return done, val_losses.stack(), train_losses.stack()


@lru_cache(maxsize=48)
def compiled(architecture: Architecture, head: Head, shape: Shape) -> Program:
    """Return the program of this architecture and head for data of this shape; it is compiled at
    its first call.
    """
    return Program(architecture, head, shape)


def fit(
    problem: Problem, architecture: Architecture, schedule: Schedule, seeds: Sequence[int]
) -> Fit:
    """Train every replicate, each keeping the weights of its best validation loss, until the mean
    of these losses levels.

    Each epoch goes once over each replicate's training rows in a fresh order, in as many steps for
    all (`batches`); the few rows beyond the last whole batch sit that epoch out. A replicate with
    fewer rows has smaller batches. It starts as its regression, which the first epoch scores without
    a step. seeds: one a replicate. Where the mean of the best losses is above the bar of a rung
    of the schedule, all are given up.

    The architecture's features are the columns of the matrix, whether they are features of the
    problem or not.

    Raises
    ------
    TrainingFailed
        A replicate's loss is no longer finite.
    """
    n = problem.n_replicates
    shape = Shape.of(problem, schedule.batch_size)
    steps = max(1, problem.epoch_rows // shape.batch)
    program = compiled(architecture, problem.head, shape)
    program.reset(problem.regressions, schedule, seeds)
    order_of = np.random.default_rng(seeds)
    data = Data.of(problem)
    held = tuple(
        tf.constant(np.moveaxis(a.reshape(n, shape.blocks, shape.block), 0, 1))
        for a in padded(problem.validation, shape.blocks * shape.block)
    )
    # Padded to whole chunks; of the last chunk only the epochs that are left are run.
    rates = np.pad(schedule.learning_rates(), (0, shape.chunk), mode="edge")

    curves: list[NDArray[np.float32]] = []
    start = 0
    order = np.zeros((shape.chunk, shape.steps, n, shape.batch), np.int32)
    passed: list[float] = []
    pruned = False
    while start < schedule.epochs and not program.arrived and not pruned:
        size = min(
            [
                shape.chunk,
                schedule.epochs - start,
                *(rung - start for rung in schedule.rungs if rung > start),
            ]
        )
        for e in range(size):
            for k in range(n):
                order[e, :steps, k] = batches(
                    order_of.permutation(problem.train[k]), steps, shape.batch
                )
        span = tf.constant(size), tf.constant(steps)
        chunk = tf.identity(order), tf.constant(rates[start : start + shape.chunk])
        with numbered(program.name):
            done, *losses = program.epochs(data, span, *chunk, held)
        both = np.stack(losses)[:, : int(done)]
        if not np.isfinite(both).all():
            bad = int(start + np.isfinite(both).all(axis=(0, 2)).argmin() + 1)
            raise TrainingFailed(
                f"the loss is not finite after epoch {bad}; "
                f"a smaller learning rate than {given(schedule.learning_rate)} may help"
            )
        curves.append(both)
        start += both.shape[1]
        level = float((program.best_loss.numpy() * problem.y_scale**2).mean())
        passed += [level] * (sum(rung <= start for rung in schedule.rungs) - len(passed))
        pruned = any(at > limit for at, limit in zip(passed, schedule.prune_above, strict=False))
    val_losses, train_losses = np.concatenate(curves, 1).swapaxes(1, 2).astype(np.float64)
    best_epoch = start - program.since_best.numpy().astype(np.int64)
    return Fit(
        weights=program.stack.whole([best.numpy() for best in program.best]),
        val_loss=val_losses[range(n), best_epoch - 1],
        train_loss=train_losses[range(n), best_epoch - 1],
        best_epoch=best_epoch,
        converged=program.arrived,
        curve_val=val_losses,
        curve_train=train_losses,
        rungs=tuple(passed),
        pruned=pruned and start < schedule.epochs and not program.arrived,
    )
