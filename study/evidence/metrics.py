"""The metrics that a verdict can be asked of: all of one is its entry in METRICS.

Imports no pandas, since configs name metrics too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from study.formatting import given, given_percent, percent
from study.schema import LOSS, Kind

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
FIT = ["target", "kind", "family", "depth", "outer_fold", "candidate", "seed"]
CLASSES = (Kind.BINARY, Kind.MULTICLASS)


@dataclass(frozen=True)
class Unit:
    """What amounts of a metric are measured in.

    amount, min_margin: how an amount is told, and a minimum margin, whose unit may be another:
    templates of {value}, {percent}, {points}, {label}, {noun} and {target}. percent: whether values
    of the metric are told in per cent.
    """

    amount: str
    min_margin: str
    percent: bool = False


ERROR = Unit("{value} in the {noun}", "{value} standard deviations of {target} in the error")
NATS = Unit("{value} nats a row", "{percent} of the baseline's {noun}")
POINTS = Unit("{points} of {label}", "{points} of {label}")
SQUARES = Unit("{points} of {label}", "{percent} of the baseline's {noun}")
ROWS = Unit("{percent} of the rows", "{percent} of the rows", percent=True)


@dataclass(frozen=True)
class Metric:
    """A metric of some kinds of target.

    Its *shortfall* is what less of is better: the metric itself, or 1 less the metric where more of
    it is better (`more`). It is a mean over rows of what `rows` gives, or its root (`root`), or its
    ratio to the mean of `null` (`more` and `null`).

    label: of a table. noun: what a possessive is followed by where shares of the shortfall are
    told. rows: from (n, ...) test rows to (n,) contributions. null: from (n,) observed values to
    what the best constant has in place of `rows`; None where it has no such mean. squared: whether
    amounts are of the root of the shortfall, as errors are of a squared loss. in_sd: whether a
    minimum margin of 1 is a standard deviation of the target; else it is the mean of `null` where
    the shortfall is no ratio to it, or 1 of the metric. most: the largest shortfall. lacks: what
    the test rows of an outer fold have that has no such metric.
    """

    name: str
    kinds: tuple[Kind, ...]
    label: str
    noun: str
    unit: Unit
    rows: Callable[[pd.DataFrame], FloatArray]
    null: Callable[[FloatArray], FloatArray] | None = None
    more: bool = False
    root: bool = False
    squared: bool = False
    in_sd: bool = False
    most: float = math.inf
    lacks: str = ""

    @property
    def title(self) -> str:
        """What it is called after an article: `AUC`, `mean squared error`."""
        return self.label if self.more else self.noun

    def value(self, shortfall: float) -> float:
        """The metric, of its shortfall."""
        return 1 - shortfall if self.more else shortfall

    def told(self, value: float) -> str:
        """A value of it."""
        return f"{percent(value)}%" if self.unit.percent else given(value)

    def amount(self, value: float) -> str:
        """An amount in its unit: `3 points of AUC`, `2 in the RMSE`, `1% of the rows`, `0.05 nats
        a row`.
        """
        return self._filled(self.unit.amount, value)

    def min_margin(self, value: float, target: str) -> str:
        """A minimum margin, in words: `0.01 standard deviations of price`."""
        return self._filled(self.unit.min_margin, value, target)

    def _filled(self, template: str, value: float, target: str = "") -> str:
        points = f"{given(100 * value)} point{'' if math.isclose(value, 0.01) else 's'}"
        noun = "RMSE" if self.squared else self.noun
        words = {
            "value": given(value),
            "percent": given_percent(value),
            "points": points,
            "label": self.label,
            "noun": noun,
        }
        return template.format(**words, target=target)

    def folds_words(self, n: int, scored: int) -> str:
        """On how many of the scored outer folds it exists, and what is with the others; nothing
        where on all.
        """
        if n >= scored:
            return ""
        return f"{n} of {scored} outer folds; the other{'s have' if scored - n > 1 else ' has'} {self.lacks}"


def _loss(rows: pd.DataFrame) -> FloatArray:
    return np.asarray(rows["loss"], float)


def _squared(rows: pd.DataFrame) -> FloatArray:
    return np.asarray((rows["observed"].to_numpy(float) - rows["predicted"].to_numpy(float)) ** 2)


def _absolute(rows: pd.DataFrame) -> FloatArray:
    return np.sqrt(_squared(rows))


def _shares(rows: pd.DataFrame) -> FloatArray:
    from study.evidence.winners import class_probabilities

    return np.asarray(class_probabilities(rows), float)


def _brier(rows: pd.DataFrame) -> FloatArray:
    shares = _shares(rows)
    hit = np.eye(shares.shape[1])[rows["observed"].to_numpy(int)]
    return np.asarray(((shares - hit) ** 2).sum(axis=1))


def _wrong(rows: pd.DataFrame) -> FloatArray:
    return np.asarray(
        (rows["predicted"].to_numpy(float) >= 0.5) != (rows["observed"].to_numpy(int) == 1), float
    )


def _wrong_class(rows: pd.DataFrame) -> FloatArray:
    return np.asarray(_shares(rows).argmax(axis=1) != rows["observed"].to_numpy(int), float)


def _misordered(rows: pd.DataFrame) -> FloatArray:
    """1 - AUC as a mean over the rows of each fit: NaN where its test rows have one class only."""
    scores = rows["predicted"].to_numpy(float)
    hits = rows["observed"].to_numpy(float) > 0.5
    found = np.full(len(rows), np.nan)
    for places in rows.groupby([rows[column] for column in FIT], sort=False).indices.values():
        found[places] = 1 - placements(scores[places], hits[places])
    return found


def placements(scores: FloatArray, hits: npt.NDArray[np.bool_]) -> FloatArray:
    """What each row adds to the area under the ROC curve: (n,) numbers whose mean is the area A.

    With V the share of the other class that a row is on the right side of, ties half, a row of a
    class with m of the n rows has A + n / √(m (m - 1)) (V - A), so that the variance of their mean
    is that of DeLong, DeLong and Clarke-Pearson (1988, *Comparing the Areas under Two or More
    Correlated Receiver Operating Characteristic Curves*, Biometrics 44, equations 4 to 6); the only
    row of its class, which tells nothing of that variance, has A. V comes from ranks (Sun and Xu
    2014, *Fast Implementation of DeLong's Algorithm*, IEEE Signal Process. Lett. 21, eq. 12). NaN
    where a class is missing. scores: (n,); hits: (n,) bool, the class whose scores should be high.
    """
    from scipy import stats

    n, m = len(scores), int(hits.sum())
    if not 0 < m < n:
        return np.full(n, np.nan)
    ranks = stats.rankdata(scores)
    below = np.empty(n)
    for side, others in ((hits, n - m), (~hits, m)):
        below[side] = (ranks[side] - stats.rankdata(scores[side])) / others
    right = np.where(hits, below, 1 - below)
    area = float(right[hits].mean())
    size = np.where(hits, m, n - m)
    return np.asarray(area + n / np.sqrt(np.maximum(size * (size - 1), 1)) * (right - area))


def _square_null(y: FloatArray) -> FloatArray:
    return np.asarray((y - y.mean()) ** 2)


def _poisson_null(y: FloatArray) -> FloatArray:
    from scipy import special

    mean = float(y.mean())
    return np.asarray(special.xlogy(y, y / mean) - (y - mean)) if mean > 0 else np.zeros(len(y))


def _class_shares(y: FloatArray) -> FloatArray:
    """Share of the rows that have each row's class, (n,)."""
    _, code, counts = np.unique(y, return_inverse=True, return_counts=True)
    return counts[code] / len(y)


def _log_null(y: FloatArray) -> FloatArray:
    return -np.log(_class_shares(y))


def _brier_null(y: FloatArray) -> FloatArray:
    """Summed over the classes, it is 1 - 2 p_c + sum of p² for a row of class c."""
    p = _class_shares(y)
    return np.asarray(1 - 2 * p + p.mean())


_COUNT, _CONTINUOUS = (Kind.COUNT,), (Kind.CONTINUOUS,)
_TWO, _MORE = (Kind.BINARY,), (Kind.MULTICLASS,)
METRICS = (
    Metric(LOSS, _CONTINUOUS, "MSE", "MSE", ERROR, _loss, _square_null, squared=True, in_sd=True),
    Metric(LOSS, CLASSES, "log loss", "log loss", NATS, _loss, _log_null),
    Metric(LOSS, _COUNT, "Poisson deviance", "Poisson deviance", NATS, _loss, _poisson_null),
    Metric(
        "r2", _CONTINUOUS, "R²", "unexplained variance", POINTS, _squared, _square_null, more=True
    ),
    Metric(
        "explained_deviance",
        _COUNT,
        "deviance explained",
        "unexplained deviance",
        POINTS,
        _loss,
        _poisson_null,
        more=True,
    ),
    Metric("rmse", (*_CONTINUOUS, *_COUNT), "RMSE", "RMSE", ERROR, _squared, root=True, in_sd=True),
    Metric(
        "mae",
        (*_CONTINUOUS, *_COUNT),
        "mean abs. error",
        "mean absolute error",
        ERROR,
        _absolute,
        in_sd=True,
    ),
    Metric(
        "auc",
        _TWO,
        "AUC",
        "distance to an AUC of 1",
        POINTS,
        _misordered,
        more=True,
        most=1,
        lacks="one class alone",
    ),
    Metric(
        "brier",
        _TWO,
        "Brier score",
        "Brier score",
        SQUARES,
        _squared,
        lambda y: _brier_null(y) / 2,
        most=1,
    ),
    Metric("brier", _MORE, "Brier score", "Brier score", SQUARES, _brier, _brier_null, most=2),
    Metric("accuracy", _TWO, "accuracy", "share of wrong rows", ROWS, _wrong, more=True, most=1),
    Metric(
        "accuracy", _MORE, "accuracy", "share of wrong rows", ROWS, _wrong_class, more=True, most=1
    ),
)
"""Definitions, over all test rows of all outer folds, each row once in every repeat: R² = 1 - MSE /
mean squared deviation of the observed from their mean; RMSE = the root of the MSE; explained
deviance = 1 - mean deviance / that of the observed mean; AUC = the mean over outer folds, weighted
by their rows, since scores of two fits have no common order; Brier score summed over several
classes; accuracy = the share of rows whose most probable class is the observed."""
NAMES = tuple(dict.fromkeys(metric.name for metric in METRICS))
"""Of all metrics, the loss first."""


def metrics_of(kind: Kind | str) -> tuple[Metric, ...]:
    """The loss, and the other metrics that a verdict on a target of this kind can be asked of."""
    return tuple(metric for metric in METRICS if kind in metric.kinds)


def metric_of(name: str, kind: Kind | str) -> Metric:
    """The metric of this name for targets of this kind; a KeyError where they have none."""
    return {metric.name: metric for metric in metrics_of(kind)}[name]
