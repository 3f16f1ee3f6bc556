"""The columns and terms of one encoder, standardised and weighted: what a regression is fitted to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.terms import MOST_CELLS, Terms
from study.families import HEADS
from study.families.heads import LOG, FloatArray, Head
from study.training.path import Directions, Point

Weights = tuple[float, float, float]
"""How far columns, products and curves count (`Family.weights`)."""
HELD_CELLS = 16_000_000
"""Cells of columns and terms that a fit holds, twice; those of more rows are made anew at every
step."""
CONSTANT = 1e-12
"""Share of its mean below which a column's standard deviation is rounding."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns and terms of some rows as one encoder reads them: (value - mean) / deviation *
    weight.

    encoder: the one that fills gaps and standardises the target. weight: (n_columns + n_terms,),
    how far a sort counts. mean, deviation: (n_columns + n_terms,) of the fitted rows; deviation is
    infinite where they are constant. rows: the fitted.
    """

    encoded: Encoded
    encoder: int
    terms: Terms
    weight: FloatArray
    mean: FloatArray
    deviation: FloatArray
    rows: IntArray

    @classmethod
    def of(
        cls, encoded: Encoded, encoder: int, terms: Terms, weights: Weights, rows: IntArray
    ) -> Columns:
        """Those fitted on `rows`."""
        weight = np.repeat(weights, terms.sizes)
        total = np.zeros(len(weight))
        squares = np.zeros(len(weight))
        shift = None
        for _, values in _values(encoded, encoder, terms, rows):
            shift = (
                values.mean(axis=0) if shift is None else shift
            )  # so that squares keep their digits
            values = values - shift
            total += values.sum(axis=0)
            squares += np.square(values).sum(axis=0)
        mean = total / len(rows)
        deviation = np.sqrt(np.maximum(squares / len(rows) - mean**2, 0.0))
        mean = mean + (0.0 if shift is None else shift)
        deviation[deviation <= CONSTANT * np.maximum(np.abs(mean), 1e-300)] = np.inf
        return cls(encoded, encoder, terms, weight, mean, deviation, rows)

    def read(self, rows: IntArray) -> Iterator[tuple[slice, FloatArray]]:
        """Some rows a block at a time: which of them, and (n, n_columns + n_terms) float64."""
        for part, values in _values(self.encoded, self.encoder, self.terms, rows):
            values -= self.mean
            values *= self.weight / self.deviation
            yield part, values

    def whole(self, rows: IntArray) -> FloatArray:
        """Some rows at once."""
        return np.concatenate([block for _, block in self.read(rows)])

    def directions(self) -> Directions:
        """Directions of the fitted rows: in memory where they are few."""
        if len(self.rows) * len(self.weight) <= HELD_CELLS:
            return Directions.of(self.whole(self.rows))
        return Directions.read(lambda: self.read(self.rows), len(self.weight))

    def target(self, rows: IntArray) -> FloatArray:
        """Target of some rows, standardised if it is continuous, (n,)."""
        encoded = self.encoded
        return np.asarray(
            (encoded.y[rows] - encoded.y_center[self.encoder]) / encoded.y_scale[self.encoder]
        )

    def original(self, directions: Directions, point: Point) -> Regression:
        """A fit in original units."""
        kernel, bias = self.unscaled(slice(None), point.bias, directions.back @ point.weights)
        return Regression(self.terms, self.encoded.fill[self.encoder], kernel, bias)

    def unscaled(
        self, places: IntArray | slice, bias: FloatArray, weights: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Weights of the columns and terms at `places`, and intercepts, in original units, of those
        that `read` gives.
        """
        scale = self.encoded.y_scale[self.encoder]
        center = self.encoded.y_center[self.encoder]
        kernel = weights * (self.weight / self.deviation)[places, None] * scale
        return kernel, bias * scale + center - self.mean[places] @ kernel


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression in original units.

    fill: (n_columns,) what gaps take. kernel: (n_columns + n_terms, n_outputs) weights, bias:
    (n_outputs,). smear: what bias has of the logarithm of a smearing factor.
    """

    terms: Terms
    fill: FloatArray
    kernel: FloatArray
    bias: FloatArray
    smear: float = 0.0

    def predictor(self, raw: FloatArray) -> FloatArray:
        """Linear predictor (n, n_outputs) of raw columns (n, n_columns), in the target's own unit
        if it is continuous.
        """
        return np.asarray(
            self.terms.values(np.where(np.isnan(raw), self.fill, raw)) @ self.kernel + self.bias
        )

    def predicted(self, encoded: Encoded, rows: IntArray) -> FloatArray:
        """Linear predictor of some rows, a block at a time."""
        size = max(1, MOST_CELLS // len(self.kernel)) if len(self.kernel) else len(rows)
        parts = np.array_split(rows, -(-len(rows) // size))
        return np.concatenate([self.predictor(encoded.raw(part)) for part in parts])

    def smeared(self, encoded: Encoded, rows: IntArray) -> Regression:
        """The same whose exponential is the mean: times Duan's factor on some rows (1983, Journal
        of the American Statistical Association 78) where a logarithm was trained.
        """
        if encoded.measured is None:
            return self
        rest = encoded.y[rows] - self.predicted(encoded, rows)[:, 0]
        smear = float(np.log(np.exp(rest).mean()))
        return replace(self, bias=self.bias + smear, smear=smear)

    def loss(self, encoded: Encoded, rows: IntArray) -> FloatArray:
        """Loss of each of some rows, (n,), without the clip of test rows."""
        return HEADS[encoded.kind].loss(self.predicted(encoded, rows), encoded.y[rows])


def head_of(encoded: Encoded) -> Head:
    """The head by which the models of an outer fold answer."""
    return HEADS[encoded.kind] if encoded.measured is None else LOG


def _values(
    encoded: Encoded, encoder: int, terms: Terms, rows: IntArray
) -> Iterator[tuple[slice, FloatArray]]:
    size = max(1, MOST_CELLS // max(1, sum(terms.sizes)))
    for start in range(0, len(rows), size):
        part = slice(start, min(start + size, len(rows)))
        yield part, terms.values(encoded.original(encoder, rows[part]))
