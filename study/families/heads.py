"""Heads: what each kind of target asks of the last layer, its link and its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, softmax, xlogy

from study.schema import Kind

FloatArray = NDArray[np.float64]

MOST_LOG_RATE = 30.0
"""Where the logarithm of a rate ends, so that a row far outside costs much, and not infinity."""
MOST_LOG = 300.0
"""Where that of a predicted value ends, whose square is still finite."""


@dataclass(frozen=True)
class Head:
    """Link and loss of one kind.

    Everything is written on the linear predictor eta (..., rows, outputs), which is stable where
    probabilities are not. Targets y are (..., rows): values, class indices or counts.

    activation: Keras's name of the inverse link, put on the last layer of a saved model. most:
    largest linear predictor of an exponential.
    """

    kind: Kind
    activation: str
    most: float = np.inf

    def bounded(self, eta: FloatArray) -> FloatArray:
        """A linear predictor with no logarithm above `most`."""
        return np.minimum(eta, self.most)

    def tensor_loss(self, eta: Any, y: Any) -> Any:
        """Loss of each row as a tensor, (..., rows), from tensors eta (..., rows, outputs) and y
        (..., rows).
        """
        import tensorflow as tf

        if self.kind is Kind.CONTINUOUS:
            return (eta[..., 0] - y) ** 2
        if self.kind is Kind.BINARY:
            return tf.nn.softplus(eta[..., 0]) - y * eta[..., 0]
        if self.kind is Kind.MULTICLASS:
            chosen = tf.one_hot(tf.cast(y, tf.int32), eta.shape[-1], dtype=eta.dtype)
            return tf.reduce_logsumexp(eta, axis=-1) - tf.reduce_sum(chosen * eta, axis=-1)
        return tf.exp(eta[..., 0]) - y * eta[..., 0] + tf.math.xlogy(y, y) - y

    def loss(self, eta: FloatArray, y: FloatArray) -> FloatArray:
        """Loss of each row, (..., rows) float64: squared error, log loss in nats, or half the
        Poisson deviance.
        """
        if self.kind is Kind.CONTINUOUS:
            return np.asarray((eta[..., 0] - y) ** 2)
        if self.kind is Kind.BINARY:
            return np.asarray(np.logaddexp(0, eta[..., 0]) - y * eta[..., 0])
        if self.kind is Kind.MULTICLASS:
            return np.asarray(
                -np.take_along_axis(log_softmax(eta, axis=-1), y[..., None].astype(np.int64), -1)[
                    ..., 0
                ]
            )
        log_rate = self.bounded(eta[..., 0])
        return np.asarray(np.exp(log_rate) - y * log_rate + xlogy(y, y) - y)

    def response(self, eta: FloatArray) -> FloatArray:
        """Inverse link: values, rates or probabilities of the second class (..., rows), or (...,
        rows, classes).
        """
        if self.activation == "linear":
            return np.asarray(eta[..., 0])
        if self.kind is Kind.BINARY:
            return np.asarray(expit(eta[..., 0]))
        if self.kind is Kind.MULTICLASS:
            return np.asarray(softmax(eta, axis=-1))
        return np.asarray(np.exp(self.bounded(eta[..., 0])))

    def response_loss(self, predicted: FloatArray, y: FloatArray) -> FloatArray:
        """Loss of each row from what `response` gives, for predictions that were averaged after the
        link.

        Probabilities are kept a float32 step away from 0 and 1, so that one sure mistake costs 16
        nats and not infinity.
        """
        edge = float(np.finfo(np.float32).eps)
        if self.kind is Kind.CONTINUOUS:
            return np.asarray((predicted - y) ** 2)
        if self.kind is Kind.BINARY:
            p = np.clip(predicted, edge, 1 - edge)
            return np.asarray(-np.where(y > 0.5, np.log(p), np.log1p(-p)))
        if self.kind is Kind.MULTICLASS:
            p = np.take_along_axis(predicted, y[..., None].astype(np.int64), -1)[..., 0]
            return np.asarray(-np.log(np.clip(p, edge, 1)))
        rate = np.clip(predicted, np.finfo(np.float64).tiny, np.exp(self.most))
        return np.asarray(rate - y + xlogy(y, y / rate))

    def constant(self, y: FloatArray, n_outputs: int) -> FloatArray:
        """Linear predictor of the best constant, (n_outputs,): the link of the mean of y (rows,)."""
        if self.kind is Kind.CONTINUOUS:
            return np.array([y.mean()])
        if self.kind is Kind.BINARY:
            p = np.clip(y.mean(), 1e-6, 1 - 1e-6)
            return np.array([np.log(p / (1 - p))])
        if self.kind is Kind.MULTICLASS:
            shares = np.bincount(y.astype(np.int64), minlength=n_outputs) / len(y)
            return np.asarray(np.log(np.clip(shares, 1e-6, 1)))
        return np.array([np.log(max(float(y.mean()), 1e-6))])


HEADS = {
    Kind.CONTINUOUS: Head(Kind.CONTINUOUS, "linear"),
    Kind.BINARY: Head(Kind.BINARY, "sigmoid"),
    Kind.MULTICLASS: Head(Kind.MULTICLASS, "softmax"),
    Kind.COUNT: Head(Kind.COUNT, "exponential", MOST_LOG_RATE),
}
LOG = Head(Kind.CONTINUOUS, "exponential", MOST_LOG)
"""Of a value whose logarithm is trained: losses are the logarithm's, responses the value's."""
