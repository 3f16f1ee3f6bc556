"""The regression with terms: columns, products of columns and curves, each sort with a weight that
is searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from study.config.options import Space
from study.families.registry import register
from study.families.regression import Regression
from study.schema import CURVES, PRODUCTS, TERMS, Kind

FIRST = (
    (0.0, 0.0), (0.1, 0.1), (0.0, 0.1), (0.1, 0.0), (0.03, 0.1), (0.3, 0.3), (0.03, 0.03), (0.0, 0.3), (0.01, 0.03),
    (0.1, 0.3), (0.0, 1.0), (0.03, 0.3),
)  # fmt: skip
"""Weights of products and curves of a search's first trials: the plain regression, then from the
middle outwards."""


@register
class TermsRegression(Regression):
    """One dense layer over columns, products and hinges (`study.data.terms`), all standardised,
    then times their weight.

    A weight of w makes the penalty on a sort of terms 1 / w² times that on the columns; 0 leaves
    them out. So the plain regression lies in its space and is its first trial, and one penalty does
    not have to serve columns and terms alike.
    """

    name = TERMS
    kinds = frozenset(Kind)
    zeros = (PRODUCTS, CURVES)
    limits = {PRODUCTS: (0, 1e100), CURVES: (0, 1e100), **Regression.limits}
    most_trials = len(FIRST)

    def start(self) -> dict[str, Any]:
        return {PRODUCTS: 0.0, CURVES: 0.0, "l2": None}

    def first(self) -> Sequence[Mapping[str, Any]]:
        return tuple({PRODUCTS: products, CURVES: curves} for products, curves in FIRST)

    def space(self, n_rows: int) -> Space:
        """Weights from nothing to that of the columns; `l2` as without terms."""
        weights: Space = {name: [0.0, 0.01, 0.03, 0.1, 0.3, 1.0] for name in (PRODUCTS, CURVES)}
        return weights | super().space(n_rows)

    def weights(self, params: Mapping[str, Any]) -> tuple[float, float, float]:
        return 1.0, float(params[PRODUCTS]), float(params[CURVES])

    def parts(self, params: Mapping[str, Any]) -> Sequence[str]:
        """One sort of terms alone, which tells where a gain comes from."""
        _, products, curves = self.weights(params)
        return [PRODUCTS] * (not curves) + [CURVES] * (not products)
