"""Full-batch descent of a regression to its optimum, all replicates at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture
from study.families.heads import FloatArray, Head
from study.families.stacked import Stack
from study.schema import Kind
from study.training.passes import TRAINS, VALIDATES, Observations
from study.training.problem import Fit, IntArray, Problem, TrainingFailed, blocks
from study.training.programs import numbered

CHUNK = 50
"""Iterations a call of the compiled program; convergence is looked at in between."""

TOLERANCE = 2e-6
"""Largest gradient of a converged replicate, in coordinates in which the loss bends with about 1."""


class Descent:
    """Accelerated gradient descent with a step and a restart for each replicate, compiled.

    Nesterov's method with the adaptive restart of O'Donoghue and Candès (2015, section 3.2, gradient scheme) and the
    backtracking of Beck and Teboulle (2009, FISTA with backtracking), which squared error and log loss never need here:
    the coordinates are chosen so that their steps can have length one.

    All replicates look at all rows of the one matrix, so they are the units of one dense layer, and which rows train a
    replicate is a weight of each row. They are passed over in blocks.
    """

    def __init__(self, n_replicates: int, n_features: int, n_outputs: int, gaps: bool, head: Head, n_rows: int) -> None:
        stack = Stack(Architecture(1, 2 * n_features if gaps else n_features, n_replicates * n_outputs))
        self.model, self.weights = stack.model, stack.weights
        self.head, self.gaps = head, gaps
        self.shape = n_replicates, n_features, n_outputs
        self.name = f"regression {self.shape} {gaps} {head.kind} {n_rows}"

    def place(self, kernel: Any, bias: Any, basis: Basis) -> None:
        """Make kernel (replicates, features, outputs) and bias (replicates, 1, outputs), in the basis, the layer's weights."""
        kernel, bias = tf.matmul(basis.directions, kernel), bias / basis.bias_scale
        bias -= tf.reduce_sum(basis.center[:, :, None] * kernel, axis=1, keepdims=True)
        if self.gaps:
            kernel = tf.concat([kernel, basis.fill[:, :, None] * kernel], axis=1)
        self.weights[0].assign(tf.reshape(tf.transpose(kernel, [1, 0, 2]), self.weights[0].shape))
        self.weights[1].assign(tf.reshape(bias, self.weights[1].shape))

    def mean_loss(self, x: Any, y: Any, weight: Any) -> Any:
        """Weighted sum over the rows of each replicate's losses, (replicates,), with the weights in place.

        A row without weight is no part of it, whatever it holds: its loss, or its slope, may be infinite.
        """
        n, _, outputs = self.shape
        eta = tf.transpose(tf.reshape(self.model(x[None])[0], (-1, n, outputs)), [1, 0, 2])
        eta = tf.where(weight[:, :, None] > 0, eta, 0.0)
        return tf.reduce_sum(self.head.tensor_loss(eta, y) * weight, axis=1)

    def slopes(self, of_layer: list[Any], basis: Basis) -> tuple[Any, Any]:
        """Gradients in kernel and bias of the basis, from those in the layer's weights."""
        n, features, outputs = self.shape
        g_kernel = tf.transpose(tf.reshape(of_layer[0], (-1, n, outputs)), [1, 0, 2])
        g_bias = tf.reshape(of_layer[1], (n, 1, outputs))
        if self.gaps:
            g_kernel = g_kernel[:, :features] + basis.fill[:, :, None] * g_kernel[:, features:]
        g_kernel -= basis.center[:, :, None] * g_bias
        return tf.matmul(basis.directions, g_kernel, transpose_a=True), g_bias / basis.bias_scale

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def iterate(self, state: State, data: Observations, basis: Basis) -> tuple[State, Any, Any]:
        """`CHUNK` iterations; gives the new state, validation losses and objectives (CHUNK, replicates)."""

        def loss(role: int) -> Callable[[Any, Any, Any], list[Any]]:
            return lambda x, y, roles: [self.mean_loss(x, y, data.weights(roles, role))]

        def slopes(x: Any, y: Any, roles: Any) -> list[Any]:
            with tf.GradientTape() as tape:
                (means,) = loss(TRAINS)(x, y, roles)
                total = tf.reduce_sum(means)
            return [means, *tape.gradient(total, self.weights)]

        def penalty(kernel: Any) -> Any:
            return tf.reduce_sum(basis.penalty[:, :, None] * kernel**2, axis=(1, 2))

        def iteration(i: Any, state: State, val_curve: Any, objective_curve: Any) -> tuple[Any, State, Any, Any]:
            kernel, bias, kernel_ahead, bias_ahead, momentum, curvature, _ = state
            self.place(kernel_ahead, bias_ahead, basis)
            means, *of_layer = data.summed(slopes, self.gaps)
            value = means + penalty(kernel_ahead)
            g_kernel, g_bias = self.slopes(of_layer, basis)
            g_kernel += 2 * basis.penalty[:, :, None] * kernel_ahead
            step = (1.0 / curvature)[:, None, None]
            new_kernel, new_bias = kernel_ahead - step * g_kernel, bias_ahead - step * g_bias
            size2 = tf.reduce_sum(g_kernel**2, axis=(1, 2)) + tf.reduce_sum(g_bias**2, axis=(1, 2))
            self.place(new_kernel, new_bias, basis)
            new_value = data.summed(loss(TRAINS), self.gaps)[0] + penalty(new_kernel)
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
            self.place(moved_kernel, moved_bias, basis)
            val_loss = data.summed(loss(VALIDATES), self.gaps)[0]
            after = State(
                kernel=moved_kernel,
                bias=moved_bias,
                kernel_ahead=moved_kernel + push * (moved_kernel - kernel),
                bias_ahead=moved_bias + push * (moved_bias - bias),
                momentum=tf.where(restart, 1.0, next_momentum),
                curvature=tf.where(fine, curvature, 2 * curvature),
                slope=tf.maximum(tf.reduce_max(tf.abs(g_kernel), axis=(1, 2)), tf.reduce_max(tf.abs(g_bias), axis=(1, 2))),
            )
            return i + 1, after, val_curve.write(i, val_loss), objective_curve.write(i, new_value)

        nothing = [tf.TensorArray(tf.float32, CHUNK, element_shape=(self.shape[0],)) for _ in range(2)]
        _, state, val_curve, objective_curve = tf.while_loop(
            lambda i, *_: i < CHUNK, iteration, (tf.constant(0), state, *nothing)
        )
        return state, val_curve.stack(), objective_curve.stack()


