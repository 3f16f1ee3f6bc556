"""What an architecture becomes: one Keras model that holds all replicates of a trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture

Weights = list[NDArray[np.float32]]
"""Kernel (n_replicates, fan_in, fan_out) and bias (n_replicates, 1, fan_out) of each layer in turn.
"""


class StackedDense(keras.layers.Layer):  # type: ignore[misc]
    """Dense layer of many replicates: (replicates, batch, fan_in) -> (replicates, batch, units);
    none touches another.
    """

    def __init__(self, units: int, activation: str = "linear", variance: float = 2.0) -> None:
        super().__init__()
        self.units = units
        self.variance = variance
        self.activation = keras.activations.get(activation)

    def build(self, shape: tuple[int, int | None, int]) -> None:
        """Kernel and bias start at zero; `Stack.initial_weights` draws each replicate's from its
        own fan-in and seed.
        """
        self.kernel = self.add_weight(
            shape=(shape[0], shape[2], self.units), initializer="zeros", name="kernel"
        )
        self.bias = self.add_weight(
            shape=(shape[0], 1, self.units), initializer="zeros", name="bias"
        )

    def call(self, x: Any) -> Any:
        return self.activation(keras.ops.matmul(x, self.kernel) + self.bias)


class StackedDropout(keras.layers.Layer):  # type: ignore[misc]
    """Dropout whose rate and seed are variables, so that one compiled program serves every rate.

    Training works inside a compiled program only. The threefry generator: TensorFlow's default
    costs sixty times as much inside XLA on a CPU.
    """

    def build(self, shape: tuple[int, int | None, int]) -> None:
        """Rate (scalar) and counter-based seed (2,), neither of them trained."""
        self.rate = self.add_weight(shape=(), initializer="zeros", trainable=False, name="rate")
        self.seed = self.add_weight(
            shape=(2,), initializer="zeros", dtype="int32", trainable=False, name="seed"
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """Zero a share `rate` of x and scale the rest up while training; else x itself."""
        if not training:
            return x
        self.seed.assign_add([1, 0])
        kept = (
            tf.random.stateless_uniform(tf.shape(x), self.seed.value, alg="threefry") >= self.rate
        )
        return tf.where(kept, x / (1 - self.rate), 0.0)


class Stack:
    """Layers of one architecture that train, and the model made of them: linear predictors of all
    replicates.

    straight: the direct path, which is not trained. denses, dropouts: in the order in which the architecture asked for
    them.
    """

    def __init__(self, architecture: Architecture) -> None:
        keras.utils.clear_session(
            free_memory=False
        )  # layers are numbered from 1 on, as in every process
        self.denses: list[StackedDense] = []
        self.dropouts: list[StackedDropout] = []
        x = keras.Input(batch_shape=(architecture.n_replicates, None, architecture.n_features))
        self.model = keras.Model(x, architecture.predictor(x, self))
        if len(self.model.trainable_variables) != len(self.weights):
            raise TypeError(
                "hidden layers have weights in `layers.dense` alone: a Keras layer's own would serve all replicates"
            )

    def dense(self, units: int, activation: str = "linear", variance: float = 2.0) -> StackedDense:
        self.denses.append(StackedDense(units, activation, variance))
        return self.denses[-1]

    def direct(self, units: int) -> StackedDense:
        self.straight = StackedDense(units)
        self.straight.trainable = False
        return self.straight

    def dropout(self) -> StackedDropout:
        self.dropouts.append(StackedDropout())
        return self.dropouts[-1]

    @property
    def weights(self) -> list[Any]:
        """Variables of kernel and bias of each dense layer in turn."""
        return [variable for dense in self.denses for variable in (dense.kernel, dense.bias)]

    def reset(self, seeds: Sequence[int], regressions: Weights) -> None:
        """Start every replicate as its regression: hidden kernels are drawn, each from its own 2-D
        fan-in and seed, the last is zero.

        regressions: kernel and bias of the direct path. Hidden kernels are normal with their
        layer's variance over fan_in.
        """
        generators = [np.random.default_rng(seed) for seed in seeds]
        for variable, value in zip(self.straight.weights, regressions, strict=True):
            variable.assign(value)
        for variable in self.weights:
            variable.assign(np.zeros(variable.shape))
        for dense in self.denses[:-1]:
            _, fan_in, fan_out = dense.kernel.shape
            spread = (dense.variance / max(fan_in, 1)) ** 0.5
            dense.kernel.assign([own.normal(0, spread, (fan_in, fan_out)) for own in generators])

    def whole(self, trained: Weights) -> Weights:
        """Kernel and bias of each dense layer in turn, the direct path's first."""
        return [*(variable.numpy() for variable in self.straight.weights), *trained]
