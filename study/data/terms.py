"""What a regression can be given beside its columns: products of two of them, and curves, which are
hinges at knots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.vocabulary import LEAST_LEVEL_ROWS
from study.schema import derive_seed

FloatArray = npt.NDArray[np.float64]

QUANTILES = np.arange(1, 8) / 8
"""Shares of a column's observed cells that lie below its knots: the octiles (quartiles left a sixth
more loss on 506 x 13)."""
MOST_TERMS = 1_000
"""Products and hinges of a fold at most: of a wider table only the columns that alone tell most
about the target have any."""
MOST_CELLS = 2_000_000
"""Cells of columns and terms that are in memory at once, each of eight bytes, and by which a search
is made."""


@dataclass(frozen=True, eq=False)
class Terms:
    """What a regression of one outer fold may be made of, in original units.

    A product is (clip(x) - m) * (clip(z) - n), a hinge max(clip(x) - knot, 0), where a clipped
    column ends at its bounds; the columns themselves are not clipped.

    low, high: (n_columns,) bounds, the range of the development rows. center: (n_columns,) m, a
    round number near the mean of the development rows; 0 for what is 0 or 1. products: (n_products,
    2) int64 columns, the lower one first. hinges: (n_hinges,) int64 columns. knots: (n_hinges,)
    where they bend.
    """

    low: FloatArray
    high: FloatArray
    center: FloatArray
    products: IntArray
    hinges: IntArray
    knots: FloatArray

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Columns, products and hinges."""
        return len(self.low), len(self.products), len(self.hinges)

    @property
    def combined(self) -> IntArray:
        """Columns that any product or hinge is made of, ascending."""
        return np.union1d(self.products.ravel(), self.hinges)

    def values(self, x: FloatArray) -> FloatArray:
        """Columns, products and hinges in that order, (n, sum of sizes), of columns x (n,
        n_columns) without gaps.
        """
        inside = np.clip(x, self.low, self.high)
        factors = inside - self.center
        products = factors[:, self.products[:, 0]] * factors[:, self.products[:, 1]]
        return np.hstack([x, products, np.maximum(inside[:, self.hinges] - self.knots, 0.0)])

    def only(
        self,
        products: bool | npt.NDArray[np.bool_] = True,
        curves: bool | npt.NDArray[np.bool_] = True,
    ) -> Terms:
        """Without the products, or the hinges, that are not wanted: all, none, or those of a mask."""
        wanted = (
            np.broadcast_to(products, len(self.products)),
            np.broadcast_to(curves, len(self.hinges)),
        )
        return replace(
            self,
            products=self.products[wanted[0]],
            hinges=self.hinges[wanted[1]],
            knots=self.knots[wanted[1]],
        )

    def clipped(self, x: FloatArray) -> int:
        """Cells of columns x that terms are made of and that lie outside their bounds."""
        own = x[:, self.combined]
        return int(((own < self.low[self.combined]) | (own > self.high[self.combined])).sum())


def no_terms(encoded: Encoded) -> Terms:
    """The columns alone, as the plain regression has them."""
    n = len(encoded.terms)
    nothing = np.zeros(0, np.int64)
    return Terms(
        np.full(n, -np.inf),
        np.full(n, np.inf),
        np.zeros(n),
        np.zeros((0, 2), np.int64),
        nothing,
        np.zeros(0),
    )


