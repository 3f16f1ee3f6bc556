"""A fitted regression as a plain Keras model: columns, products and hinges of built-in operations,
then a dense layer.
"""

from __future__ import annotations

import keras

from study.families.heads import Head
from study.families.saved import WIDE, activated, filled
from study.training.columns import Regression


def term_model(own: Regression, head: Head) -> keras.Model:
    """Keras model of a regression in original units.

    Input: (batch, n_columns) float64 raw columns, NaN at gaps. Output: the response, (batch,
    n_outputs) float64.
    """
    ops, terms = keras.ops, own.terms
    raw = keras.Input((len(own.fill),), dtype=WIDE)
    x = filled(raw, own.fill)
    columns = [x]
    inside = ops.minimum(ops.maximum(x, terms.low), terms.high)
    if len(terms.products):
        one, other = (
            ops.subtract(ops.take(inside, p, axis=1), terms.center[p]) for p in terms.products.T
        )
        columns.append(ops.multiply(one, other))
    if len(terms.hinges):
        columns.append(ops.relu(ops.subtract(ops.take(inside, terms.hinges, axis=1), terms.knots)))
    joined = ops.concatenate(columns, axis=1)
    last = keras.layers.Dense(own.kernel.shape[1], dtype=WIDE, name="predictor")
    model = keras.Model(raw, activated(head, last(joined)))
    last.set_weights([own.kernel, own.bias])
    return model
