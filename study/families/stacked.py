"""The stacked builder: one Keras model that holds all replicates of a trial, and its way back to a plain one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture
from study.families.heads import Head
from study.schema import Kind

Weights = list[NDArray[np.float32]]
"""Kernel (n_replicates, fan_in, fan_out) and bias (n_replicates, 1, fan_out) of each layer in turn."""


class StackedDense(keras.layers.Layer):  # type: ignore[misc]
    """Dense layer of many replicates: (replicates, batch, fan_in) -> (replicates, batch, units); none touches another."""

    def __init__(self, units: int, activation: str = "linear") -> None:
        super().__init__()
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, shape: tuple[int, int | None, int]) -> None:
        """Kernel and bias start at zero; `initial_weights` draws each replicate's from its own fan-in and seed."""
        self.kernel = self.add_weight(shape=(shape[0], shape[2], self.units), initializer="zeros", name="kernel")
        self.bias = self.add_weight(shape=(shape[0], 1, self.units), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """(replicates, batch, fan_in) -> (replicates, batch, units)."""
        return self.activation(keras.ops.matmul(x, self.kernel) + self.bias)


class StackedDropout(keras.layers.Layer):  # type: ignore[misc]
    """Dropout whose rate and seed are variables, so that one compiled program serves every rate.

    Training works inside a compiled program only. The threefry generator: TensorFlow's default costs sixty times as much
    inside XLA on a CPU.
    """

    def build(self, shape: tuple[int, int | None, int]) -> None:
        """Rate (scalar) and counter-based seed (2,), neither of them trained."""
        self.rate = self.add_weight(shape=(), initializer="zeros", trainable=False, name="rate")
        self.seed = self.add_weight(shape=(2,), initializer="zeros", dtype="int32", trainable=False, name="seed")

    def call(self, x: Any, training: bool = False) -> Any:
        """Zero a share `rate` of x and scale the rest up while training; else x itself."""
        if not training:
            return x
        self.seed.assign_add([1, 0])
        kept = tf.random.stateless_uniform(tf.shape(x), self.seed.value, alg="threefry") >= self.rate
        return tf.where(kept, x / (1 - self.rate), 0.0)


def build_stack(architecture: Architecture) -> keras.Model:
    """Stacked model from (n_replicates, batch, n_features) to the linear predictor (n_replicates, batch, n_outputs)."""
    x = inputs = keras.Input(batch_shape=(architecture.n_replicates, None, architecture.n_features))
    for _ in range(architecture.depth):
        x = StackedDense(architecture.width, architecture.activation)(x)
        if architecture.dropout:
            x = StackedDropout()(x)
    return keras.Model(inputs, StackedDense(architecture.n_outputs)(x))


def initial_weights(architecture: Architecture, seeds: Sequence[int], last_bias: NDArray[np.float64]) -> Weights:
    """Fresh weights of every replicate, each drawn from its own 2-D fan-in and seed.

    Hidden kernels are normal with variance 2 / fan_in (He et al. 2015); the last is ten times smaller and its bias
    (n_replicates, n_outputs) is the constant predictor, so that training starts near the best constant.
    """
    sizes = [architecture.n_features, *[architecture.width] * architecture.depth, architecture.n_outputs]
    generators = [np.random.default_rng(seed) for seed in seeds]
    weights: Weights = []
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        last = layer == architecture.depth
        spread = 0.1 / max(fan_in, 1) ** 0.5 if last else (2 / max(fan_in, 1)) ** 0.5
        kernel = np.stack([generator.normal(0, spread, (fan_in, fan_out)) for generator in generators])
        bias = last_bias[:, None, :] if last else np.zeros((len(seeds), 1, fan_out))
        weights += [kernel.astype(np.float32), bias.astype(np.float32)]
    return weights


def unstack(
    weights: Weights, replicate: int, architecture: Architecture, head: Head, center: float = 0.0, scale: float = 1.0
) -> keras.Sequential:
    """One replicate as a plain `keras.Sequential` of `Dense` layers: a linear model is one `Dense(1)`.

    Input: (batch, n_features) standardised columns. Output: the response, (batch, 1) or (batch, n_classes); for a continuous
    target in its own unit, since `center` and `scale` of the target are folded into the last layer. Dropout layers are left
    out: they do nothing when predicting.
    """
    model = keras.Sequential([keras.Input((architecture.n_features,))])
    for _ in range(architecture.depth):
        model.add(keras.layers.Dense(architecture.width, activation=architecture.activation))
    model.add(keras.layers.Dense(architecture.n_outputs, activation=head.activation))
    values = [weight[replicate] if i % 2 == 0 else weight[replicate, 0] for i, weight in enumerate(weights)]
    if head.kind is Kind.CONTINUOUS:
        values[-2] = values[-2] * scale
        values[-1] = values[-1] * scale + center
    model.set_weights(values)
    return model


def linear_predictor(weights: Weights, activation: str, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Linear predictor (n_replicates, rows, n_outputs) of stacked weights for x (n_replicates, rows, n_features)."""
    function = keras.activations.get(activation)
    pieces = []
    for start in range(0, x.shape[1], 8_192):
        h = tf.constant(x[:, start : start + 8_192])
        for layer in range(0, len(weights), 2):
            h = tf.matmul(h, weights[layer]) + weights[layer + 1]
            if layer + 2 < len(weights):
                h = function(h)
        pieces.append(h.numpy())
    return np.concatenate(pieces, axis=1).astype(np.float64)
