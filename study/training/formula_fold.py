"""One fold of the search for a simple formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.terms import Terms
from study.families import HEADS
from study.families.heads import FloatArray
from study.training.columns import Columns
from study.training.lasso import Rest, bend, lasso
from study.training.path import Directions, Point, walk
from study.training.regression import EXACT, ROUGH


@dataclass(frozen=True, eq=False)
class Option:
    """How a formula is made: where its lasso ends (None: no term at all), and how what it chose is
    weighted.
    """

    penalty: float | None
    l2: float
    share: float


@dataclass(eq=False)
class _Fold:
    """The training rows of an inner fold, or all development rows, while the lasso goes down its
    path.

    chosen: terms at the present penalty.
    """

    encoded: Encoded
    encoder: int
    terms: Terms
    train: IntArray
    validation: IntArray
    iterations: int
    chosen: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        ones = (1.0, 1.0, 1.0)
        self.head = HEADS[self.encoded.kind]
        self.every = Columns.of(self.encoded, self.encoder, self.terms, ones, self.train)
        self.y = self.every.target(self.train)
        self.observed = self.every.target(self.validation)
        self.unit = float(self.encoded.y_scale[self.encoder] ** 2)
        self.n_columns = len(self.encoded.terms)

    @cached_property
    def fitted(self) -> FloatArray:
        """Standardised columns and terms of the training rows."""
        return self.every.whole(self.train)

    @cached_property
    def tested(self) -> FloatArray:
        """The same of the validation rows."""
        return self.every.whole(self.validation)

    def losses(self, eta: FloatArray) -> FloatArray:
        """Loss of each validation row, in the target's own unit."""
        return self.head.loss(eta, self.observed) * self.unit

    def walk(
        self, places: IntArray, path: Sequence[float], tolerance: float
    ) -> Iterator[tuple[FloatArray, Point]]:
        """Weights (n_places, n_outputs) of some columns and terms, and where the path stands, for
        each penalty.
        """
        directions = Directions.of(self.fitted[:, places])
        for point in walk(
            directions, self.y, self.head, self.encoded.n_outputs, path, self.iterations, tolerance
        ):
            yield directions.back @ point.weights, point

    @property
    def columns(self) -> IntArray:
        return np.arange(self.n_columns)

    def begin(self, l2: float) -> None:
        """Take the plain regression of a penalty as what the lasso starts from."""
        ((self.kernel, point),) = self.walk(self.columns, [l2], EXACT)
        self.bias = point.bias
        self.offset = self.fitted[:, : self.n_columns] @ self.kernel + self.bias
        rows = bend(self.head, self.offset)
        self.rest = Rest.of(
            self.fitted[:, self.n_columns :], self.fitted[:, : self.n_columns], rows
        )
        self.refits: dict[tuple[int, ...], dict[float, tuple[FloatArray, FloatArray]]] = {}

    def steps(self, path: Sequence[float]) -> Iterator[None]:
        """Go down the path; `chosen` and `weights` are those of the penalty it stands at."""
        for chosen, weights in lasso(self.rest.values, self.offset, self.y, self.head, path):
            self.chosen, self.weights = chosen, weights
            yield

    def refitted(self, ridges: Sequence[float]) -> dict[float, tuple[FloatArray, FloatArray]]:
        """Intercepts and weights of columns and chosen terms, fitted together under each ridge
        penalty.
        """
        key = tuple(self.chosen.tolist())
        if key not in self.refits:
            found = self.walk(self.places, ridges, ROUGH)
            self.refits[key] = {point.l2: (point.bias, weights) for weights, point in found}
        return self.refits[key]

    @property
    def places(self) -> IntArray:
        """Columns, and the terms that are chosen."""
        return np.concatenate([self.columns, self.n_columns + self.chosen])

    def shrunken(self) -> tuple[FloatArray, FloatArray]:
        """Intercepts and weights of columns and chosen terms as the lasso has them."""
        own = self.weights / self.rest.scale[self.chosen, None]
        taken = self.rest.back[:, self.chosen] @ own
        return self.bias - taken[0], np.vstack([self.kernel - taken[1:], own])

    def options(self, ridges: Sequence[float]) -> dict[tuple[float, float], FloatArray]:
        """Losses of the validation rows by ridge penalty and share."""
        tested = self.tested[:, self.places]
        found = {}
        bias, kernel = self.shrunken()
        lassoed = tested @ kernel + bias
        for l2, (own_bias, own) in self.refitted(ridges).items():
            again = tested @ own + own_bias
            for share in SHARES:
                found[l2, share] = self.losses((1 - share) * again + share * lassoed)
        return found


SHARES = (0.0, 0.5, 1.0)
"""How much of the lasso's own, shrunken weights is mixed with those fitted again: the relaxed
lasso."""
