"""The families without hidden layers and terms: the constant and the three regressions."""

from __future__ import annotations

from typing import Any

from study.config.options import Range, Space
from study.families.base import Family
from study.families.registry import register
from study.schema import BASELINE, Kind


@register
class Baseline(Family):
    """Predicts the same for every row, from the bias alone: what any use of the features must
    beat.
    """

    name = BASELINE
    kinds = frozenset(Kind)
    convex = True
    inputs = False

    def start(self) -> dict[str, Any]:
        return {}

    def space(self, n_rows: int) -> Space:
        return {}


class Regression(Family):
    """One dense layer, fitted to convergence on a path of penalties, zero included: a search's one
    trial scores them all.

    Minimised is the sum of losses + l2 * sum of squared weights on standardised columns, the bias
    left free: ridge with alpha = l2 (on a standardised target), or logistic regression with C = 1 /
    (2 l2). A penalty on the sum, not the mean, so that it weighs the same against the data when the
    winner is refitted on more rows.

    Learning rate and batch size are not searched: a convex problem that is solved does not remember
    how (docs/design/0002-regressions-converge.md).
    """

    convex = True
    path = "l2"
    limits = {"l2": (0, 1e100)}

    def start(self) -> dict[str, Any]:
        return {"l2": None}

    def space(self, n_rows: int) -> Space:
        """`l2` from exactly zero to ten times the rows, where hardly a weight is left."""
        return {"l2": Range(low=1e-3, high=10.0 * n_rows, log=True, zero=True)}


@register
class Linear(Regression):
    """Least squares: a dense layer with no activation."""

    name = "linear"
    kinds = frozenset({Kind.CONTINUOUS})


@register
class Logistic(Regression):
    """Binary or multinomial logistic regression: a dense layer with a sigmoid or a softmax."""

    name = "logistic"
    kinds = frozenset({Kind.BINARY, Kind.MULTICLASS})


@register
class Poisson(Regression):
    """Poisson regression: a dense layer with the exponential."""

    name = "poisson"
    kinds = frozenset({Kind.COUNT})
