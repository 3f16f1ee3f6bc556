"""The stacked fit of a network: all replicates of a trial at once, one compiled program a chunk of epochs."""

from __future__ import annotations

from collections.abc import Sequence
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
from study.training.problem import Fit, Problem, TrainingFailed, padded

CHUNK = 10
"""Epochs a call of the compiled program; early stopping is looked at in between."""


class Program:
    """Model, optimizer and compiled epochs of one shape; every trial of that shape uses them again.

    Learning rate, weight decay, dropout rate and seeds are variables: they never compile anything anew.
    """

    def __init__(self, architecture: Architecture, head: Head) -> None:
        self.stack = Stack(architecture)
        self.model, self.weights, self.dropouts = self.stack.model, self.stack.weights, self.stack.dropouts
        self.head = head
        self.optimizer = keras.optimizers.AdamW(weight_decay=1.0)  # the decay is the variable below
        self.optimizer.exclude_from_weight_decay(var_names=["bias"])
        self.decay = self.optimizer.weight_decay = tf.Variable(0.0)
        self.optimizer.build(self.weights)
        self.best = [tf.Variable(tf.zeros(weight.shape)) for weight in self.weights]
        self.best_loss = tf.Variable(tf.zeros(architecture.n_replicates))
        self.since_best = tf.Variable(tf.zeros(architecture.n_replicates, tf.int32))
        self.patience = tf.Variable(0)

    def reset(self, weights: Weights, schedule: Schedule, seed: int) -> None:
        """Start a new fit from `weights`."""
        for variable, best, value in zip(self.weights, self.best, weights, strict=True):
            variable.assign(value)
            best.assign(value)
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        for i, dropout in enumerate(self.dropouts):
            dropout.rate.assign(schedule.dropout)
            dropout.seed.assign([0, (seed + i) % 2**31])
        self.decay.assign(schedule.weight_decay)
        self.best_loss.assign(np.full(self.best_loss.shape, np.inf))
        self.since_best.assign(np.zeros(self.since_best.shape, np.int32))
        self.patience.assign(schedule.patience)

    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
    def epochs(self, x: Any, y: Any, count: Any, order: Any, rates: Any, validation: Any, mask: Any) -> tuple[Any, Any]:
        """Train `count` epochs; gives validation and training losses, each (epochs, replicates), after and during each.

        order: row numbers (epochs, steps, replicates, batch). It is indexed, never sliced by a tensor: a slice with a tensor
        bound has a dynamic shape, and every step would take five times as long. The training loss is the mean over the
        epoch's batches, dropout on.
        """
        n_steps = order.shape[1]
        shape = self.best_loss.shape
        val_losses = tf.TensorArray(tf.float32, size=order.shape[0], element_shape=shape)
        train_losses = tf.TensorArray(tf.float32, size=order.shape[0], element_shape=shape)
        x_val, y_val = tf.gather(x, validation), tf.gather(y, validation)
        n_val = tf.reduce_sum(mask, axis=1)
        for e in tf.range(count):
            self.optimizer.learning_rate.assign(rates[e])
            running = tf.zeros(shape)
            for s in tf.range(n_steps):
                rows = order[e, s]
                x_batch, y_batch = tf.gather(x, rows), tf.gather(y, rows)
                with tf.GradientTape() as tape:
                    losses = tf.reduce_mean(self.head.tensor_loss(self.model(x_batch, training=True), y_batch), axis=1)
                    loss = tf.reduce_sum(losses)
                self.optimizer.apply(tape.gradient(loss, self.weights))
                running += losses
            row_losses = self.head.tensor_loss(self.model(x_val), y_val)
            val_loss = tf.math.divide_no_nan(tf.reduce_sum(row_losses * mask, axis=1), n_val)
            better = tf.logical_and(val_loss < self.best_loss, self.since_best < self.patience)
            self.since_best.assign(tf.where(better, 0, self.since_best + 1))
            self.best_loss.assign(tf.where(better, val_loss, self.best_loss))
            for best, weight in zip(self.best, self.weights, strict=True):
                best.assign(tf.where(better[:, None, None], weight.value, best))
            val_losses = val_losses.write(e, val_loss)
            train_losses = train_losses.write(e, running / n_steps)
        return val_losses.stack(), train_losses.stack()


