"""Full-batch descent of a regression to its optimum, all replicates at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture
from study.families.heads import FloatArray, Head
from study.families.stacked import Stack
from study.schema import Kind
from study.training.problem import Fit, Problem, TrainingFailed, padded

CHUNK = 50
"""Iterations a call of the compiled program; convergence is looked at in between."""

TOLERANCE = 2e-6
"""Largest gradient of a converged replicate, in coordinates in which the loss bends with about 1."""


class Descent:
    """Accelerated gradient descent with a step and a restart for each replicate, compiled.

    Nesterov's method with the adaptive restart of O'Donoghue and Candès (2015, section 3.2, gradient scheme) and the
    backtracking of Beck and Teboulle (2009, FISTA with backtracking), which squared error and log loss never need here:
    the coordinates are chosen so that their steps can have length one.
    """

    def __init__(self, architecture: Architecture, head: Head) -> None:
        stack = Stack(architecture)
        self.model, self.weights = stack.model, stack.weights
        self.head = head
        self.n = architecture.n_replicates

    def _values(self, theta: list[Any], z: Any, y: Any, mask: Any, penalty: Any) -> Any:
        """Objective of each replicate, (replicates,), at kernel and bias `theta`."""
        for variable, value in zip(self.weights, theta, strict=True):
            variable.assign(value)
        losses = self.head.tensor_loss(self.model(z), y)
        mean = tf.reduce_sum(losses * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        return mean + tf.reduce_sum(penalty[:, :, None] * self.weights[0].value ** 2, axis=(1, 2))

    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
    def iterate(self, state: list[Any], data: list[Any], held: list[Any], bias_scale: Any) -> tuple[list[Any], Any, Any]:
        """`CHUNK` iterations; gives the new state, validation losses and objectives (CHUNK, replicates)."""
        z, y, mask, penalty = data
        z_val, y_val, mask_val = held
        val_curve = tf.TensorArray(tf.float32, size=CHUNK, element_shape=(self.n,))
        objective_curve = tf.TensorArray(tf.float32, size=CHUNK, element_shape=(self.n,))
        kernel, bias, kernel_ahead, bias_ahead, momentum, curvature, gradient_size = state
        n_val = tf.reduce_sum(mask_val, axis=1)
        for i in tf.range(CHUNK):
            with tf.GradientTape() as tape:
                value = self._values([kernel_ahead, bias_ahead / bias_scale], z, y, mask, penalty)
                total = tf.reduce_sum(value)
            g_kernel, g_bias = tape.gradient(total, self.weights)
            g_bias = g_bias / bias_scale
            step = (1.0 / curvature)[:, None, None]
            new_kernel, new_bias = kernel_ahead - step * g_kernel, bias_ahead - step * g_bias
            size2 = tf.reduce_sum(g_kernel**2, axis=(1, 2)) + tf.reduce_sum(g_bias**2, axis=(1, 2))
            new_value = self._values([new_kernel, new_bias / bias_scale], z, y, mask, penalty)
            # Sufficient decrease, with room for float32's rounding of the two values.
            fine = new_value <= value - size2 / (2 * curvature) + 1e-5 * tf.abs(value) + 1e-7
            uphill = tf.reduce_sum(g_kernel * (new_kernel - kernel), axis=(1, 2)) + tf.reduce_sum(
                g_bias * (new_bias - bias), axis=(1, 2)
            )
            restart = tf.logical_or(uphill > 0, tf.logical_not(fine))
            next_momentum = (1 + tf.sqrt(1 + 4 * momentum**2)) / 2
            push = tf.where(restart, 0.0, (momentum - 1) / next_momentum)[:, None, None]
            keep = fine[:, None, None]
            moved_kernel, moved_bias = tf.where(keep, new_kernel, kernel), tf.where(keep, new_bias, bias)
            kernel_ahead = moved_kernel + push * (moved_kernel - kernel)
            bias_ahead = moved_bias + push * (moved_bias - bias)
            kernel, bias = moved_kernel, moved_bias
            momentum = tf.where(restart, 1.0, next_momentum)
            curvature = tf.where(fine, curvature, 2 * curvature)
            gradient_size = tf.maximum(tf.reduce_max(tf.abs(g_kernel), axis=(1, 2)), tf.reduce_max(tf.abs(g_bias), axis=(1, 2)))
            self.weights[0].assign(kernel)
            self.weights[1].assign(bias / bias_scale)
            val = tf.reduce_sum(self.head.tensor_loss(self.model(z_val), y_val) * mask_val, axis=1)
            val_curve = val_curve.write(i, tf.math.divide_no_nan(val, n_val))
            objective_curve = objective_curve.write(i, new_value)
        state = [kernel, bias, kernel_ahead, bias_ahead, momentum, curvature, gradient_size]
        return state, val_curve.stack(), objective_curve.stack()


@lru_cache(maxsize=16)
def _descent(architecture: Architecture, head: Head, shapes: tuple[tuple[int, ...], ...]) -> Descent:
    return Descent(architecture, head)


def _basis(x: FloatArray, l2: float, curvature: float, inputs: bool) -> tuple[FloatArray, FloatArray]:
    """Decorrelating coordinates for x (rows, n_features): basis (n_features, n_features) and penalty (n_features,).

    With z = x @ basis the Hessian of mean loss + l2 * sum of squared weights is at most the identity. Directions without
    variance are left out, which is the minimum-norm solution; without `inputs` every direction is, which is the constant.
    """
    variance, directions = np.linalg.eigh(x.T @ x / len(x)) if x.shape[1] else (np.zeros(0), np.zeros((0, 0)))
    used = (variance > 1e-9 * max(variance.max(initial=0), 1e-30)) & inputs
    scale = np.where(used, 1 / np.sqrt(np.where(used, curvature * variance + 2 * l2, 1)), 0)
    return directions * scale, l2 * scale**2


def descend(problem: Problem, architecture: Architecture, l2: float, iterations: int, inputs: bool = True) -> Fit:
    """Minimise sum of losses + l2 * sum of squared kernel weights for every replicate, from its best constant.

    The rows are decorrelated first, so that collinear columns cost no iterations, and the weights are mapped back exactly.
    An epoch of the result is one iteration. `converged` is False where the gradient was still above TOLERANCE after
    `iterations`; so it ends for separable classes without a penalty, whose weights have no finite optimum.

    Raises
    ------
    TrainingFailed
        A replicate's objective is no longer finite.
    """
    n, features = problem.n_replicates, problem.x.shape[1]
    curvature = problem.head.curvature
    if problem.head.kind is Kind.COUNT:
        curvature = max(1.0, *(float(problem.y[rows].mean()) for rows in problem.train))
    bases, penalties = zip(
        *(_basis(problem.x[r].astype(np.float64), l2 / len(r), curvature, inputs) for r in problem.train), strict=True
    )

    def decorrelated(index: NDArray[np.int32]) -> NDArray[np.float32]:
        rows = [problem.x[i].astype(np.float64) @ basis for i, basis in zip(index, bases, strict=True)]
        return np.stack(rows).astype(np.float32)

    (train, mask), (validation, mask_val) = padded(problem.train), padded(problem.validation)
    bias_scale = np.float32(np.sqrt(curvature))
    bias = (problem.constants() * bias_scale).astype(np.float32)[:, None, :]
    kernel = np.zeros((n, features, problem.n_outputs), np.float32)
    ones = np.ones(n, np.float32)
    state = [tf.constant(a) for a in (kernel, bias, kernel, bias, ones, ones, ones)]
    data = [tf.constant(a) for a in (decorrelated(train), problem.y[train], mask, np.stack(penalties).astype(np.float32))]
    held = [tf.constant(a) for a in (decorrelated(validation), problem.y[validation], mask_val)]
    program = _descent(architecture, problem.head, (train.shape, validation.shape))

    val_curve: list[NDArray[np.float32]] = []
    objective_curve: list[NDArray[np.float32]] = []
    done = 0
    arrived = np.zeros(n, bool)
    while done < iterations and not arrived.all():
        state, val, objective = program.iterate(state, data, held, tf.constant(bias_scale))
        val_curve.append(val.numpy())
        objective_curve.append(objective.numpy())
        done += CHUNK
        if not np.isfinite(objective_curve[-1][-1]).all():
            raise TrainingFailed(f"the objective is not finite after {done} iterations with l2 {l2:.3g}")
        arrived = state[6].numpy() < TOLERANCE

    weights = np.stack([basis @ k for basis, k in zip(bases, state[0].numpy().astype(np.float64), strict=True)])
    biases = state[1].numpy().astype(np.float64) / bias_scale

    def loss(rows: tuple[NDArray[np.int64], ...]) -> FloatArray:
        def mean(k: int, r: NDArray[np.int64]) -> float:
            return float(problem.head.loss(problem.x[r] @ weights[k] + biases[k], problem.y[r].astype(np.float64)).mean())

        return np.array([mean(k, r) if len(r) else np.nan for k, r in enumerate(rows)])

    points = np.unique(np.r_[np.arange(min(20, done)), np.linspace(0, done - 1, 80).astype(int)])
    return Fit(
        weights=[weights.astype(np.float32), biases.astype(np.float32)],
        val_loss=loss(problem.validation),
        train_loss=loss(problem.train),
        best_epoch=np.full(n, done),
        n_epochs=np.full(n, done),
        converged=arrived,
        curve_epochs=points + 1,
        curve_val=np.concatenate(val_curve)[points].T.astype(np.float64),
        curve_train=np.concatenate(objective_curve)[points].T.astype(np.float64),
    )
