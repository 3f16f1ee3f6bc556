"""Metrics that people know as means of what each test row adds to them, so that a loss's intervals serve for them too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from study.evidence.pairs import FINE, FloatArray
from study.evidence.winners import ARM, class_probabilities
from study.schema import LOSS, METRICS_OF, Kind

FIT = [*ARM, "candidate", "seed"]


@dataclass(frozen=True)
class Metric:
    """A metric, its words, and how it comes from rows.

    Its *shortfall* is what less of is better: the metric itself, or 1 less the metric where more of it is better (`more`).
    label: of a table. stake: what a possessive is followed by where shares of the shortfall are told. root: whether the
    shortfall is the root of a mean over rows. lacks: what the test rows of an outer fold have that has no such metric.
    """

    name: str
    label: str
    stake: str
    more: bool = False
    root: bool = False
    lacks: str = ""

    def value(self, shortfall: float) -> float:
        """The metric, of its shortfall."""
        return 1 - shortfall if self.more else shortfall

    def most(self, kind: Kind) -> float:
        """The largest shortfall: 1 of shares, and of squares of probabilities, which summed over several classes are 2."""
        if self.name == "brier":
            return 2.0 if kind is Kind.MULTICLASS else 1.0
        return 1.0 if self.name in {"auc", "accuracy"} else np.inf

    def folds_words(self, n: int, scored: int) -> str:
        """On how many of the scored outer folds it exists, and what is with the others; nothing where on all."""
        if n >= scored:
            return ""
        return f"{n} of {scored} outer folds; the other{'s have' if scored - n > 1 else ' has'} {self.lacks}"


METRICS = {
    metric.name: metric
    for metric in (
        Metric(LOSS, "loss", "loss"),
        Metric("r2", "R²", "unexplained variance", more=True),
        Metric("rmse", "RMSE", "RMSE", root=True),
        Metric("mae", "mean abs. error", "mean absolute error"),
        Metric("auc", "AUC", "distance to an AUC of 1", more=True, lacks="one class alone"),
        Metric("brier", "Brier score", "Brier score"),
        Metric("accuracy", "accuracy", "share of wrong rows", more=True),
        Metric("explained_deviance", "deviance explained", "unexplained deviance", more=True),
    )
}
"""By name. Definitions, over all test rows of all outer folds, each row once in every repeat: R² = 1 - MSE / mean squared
deviation of the observed from their mean; RMSE = the root of the MSE; explained deviance = 1 - mean deviance / that of the
observed mean; AUC = the mean over outer folds, weighted by their rows, since scores of two fits have no common order; Brier
score summed over several classes; accuracy = the share of rows whose most probable class is the observed."""


def metrics_of(kind: Kind) -> tuple[Metric, ...]:
    """The loss, and the other metrics that a verdict on such a target can be asked of."""
    return tuple(METRICS[name] for name in (LOSS, *METRICS_OF[kind]))


@dataclass(frozen=True, eq=False)
class Measure:
    """One metric of one target, with the test rows scored by it.

    predictions: those of the target, with what a row adds to the shortfall as its loss; rows of outer folds that the metric
    does not exist on are left out. null: (n_rows,) of each row what the best constant has in place of its loss, by row;
    only where the shortfall is a share of its mean. sd: standard deviation of the target over the test rows; NaN of classes.
    yard: what a floor of 1 is, in the metric's unit.
    """

    metric: Metric
    kind: Kind
    predictions: pd.DataFrame
    null: pd.Series | None
    sd: float
    yard: float

    def finish(self, losses: pd.DataFrame) -> pd.DataFrame:
        """Losses whose mean is the shortfall of one procedure, and whose spread is that of its delta method.

        losses: (n, ...) frame of row and loss, all of one procedure's. With L their mean, the root of L has
        sqrt(L) + (l - L) / (2 sqrt(L)) for a row of loss l; the ratio of L to the mean N of the best constant's losses n has
        l / N - L / N² (n - N) (van der Vaart 1998, *Asymptotic Statistics*, section 3.1).
        """
        loss = losses["loss"]
        mean = float(loss.mean())
        if self.metric.root and mean > 0:
            loss = np.sqrt(mean) + (loss - mean) / (2 * np.sqrt(mean))
        elif self.null is not None:
            null = losses["row"].map(self.null)
            whole = float(null.mean())
            loss = loss / whole - mean / whole**2 * (null - whole) if whole > 0 else loss * np.nan
        return losses.assign(loss=loss)

    @property
    def of_root(self) -> bool:
        """Whether its unit is that of the root: the loss of a continuous target is a square, and an amount one of its error."""
        return self.metric.name == LOSS and self.kind is Kind.CONTINUOUS


def measure(metric: str, kind: Kind, predictions: pd.DataFrame) -> Measure:
    """Score the test rows of one target by a metric.

    predictions: (n_predictions, ...) frame of test rows of one target: ARM, candidate, seed, row, observed, predicted, loss,
    and of several classes `p_<class>`. metric: LOSS, or one of METRICS_OF the kind.
    """
    asked = METRICS[metric]
    scored = predictions.assign(loss=_ROWS.get(metric, _loss)(predictions, kind))
    if metric == "accuracy":
        scored[FINE] = predictions["loss"]
    once = predictions.drop_duplicates("row").set_index("row")["observed"].astype(float)
    null = _null(once, kind)
    sd = float(once.std(ddof=0)) if kind in (Kind.CONTINUOUS, Kind.COUNT) else np.nan
    if metric in {"rmse", "mae"} or (metric == LOSS and kind is Kind.CONTINUOUS):
        yard = sd
    elif metric == LOSS:
        yard = float(null.mean())
    else:
        yard = _brier_null(once, kind) if metric == "brier" else 1.0
    ratio = metric in {"r2", "explained_deviance"}
    return Measure(asked, kind, scored.dropna(subset="loss"), null if ratio else None, sd, yard)


def _loss(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    return np.asarray(predictions["loss"], float)


def _squared(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    return np.asarray((predictions["observed"].to_numpy(float) - predictions["predicted"].to_numpy(float)) ** 2)


def _absolute(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    return np.sqrt(_squared(predictions, kind))


def _brier(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    if kind is not Kind.MULTICLASS:
        return _squared(predictions, kind)
    shares = class_probabilities(predictions).to_numpy(float)
    hit = np.eye(shares.shape[1])[predictions["observed"].to_numpy(int)]
    return np.asarray(((shares - hit) ** 2).sum(axis=1))


def _wrong(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    observed = predictions["observed"].to_numpy(int)
    if kind is Kind.MULTICLASS:
        return np.asarray(class_probabilities(predictions).to_numpy(float).argmax(axis=1) != observed, float)
    return np.asarray((predictions["predicted"].to_numpy(float) >= 0.5) != (observed == 1), float)


def _misordered(predictions: pd.DataFrame, kind: Kind) -> FloatArray:
    """1 - AUC as a mean over the rows of each fit: NaN where its test rows have one class only."""
    scores, hits = predictions["predicted"].to_numpy(float), predictions["observed"].to_numpy(float) > 0.5
    found = np.full(len(predictions), np.nan)
    for places in predictions.groupby([predictions[column] for column in FIT], sort=False).indices.values():
        found[places] = 1 - placements(scores[places], hits[places])
    return found


def placements(scores: FloatArray, hits: npt.NDArray[np.bool_]) -> FloatArray:
    """What each row adds to the area under the ROC curve: (n,) numbers whose mean is the area A.

    With V the share of the other class that a row is on the right side of, ties half, a row of a class with m of the n rows
    has A + n / √(m (m - 1)) (V - A), so that the variance of their mean is that of DeLong, DeLong and Clarke-Pearson (1988,
    *Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves*, Biometrics 44, equations 4 to
    6); the only row of its class, which tells nothing of that variance, has A. V comes from ranks (Sun and Xu 2014, *Fast
    Implementation of DeLong's Algorithm*, IEEE Signal Process. Lett. 21, eq. 12).
    NaN where a class is missing. scores: (n,); hits: (n,) bool, the class whose scores should be high.
    """
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


def _null(observed: pd.Series, kind: Kind) -> pd.Series:
    """Loss of each row with the constant that has the least on these rows."""
    y = observed.to_numpy(float)
    mean = float(y.mean())
    if kind is Kind.CONTINUOUS:
        found = (y - mean) ** 2
    elif kind is Kind.COUNT:
        found = special.xlogy(y, y / mean) - (y - mean) if mean > 0 else np.zeros(len(y))
    else:
        found = -np.log(observed.map(observed.value_counts(normalize=True)).to_numpy(float))
    return pd.Series(found, observed.index)


def _brier_null(observed: pd.Series, kind: Kind) -> float:
    """Brier score of the constant that has the least: of two classes p (1 - p), of more summed over them."""
    both = 1 - float((observed.value_counts(normalize=True) ** 2).sum())
    return both if kind is Kind.MULTICLASS else both / 2


_ROWS: dict[str, Callable[[pd.DataFrame, Kind], FloatArray]] = {
    "r2": _squared,
    "rmse": _squared,
    "mae": _absolute,
    "auc": _misordered,
    "brier": _brier,
    "accuracy": _wrong,
}