@lru_cache(maxsize=48)
def compiled(architecture: Architecture, head: Head, shapes: tuple[Any, ...]) -> Program:
    """Return the program of this architecture and head for data of these shapes; it is compiled at its first call."""
    return Program(architecture, head)


def batches(rows: NDArray[np.int64], steps: int, batch: int) -> NDArray[np.int64]:
    """Rows of each step, (steps, batch), no row in two steps where there are enough.

    Where `rows` cannot fill that shape, each step takes as many as there are for it and repeats them: its mean loss is that
    of a smaller batch, in a program of the same shape.
    """
    own = min(batch, max(len(rows) // steps, 1))
    return np.resize(rows, (steps, own))[:, np.arange(batch) % own]


def fit(problem: Problem, architecture: Architecture, schedule: Schedule, seeds: Sequence[int]) -> Fit:
    """Train every replicate, each stopping by itself at its best validation loss.

    Each epoch goes once over each replicate's training rows in a fresh order, in as many steps for all (`batches`); the few
    rows beyond the last whole batch sit that epoch out. A replicate with fewer rows has smaller batches. seeds: one a
    replicate. Validation losses are NaN where `schedule.stop` says when to end.

    Raises
    ------
    TrainingFailed
        A replicate's loss is no longer finite.
    """
    n_train = max(map(len, problem.train))
    batch = min(schedule.batch_size, n_train)
    steps = n_train // batch
    validation, mask = padded(problem.validation)
    chunk = min(CHUNK, schedule.epochs)
    shapes = (chunk, steps, batch, problem.x.shape, validation.shape)
    program = compiled(architecture, problem.head, shapes)
    program.reset(program.stack.initial_weights(seeds, problem.constants()), schedule, seeds[0])
    order_of = np.random.default_rng(seeds)
    x, y, validation, mask = (tf.constant(a) for a in (problem.x, problem.y, validation, mask))
    # Padded to whole chunks; of the last chunk only the epochs that are left are run.
    rates = np.pad(schedule.learning_rates(), (0, chunk), mode="edge")
    last = schedule.epochs if schedule.stop is None else min(schedule.stop, schedule.epochs)

    n = problem.n_replicates
    val_curve: list[NDArray[np.float32]] = []
    train_curve: list[NDArray[np.float32]] = []
    start = 0
    stopped = np.zeros(n, bool)
    while start < last and not stopped.all():
        size = min(chunk, last - start)
        order = np.empty((chunk, steps, n, batch), np.int32)
        for e in range(chunk):
            for k, rows in enumerate(problem.train):
                order[e, :, k] = batches(order_of.permutation(rows), steps, batch)
        arguments = (np.int32(size), order, rates[start : start + chunk])
        losses = program.epochs(x, y, *(tf.constant(a) for a in arguments), validation, mask)
        val, train = (loss.numpy()[:size] for loss in losses)
        if not (np.isfinite(val).all() and np.isfinite(train).all()):
            bad = int(start + np.argmin(np.isfinite(val + train).all(axis=1)) + 1)
            raise TrainingFailed(
                f"the loss is not finite after epoch {bad}; a smaller learning rate than {schedule.learning_rate:.3g} may help"
            )
        val_curve.append(val)
        train_curve.append(train)
        start += size
        if schedule.stop is None:
            stopped = program.since_best.numpy() >= schedule.patience
    val_losses, train_losses = (np.concatenate(curve).T.astype(np.float64) for curve in (val_curve, train_curve))
    if schedule.stop is None:
        kept, best_epoch = program.best, start - program.since_best.numpy().astype(np.int64)
    else:
        kept, best_epoch = program.weights, np.full(n, start)
        val_losses[:] = np.nan
    return Fit(
        weights=[tf.convert_to_tensor(weight).numpy() for weight in kept],
        val_loss=val_losses[range(n), best_epoch - 1],
        train_loss=train_losses[range(n), best_epoch - 1],
        best_epoch=best_epoch,
        n_epochs=np.full(n, start),
        converged=stopped,
        curve_epochs=np.arange(1, start + 1),
        curve_val=val_losses,
        curve_train=train_losses,
    )
