"""What is saved: one plain Keras model of raw rows, which is also what is scored."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study.families.base import Architecture, Layers
from study.families.heads import FloatArray, Head
from study.families.stacked import Weights
from study.schema import Kind

BATCH = 256
"""Rows that a model is given at a time, no more and no fewer: a row's prediction depends on no
other row, to the bit."""
WIDE = "float64"
"""What a saved model computes in: columns are in original units, and dates are far from 0."""
PREDICTED = 8_192
"""Rows of which each replicate's responses are computed at a time."""


@dataclass(frozen=True)
class Reading:
    """How each replicate reads raw rows, and the head of all.

    columns: (n_terms,) int64, which of the architecture's features each term is; the others are 0.
    fill, center, scale: (n_replicates, n_terms) float64 in original units: a term is (value, or
    fill at a gap, less center) / scale, and 0 where scale is infinite. y_center, y_scale:
    (n_replicates,) float64, unit of a continuous target; 0 and 1 else.
    """

    columns: NDArray[np.int64]
    fill: FloatArray
    center: FloatArray
    scale: FloatArray
    y_center: FloatArray
    y_scale: FloatArray
    head: Head


class _Given(Layers):
    """Keras's own layers of many replicates, (rows, replicates, fan_in) to (rows, replicates,
    units), and their weights.
    """

    def __init__(self, weights: Weights) -> None:
        self.rest = iter(weights)
        self.made: list[tuple[Any, list[NDArray[Any]]]] = []

    def direct(self, units: int) -> Any:
        return self.dense(units)

    def dense(self, units: int, activation: str = "linear", variance: float = 2.0) -> Any:
        kernel, bias = next(self.rest), next(self.rest)[:, 0]
        layer = keras.layers.EinsumDense("bri,rio->bro", bias.shape, activation, "ro")
        self.made.append((layer, [kernel, bias]))
        return layer


def stacked_model(weights: Weights, architecture: Architecture, reading: Reading) -> keras.Model:
    """The mean response of all replicates as one model of Keras's own layers, which opens without
    study.

    Input: (rows, n_terms) float64 in original units, NaN for a gap, 0 and 1 for levels and gaps.
    Output: (rows, 1) or (rows, n_classes) float64: values in the target's own unit, rates,
    probability of the second class, or of each. Each replicate fills, centres and scales in float64
    and predicts in float32, as it trained; the responses are averaged after the link.
    """
    ops, layers = keras.ops, _Given(weights)
    x = keras.Input((reading.fill.shape[1],), dtype=WIDE, name="rows")
    each = filled(ops.expand_dims(x, 1), reading.fill)
    read = ops.cast(ops.multiply(ops.subtract(each, reading.center), 1 / reading.scale), "float32")
    if not np.array_equal(reading.columns, np.arange(architecture.n_features)):
        read = _placed(read, reading.columns, architecture.n_features)
    eta = ops.cast(architecture.predictor(read, layers), WIDE)
    if reading.head.kind is Kind.CONTINUOUS:
        eta = ops.add(ops.multiply(eta, reading.y_scale[:, None]), reading.y_center[:, None])
    model = keras.Model(
        x, keras.layers.GlobalAveragePooling1D(dtype=WIDE)(activated(reading.head, eta))
    )
    for layer, values in layers.made:
        layer.set_weights(values)
    return model


def filled(x: Any, fill: FloatArray) -> Any:
    """Rows with `fill` in place of gaps."""
    return keras.ops.where(keras.ops.isnan(x), fill, x)


def each_replicate(model: keras.Model) -> Callable[[FloatArray], FloatArray]:
    """Responses of each replicate of a stacked model, (n_replicates, n, n_outputs), as a function
    of raw rows (n, n_terms).
    """
    inside = keras.Model(model.input, model.layers[-1].input)

    def answer(raw: FloatArray) -> FloatArray:
        parts = np.array_split(raw, max(1, -(-len(raw) // PREDICTED)))
        with tf.device("CPU:0"):
            return np.concatenate(
                [np.moveaxis(np.asarray(inside(part, training=False)), 1, 0) for part in parts],
                axis=1,
            )

    return answer


def activated(head: Head, eta: Any) -> Any:
    """What `head.response` gives of a linear predictor (..., outputs), in built-in layers and
    float64.
    """
    response = keras.layers.Activation(head.activation, dtype=WIDE)(eta)
    return (
        keras.ops.minimum(response, float(np.exp(head.most)))
        if np.isfinite(head.most)
        else response
    )


def _placed(x: Any, places: NDArray[np.int64], n_features: int) -> Any:
    """Terms (rows, replicates, n_terms) at their places among the features, (rows, replicates,
    n_features), zeros elsewhere.
    """
    source = np.full(n_features, len(places))
    source[places] = np.arange(len(places))
    return keras.ops.take(
        keras.layers.ZeroPadding1D((0, 1), data_format="channels_first")(x), source.tolist(), axis=2
    )


def predict_raw(model: Any, raw: FloatArray) -> FloatArray:
    """What a saved model says of raw rows (n, n_terms): (n,), or (n, n_classes) float64, the same
    for a row wherever it stands.

    On a CPU, BATCH rows at a time, the last ones filled up with empty rows.
    """
    outputs = int(model.output.shape[-1])
    found = np.zeros((len(raw), outputs))
    with tf.device("CPU:0"):
        for start in range(0, len(raw), BATCH):
            part = raw[start : start + BATCH]
            whole = np.zeros((BATCH, raw.shape[1]))
            whole[: len(part)] = part
            found[start : start + len(part)] = np.asarray(model(whole, training=False))[: len(part)]
    return found if outputs > 1 else found[:, 0]


def model_bytes(model: Any) -> bytes:
    """The content of the `.keras` file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def open_model(path: Path) -> Any:
    """A saved model from its file, in Keras's safe mode."""
    return keras.saving.load_model(path, compile=False, safe_mode=True)