class State(NamedTuple):
    """Where each replicate of a descent is, in its basis; all float32, the first axis replicates.

    kernel, bias: (replicates, features, outputs) and (replicates, 1, outputs); `ahead`: where the next gradient is taken.
    momentum, curvature: (replicates,). slope: (replicates,), largest absolute slope of the last gradient.
    """

    kernel: Any
    bias: Any
    kernel_ahead: Any
    bias_ahead: Any
    momentum: Any
    curvature: Any
    slope: Any


class Basis(NamedTuple):
    """Coordinates in which each replicate descends, float32, and how they read the matrix.

    directions: (replicates, features, features), weights on columns of the matrix for a step along each coordinate. fill,
    center: (replicates, features), less the matrix's offset. penalty: (replicates, features). bias_scale: scalar.
    """

    directions: Any
    fill: Any
    center: Any
    penalty: Any
    bias_scale: Any


@lru_cache(maxsize=16)
def compiled_descent(n_replicates: int, n_features: int, n_outputs: int, gaps: bool, head: Head, n_rows: int) -> Descent:
    """Return the program for regressions of this shape and so many rows; it is compiled at its first call."""
    return Descent(n_replicates, n_features, n_outputs, gaps, head, n_rows)


def _basis(second: FloatArray, l2: float, curvature: float, inputs: bool) -> tuple[FloatArray, FloatArray]:
    """Decorrelating coordinates: basis (n_features, n_features) and penalty (n_features,).

    second: mean of x'x over the training rows. With z = x @ basis the Hessian of mean loss + l2 * sum of squared weights is at
    most the identity. Directions without variance are left out, which is the minimum-norm solution; without `inputs` every
    direction is, which is the constant.
    """
    variance, directions = np.linalg.eigh(second) if len(second) else (np.zeros(0), np.zeros((0, 0)))
    used = (variance > 1e-9 * max(variance.max(initial=0), 1e-30)) & inputs
    scale = np.where(used, 1 / np.sqrt(np.where(used, curvature * variance + 2 * l2, 1)), 0)
    return directions * scale, l2 * scale**2