def make_terms(encoded: Encoded) -> Terms:
    """All products and hinges that the development rows of an outer fold give; the training rows of
    its inner folds can bear.

    Columns of different sources are multiplied; hinges are those of measured columns with more than
    two values, at QUANTILES of the observed cells, none at the smallest or largest. Where the rows
    have more than MOST_CELLS, terms are chosen by some, drawn at random; bounds are those of all. A
    term differs from its commonest value in LEAST_LEVEL_ROWS rows of every inner fold's training
    rows. Of more than MOST_TERMS the columns of largest absolute correlation with the target, or
    with any of its classes, on the development rows have some. Columns that are not to be
    `combined` have none.
    """
    low, high, binary = _bounds(encoded)
    center = np.where(binary, 0.0, _rounded(encoded.center[-1], encoded.scale[-1]))
    usable = [
        i
        for i, term in enumerate(encoded.terms)
        if encoded.combined is None or term.column in encoded.combined
    ]
    development = _some(encoded, encoded.development)
    raw = encoded.raw(development)
    hinges = {i: [] if binary[i] else _knots(raw[:, i], low[i], high[i]) for i in usable}
    least = np.full((len(low), len(low)), np.inf)
    for e, rows in enumerate(encoded.train):
        part = encoded.original(e, _some(encoded, rows))
        least = np.minimum(least, _off_zero(part, center, binary))
        hinges = {
            i: _bending(knots, np.clip(part[:, i], low[i], high[i])) if knots else []
            for i, knots in hinges.items()
        }
    source = [term.column for term in encoded.terms]
    pairs = [
        (i, j)
        for i, j in combinations(usable, 2)
        if source[i] != source[j] and least[i, j] >= LEAST_LEVEL_ROWS
    ]
    if len(pairs) + sum(map(len, hinges.values())) > MOST_TERMS:
        kept: set[int] = set()
        for i in sorted(usable, key=lambda i: -_association(encoded, raw[:, i], development)):
            trial = kept | {i}
            if (
                sum(a in trial and b in trial for a, b in pairs)
                + sum(len(hinges[i]) for i in trial)
                > MOST_TERMS
            ):
                break
            kept = trial
        pairs = [(a, b) for a, b in pairs if a in kept and b in kept]
        hinges = {i: knots for i, knots in hinges.items() if i in kept}
    bends = [(i, knot) for i, knots in hinges.items() for knot in knots]
    return Terms(
        low=low,
        high=high,
        center=center,
        products=np.array(pairs, np.int64).reshape(-1, 2),
        hinges=np.array([i for i, _ in bends], np.int64),
        knots=np.array([knot for _, knot in bends], np.float64),
    )


def _rounded(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """The mean in thousands, tens or tenths, whatever the standard deviation's first digit is: what
    a formula can print.
    """
    place = 10.0 ** np.floor(np.log10(deviation))
    return np.asarray(np.round(mean / place) * place)


def _some(encoded: Encoded, rows: IntArray) -> IntArray:
    """As many of some rows as are in memory at once, drawn at random, ascending; every class stays
    among them.
    """
    seed = derive_seed(0, "terms", encoded.target, encoded.outer_fold)
    return encoded.drawn(rows, MOST_CELLS, len(encoded.terms), seed)


def _bounds(encoded: Encoded) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Smallest and largest observed cell of each column's development rows, and whether all of them
    are 0 or 1.
    """
    rows, n = encoded.development, len(encoded.terms)
    low = np.full(n, np.inf)
    high = np.full(n, -np.inf)
    binary = np.ones(n, bool)
    size = max(1, MOST_CELLS // max(1, n))
    for start in range(0, len(rows), size):
        raw = encoded.raw(rows[start : start + size])
        low = np.fmin(low, np.fmin.reduce(raw))
        high = np.fmax(high, np.fmax.reduce(raw))
        binary &= (np.isnan(raw) | (raw == 0) | (raw == 1)).all(axis=0)
    return low, high, binary


def _knots(column: FloatArray, low: float, high: float) -> list[float]:
    """Octiles of the observed cells, none at the smallest or largest."""
    found = np.unique(np.quantile(column[~np.isnan(column)], QUANTILES, method="inverted_cdf"))
    return [float(knot) for knot in found[(found > low) & (found < high)]]


def _bending(knots: Sequence[float], part: FloatArray) -> list[float]:
    """The knots at which a hinge of clipped cells (n,) differs from its commonest value in enough
    rows.
    """
    values, counts = np.unique(part, return_counts=True)
    below = np.searchsorted(values, knots, side="right")
    flat = np.concatenate([[0], np.cumsum(counts)])[below]
    tied = np.array([counts[b:].max(initial=0) for b in below])
    return [
        knot
        for knot, most in zip(knots, np.maximum(flat, tied), strict=True)
        if len(part) - most >= LEAST_LEVEL_ROWS
    ]


def _off_zero(part: FloatArray, center: FloatArray, binary: npt.NDArray[np.bool_]) -> FloatArray:
    """Rows in which the product of each two columns is not 0, (n_columns, n_columns); of two 0/1
    columns, or not 1 if fewer.
    """
    present = (part != center).astype(np.float32)
    both = present.T @ present
    return np.asarray(
        np.where(binary[:, None] & binary, np.minimum(both, len(part) - both), both), np.float64
    )


def _association(encoded: Encoded, column: FloatArray, rows: IntArray) -> float:
    """Largest absolute correlation of a column with the target, or with any of its classes, where
    it is observed.
    """
    known = ~np.isnan(column)
    x, y = column[known] - column[known].mean(), encoded.y[rows][known]
    targets = y[:, None] == np.arange(encoded.n_outputs) if encoded.n_outputs > 1 else y[:, None]
    centred = targets - targets.mean(axis=0)
    sizes = np.sqrt(np.square(x).sum() * np.square(centred).sum(axis=0))
    return float(np.abs(x @ centred / np.where(sizes > 0, sizes, np.inf)).max())
