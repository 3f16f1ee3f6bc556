"""A fitted regression as a plain Keras model: columns, clips, products and hinges of built-in layers, then one dense layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from study.families.heads import FloatArray, Head
from study.families.saved import activated
from study.training.columns import Regression

WIDE = "float64"
"""What the model computes in: columns are in original units, and dates are far from 0."""


def term_model(own: Regression, head: Head) -> keras.Model:
    """Keras model of a regression in original units.

    Input: (batch, n_columns) float64 raw columns, NaN at gaps. Output: the response, (batch, n_outputs) float64.
    """
    terms, fill = own.terms, own.fill
    raw = keras.Input((len(fill),), dtype=WIDE)
    gap = keras.ops.cast(keras.ops.isnan(raw), WIDE)
    x = keras.ops.add(keras.ops.nan_to_num(raw), _scaled(gap, fill, "fill"))
    columns = [x]
    if sum(terms.sizes[1:]):
        above = _scaled(x, np.ones(len(fill)), "above_low", -terms.low, "relu")  # clip(x) - low, then its distance from high
        below = _scaled(above, -np.ones(len(fill)), "below_high", terms.high - terms.low, "relu")
        inside = _scaled(below, -np.ones(len(fill)), "clipped", terms.high)
        if len(terms.products):
            left, right = terms.products.T
            one, other = (_picked(inside, p, -terms.center[p], n) for p, n in ((left, "left"), (right, "right")))
            columns.append(keras.layers.Multiply(dtype=WIDE, name="products")([one, other]))
        if len(terms.hinges):
            columns.append(_picked(inside, terms.hinges, -terms.knots, "hinges", "relu"))
    joined = keras.layers.Concatenate(dtype=WIDE, name="terms")(columns) if len(columns) > 1 else x
    last = keras.layers.Dense(own.kernel.shape[1], dtype=WIDE, name="predictor")
    model = keras.Model(raw, activated(head, last(joined)))
    last.set_weights([own.kernel, own.bias])
    return model


def _scaled(x: Any, scale: FloatArray, name: str, shift: FloatArray | None = None, activation: str | None = None) -> Any:
    """Each column times its own number, plus its own."""
    axes = None if shift is None else "p"
    layer = keras.layers.EinsumDense("bp,p->bp", len(scale), activation, axes, dtype=WIDE, name=name)
    found = layer(x)
    layer.set_weights([scale] if shift is None else [scale, shift])
    return found


def _picked(x: Any, columns: NDArray[np.int64], shift: FloatArray, name: str, activation: str | None = None) -> Any:
    """Some columns, in that order, each plus its own number."""
    layer = keras.layers.Dense(len(columns), activation=activation, dtype=WIDE, name=name)
    found = layer(x)
    layer.set_weights([np.eye(x.shape[1])[:, columns], shift])
    return found
