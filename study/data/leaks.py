"""Features that predict the target alone: the trap that makes every model look perfect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from study.data.rows import shuffled
from study.evidence.warnings.limits import LEAK, ORDERED
from study.formatting import some
from study.schema import StudyWarning, Target

FloatArray = npt.NDArray[np.float64]
MOST_ROWS = 3_000
"""Rows that are looked at: enough to know 0.99 from 0.98."""
FEWEST = 20
"""Filled cells below which a column is no evidence."""
OFTEN = 10
"""Rows of a value, on average, from which on it is no luck that they all have one class."""
FOLDS = 5


def leaks(
    frame: pd.DataFrame,
    features: Collection[str],
    targets: Sequence[Target],
    ids: Mapping[str, pd.Series[Any]],
) -> list[StudyWarning]:
    """S006 for every target that a feature predicts alone, or that numbers of rows do.

    The score is R² (`explained`), or for classes the AUC (`area`), of the rows whose cell is
    filled. That a cell is empty counts as a feature too. ids: whole numbers that count or name the
    rows, left out or not.
    """
    found = []
    for target in targets:
        best = sorted(
            (-score, name)
            for name, score in _scores(frame, features, target, ids)
            if score > (ORDERED if name in ids else LEAK)
        )
        if best:
            unit = "AUC" if target.classes else "R²"
            named = [f"{name!r} ({unit} {-score:.3f})" for score, name in best]
            found.append(
                StudyWarning(
                    id="S006",
                    target=target.name,
                    text=f"One column alone predicts {target.name!r}: {some(named)}.",
                    todo="Add it to data.drop if it is not known when you predict."
                    + " If it numbers rows in time, set `time`." * (best[0][1] in ids),
                )
            )
    return found


def _scores(
    frame: pd.DataFrame,
    features: Collection[str],
    target: Target,
    ids: Mapping[str, pd.Series[Any]],
) -> Iterator[tuple[str, float]]:
    """By column the score on rows drawn that have a target; rows that but for ids are copies are
    one.
    """
    rows = shuffled(np.flatnonzero(frame[target.name].notna()), None, 0)[:MOST_ROWS]
    names = [target.name, *(name for name in features if name not in ids)]
    own = frame.iloc[rows][names].drop_duplicates().assign(**ids)
    y = own.pop(target.name)
    empty = own.isna()
    gaps = empty.loc[:, empty.any()].astype(float).add_suffix("[missing]")
    for name, column in chain(own.items(), gaps.items()):
        filled = column.notna().to_numpy()
        if filled.sum() >= FEWEST:
            x, observed = (
                np.asarray(cells if cells.dtype == float else cells.rank(method="dense"))[filled]
                for cells in (column, y)
            )
            yield str(name), (area if target.classes else explained)(x, observed)


def explained(x: FloatArray, y: FloatArray) -> float:
    """R² of the best function of x, however it bends: 1 less the variance of the noise over that
    of y.

    The noise is what a line between the neighbours of a row leaves, which the row itself does not
    change (Gasser, Sroka and Jennen-Steinmetz 1986, *Residual variance and residual pattern in
    nonlinear regression*). x, y: (n_rows,) in random order; levels as their rank.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    left = (x[2:] - x[1:-1] + 1e-300) / (x[2:] - x[:-2] + 2e-300)  # half, of equal values
    away = left * y[:-2] + (1 - left) * y[2:] - y[1:-1]
    spread = y[1:-1].var()
    noise = (away**2 / (left**2 + (1 - left) ** 2 + 1)).mean()
    return float(1 - noise / spread) if spread > 0 else 0.0


def area(x: FloatArray, classes: FloatArray) -> float:
    """Mean AUC over classes, each against the rest: of x itself, or of its class's share among
    rows of like x in other folds, whichever is better.

    Like are rows of one value, or OFTEN neighbours. x, classes: (n_rows,) in random order.
    """
    place, bins = rankdata(x), max(1, len(x) // OFTEN)
    cell = ((place - 0.5) * bins // len(x)).astype(int) * FOLDS + np.arange(len(x)) % FOLDS
    sizes = _elsewhere(np.bincount(cell, minlength=bins * FOLDS))
    names = np.unique(classes)
    areas = []
    for name in names[len(names) <= 2 :]:
        own = classes == name
        rate = (_elsewhere(np.bincount(cell, own, bins * FOLDS)) + own.mean()) / (sizes + 1)
        plain = _auc(place, own)
        areas.append(max(plain, 1 - plain, _auc(rankdata(rate[cell]), own)))
        if len(areas) - sum(areas) > (1 - ORDERED) * len(names):
            break
    return sum(areas) / max(len(areas), 1)


def _elsewhere(counts: npt.NDArray[Any]) -> FloatArray:
    """Of counts in cells (bin, fold) those of the same bin in other folds."""
    folds = counts.reshape(-1, FOLDS)
    others: FloatArray = folds.sum(1, keepdims=True) - folds
    return others.ravel()


def _auc(ranks: FloatArray, own: npt.NDArray[np.bool_]) -> float:
    n = own.sum()
    return float((ranks[own].mean() - (n + 1) / 2) / (len(own) - n))