def _second_moment(problem: Problem, k: int) -> FloatArray:
    total = np.zeros((len(problem.columns), len(problem.columns)))
    for rows in blocks(problem.train[k]):
        x = problem.x(k, rows)
        total += x.T @ x
    return total / len(problem.train[k])


def descend(problem: Problem, l2: float, iterations: int, inputs: bool = True) -> Fit:
    """Minimise sum of losses + l2 * sum of squared kernel weights for every replicate, from its best constant.

    The features are decorrelated first, so that collinear columns cost no iterations, and the weights are mapped back exactly.
    An epoch of the result is one iteration. `converged` is False where the gradient was still above TOLERANCE after
    `iterations`; so it ends for separable classes without a penalty, whose weights have no finite optimum.

    Raises
    ------
    TrainingFailed
        A replicate's objective is no longer finite.
    """
    n, (rows, features) = problem.n_replicates, problem.matrix.values.shape
    offset, columns = problem.matrix.offset[problem.columns], problem.columns
    curvature = problem.head.curvature
    if problem.head.kind is Kind.COUNT:
        curvature = max(1.0, *(float(problem.y[own].mean()) for own in problem.train))
    bases, penalties = zip(
        *(_basis(_second_moment(problem, k), l2 / len(own), curvature, inputs) for k, own in enumerate(problem.train)),
        strict=True,
    )
    directions = np.zeros((n, features, features), np.float32)
    directions[:, columns[:, None], np.arange(len(columns))] = np.stack(bases) / problem.scale[:, :, None]
    fill, center, penalty = (np.zeros((n, features), np.float32) for _ in range(3))
    fill[:, columns], center[:, columns] = problem.fill - offset, problem.center - offset
    penalty[:, : len(columns)] = np.stack(penalties)
    bias_scale = np.float32(np.sqrt(curvature))
    basis = Basis(*(tf.constant(a) for a in (directions, fill, center, penalty, bias_scale)))

    bias = (problem.constants() * bias_scale).astype(np.float32)[:, None, :]
    kernel = np.zeros((n, features, problem.n_outputs), np.float32)
    ones = np.ones(n, np.float32)
    state = State(*(tf.constant(a) for a in (kernel, bias, kernel, bias, ones, ones, ones)))
    data = Observations.of(problem)
    program = compiled_descent(n, features, problem.n_outputs, problem.matrix.gaps, problem.head, rows)

    val_curve: list[NDArray[np.float32]] = []
    objective_curve: list[NDArray[np.float32]] = []
    done = 0
    arrived = np.zeros(n, bool)
    while done < iterations and not arrived.all():
        with numbered(program.name):
            state, val, objective = program.iterate(state, data, basis)
        val_curve.append(val.numpy())
        objective_curve.append(objective.numpy())
        done += CHUNK
        if not np.isfinite(objective_curve[-1][-1]).all():
            raise TrainingFailed(f"the objective is not finite after {done} iterations with l2 {l2:.3g}")
        arrived = state.slope.numpy() < TOLERANCE

    found = state.kernel.numpy().astype(np.float64)[:, : len(columns)]
    weights = np.stack([basis @ k for basis, k in zip(bases, found, strict=True)])
    biases = state.bias.numpy().astype(np.float64) / bias_scale

    def loss(rows: tuple[IntArray, ...]) -> FloatArray:
        def mean(k: int, own: IntArray) -> float:
            losses = [
                problem.head.loss(problem.x(k, some) @ weights[k] + biases[k], problem.target(k, some)) for some in blocks(own)
            ]
            return float(np.concatenate(losses).mean()) if losses else np.nan

        return np.array([mean(k, own) for k, own in enumerate(rows)])

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
