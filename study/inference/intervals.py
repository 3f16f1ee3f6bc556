"""Intervals and sets for single rows, from models that were judged on rows which they had not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.rows import IntArray
from study.evidence.winners import class_probabilities
from study.families.heads import FloatArray
from study.formatting import given_percent
from study.inference.models import Model, class_shares, judged_rows, open_saved
from study.records.results import Results
from study.schema import Kind, StudyError

CELLS = 4_000_000
"""Pairs of a new row and a scored one that are looked at at a time."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows of one repeat of the outer folds, each once, and the score that its own fold's model
    gave them.

    scores, folds, weights: (n,): how badly the row was predicted, which model did, and what the row
    counts: 1, or one over the rows of its group, so that each group counts once. units: rows, or
    groups.
    """

    scores: FloatArray
    folds: IntArray
    weights: FloatArray
    units: int

    @classmethod
    def of(cls, scores: FloatArray, folds: IntArray, groups: IntArray | None = None) -> Scored:
        if groups is None:
            return cls(scores, folds, np.ones(len(scores)), len(scores))
        _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        return cls(scores, folds, 1 / sizes[place], len(sizes))


def symmetric(predicted: FloatArray, scored: Scored, level: float) -> FloatArray:
    """CV+ intervals (Barber, Candès, Ramdas and Tibshirani 2021, Ann. Statist. 49, eq. 1.6): low
    and high, (2, n_rows).

    predicted: (n_folds, n_rows), what each fold's model says of new rows. scores: absolute
    residuals. The low end is the largest that at most alpha (n + 1) of mu_k(i)(x) - R_i lie below,
    the high end likewise; infinite where rows are too few. With one fold it is the split-conformal
    interval.
    """
    ends = np.empty((2, predicted.shape[1]))
    beyond = (1 - level) * (scored.units + 1) + 1e-9
    for part in _parts(predicted.shape[1], len(scored.scores)):
        centre = predicted[scored.folds, part].T
        for end, sign in enumerate((-1, 1)):
            ends[end, part] = -sign * _outermost(
                -sign * (centre + sign * scored.scores), scored, beyond
            )
    return ends


def _outermost(values: FloatArray, scored: Scored, beyond: float) -> FloatArray:
    """The last of each row's ascending values (n_rows, n_scored) below which at most `beyond` of
    weight lies; -inf for none.

    The new row, or its group, is below them all and weighs 1.
    """
    if scored.units == len(scored.scores):  # all weigh the same
        place = int(beyond) - 1
        return (
            np.partition(values, place, axis=1)[:, place]
            if place >= 0
            else np.full(len(values), -np.inf)
        )
    order = np.argsort(values, axis=1, kind="stable")
    weights = scored.weights[order]
    places = (np.cumsum(weights, axis=1) - weights <= beyond - 1).sum(axis=1) - 1
    found = np.take_along_axis(
        values, np.take_along_axis(order, np.maximum(places, 0)[:, None], axis=1), axis=1
    )[:, 0]
    return np.where(places >= 0, found, -np.inf)


def sets(shares: FloatArray, scored: Scored, level: float) -> npt.NDArray[np.bool_]:
    """CV+ sets of classes (Romano, Sesia and Candès 2020, NeurIPS 33, eq. 10): which classes
    belong, (n_rows, n_classes).

    shares: (n_folds, n_rows, n_classes) of new rows. scores: what the class observed lacked to a
    probability of 1, as in the smallest sets (Sadinle, Lei and Wasserman 2019, JASA 114).
    """
    _, n_rows, n_classes = shares.shape
    inside = np.zeros((n_rows, n_classes), bool)
    for part in _parts(n_rows, len(scored.scores)):
        for c in range(n_classes):
            below = scored.scores[:, None] < 1 - shares[scored.folds, part, c]
            inside[part, c] = scored.weights @ below < level * (scored.units + 1)
    return inside


def _parts(n_rows: int, n_scored: int) -> list[slice]:
    size = max(1, CELLS // max(1, n_scored))
    return [slice(start, start + size) for start in range(0, n_rows, size)]


def interval_columns(
    results: Results, saved: Model, frame: pd.DataFrame, said_of: FloatArray, level: float
) -> tuple[dict[str, pd.Series], list[str]]:
    """Columns `low` and `high`, or `set` (classes, the likeliest first) for rows, and what is to be
    known of them.

    said_of: what `saved` predicts of them, (n_rows,) or (n_rows, n_classes). An interval or set
    that does not hold it is widened until it does. They come from the models of the outer folds of
    the first repeat, one split's where there is one; whole numbers for counts.

    Raises
    ------
    StudyError
        `level` is no share, or the folds' models were removed.
    """
    if not 0 < level < 1:
        raise StudyError(
            f"Interval level {level:g} is not between 0 and 1. Give a share of rows, such as 0.9."
        )
    if results.config.time is not None:
        return {}, ["Rows are in time order, so intervals have no guarantee. None is given."]
    target, kind = saved.reader.target, saved.reader.kind
    folds = range(1 if results.config.protocol == "holdout" else results.config.outer.folds)
    models = [open_saved(results, target, saved.name, fold) for fold in folds]
    judged = [
        judged_rows(results, target, saved.name, fold).drop_duplicates("row") for fold in folds
    ]
    own = np.repeat(np.arange(len(folds)), [len(rows) for rows in judged])
    rows = pd.concat(judged, ignore_index=True)
    groups = rows["group"].to_numpy() if results.data.groups is not None else None
    observed = rows["observed"].to_numpy(float)
    predicted = np.stack([model.response(model.reader.read(frame).values) for model in models])
    units = len(rows) if groups is None else len(np.unique(groups))
    numbers = kind in {Kind.CONTINUOUS, Kind.COUNT}
    said = guarantee_words(level, len(folds), groups is not None, units, numbers)
    if numbers:
        scale, back = (np.log, np.exp) if saved.reader.logged else (np.asarray, np.asarray)
        residuals = scale(observed) - scale(rows["predicted"].to_numpy(float))
        scored = Scored.of(np.abs(residuals), own, groups)
        low, high = map(back, symmetric(scale(predicted), scored, level))
        if kind is Kind.COUNT:
            low, high = np.maximum(np.ceil(low), 0), np.floor(high)
        low, high = np.minimum(low, said_of), np.maximum(high, said_of)
        if kind is Kind.COUNT:  # whole numbers about what is predicted, too
            low, high = np.floor(low), np.ceil(high)
        return {"low": pd.Series(low), "high": pd.Series(high)}, [said]
    told = class_probabilities(rows) if kind is Kind.MULTICLASS else rows["predicted"]
    shares = class_shares(told.to_numpy(float))
    scored = Scored.of(
        1 - np.take_along_axis(shares, observed.astype(np.int64)[:, None], axis=1)[:, 0],
        own,
        groups,
    )
    new = np.stack([class_shares(each) for each in predicted])
    inside = sets(new, scored, level)
    inside[np.arange(len(inside)), class_shares(said_of).argmax(axis=1)] = True
    return {
        "set": pd.Series(_listed(inside, new.mean(axis=0), saved.reader.classes), dtype="str")
    }, [said]


def guarantee_words(
    level: float, n_folds: int, grouped: bool, units: int, numbers: bool = True
) -> str:
    """What is known of how many rows the intervals hold, or the sets of classes where a target is
    no number.
    """
    share = given_percent(level)
    noun = "groups" if grouped else "rows"
    name = "Intervals" if numbers else "Sets of classes"
    if n_folds == 1:
        said = f"{name} come from the model of the one split and its {units:,} tested {noun} (split conformal): of new "
        said += f"{noun} like the study's at least {share} lie inside."
    else:
        least = max(0.0, 2 * level - 1)
        said = f"{name} come from the models of {n_folds} outer folds and their {units:,} tested {noun} (CV+): of new {noun} "
        said += f"like the study's about {share} lie inside in practice, at least about {given_percent(least)} for certain."
    if grouped:
        said += " Whole groups were left out, and each counts once."
    if math.ceil(level * (units + 1) - 1e-9) > units:
        every = "the intervals are infinite" if numbers else "the sets hold all classes"
        said += f" {units:,} {noun} are too few for {share}: {every}."
    return said


def _listed(
    inside: npt.NDArray[np.bool_], shares: FloatArray, classes: tuple[str, ...]
) -> list[str]:
    """Classes of each row's set, the likeliest first, with commas between."""
    order = np.argsort(-shares, axis=1, kind="stable")
    return [
        ", ".join(classes[c] for c in own if row[c]) for row, own in zip(inside, order, strict=True)
    ]
