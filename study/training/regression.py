"""A regression's trial: one path of penalties on every inner fold, with whatever terms its
hyperparameters give weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.terms import MOST_CELLS, Terms, make_terms, no_terms
from study.families import HEADS, Family, get_family
from study.families.heads import FloatArray
from study.formatting import given, unique
from study.records.trial import ReplicateRecord, TrialRecord
from study.schema import REGRESSIONS, TERMS, Kind, Search, TrialState, derive_seed
from study.training.columns import Columns, Regression, Weights
from study.training.path import Directions, Point, walk
from study.training.task import TrainingFailed, TrainingTask, TrialTask

PATIENCE = 4
"""Penalties in a row without less mean validation loss after which weaker ones are not tried, once
one has brought less."""
EXACT = 1e-7
"""Tolerance of a fit that is kept, and"""
ROUGH = 1e-3
"""of one that is only ranked."""


@lru_cache(maxsize=4)
def all_terms(encoded: Encoded) -> Terms:
    """Terms of an outer fold, which its trials share; those of several, since a worker goes from
    one to the other.
    """
    return make_terms(encoded)


def terms_of(encoded: Encoded, weights: Weights) -> Terms:
    """Terms that weights of products and curves leave; the columns alone where both are 0."""
    _, products, curves = (weight > 0 for weight in weights)
    return all_terms(encoded).only(products, curves) if products or curves else no_terms(encoded)


def has_terms(family: Family) -> bool:
    """Whether any of a family's first trials has products or curves."""
    return any(any(family.weights(family.start() | dict(own))[1:]) for own in family.first())


def enough(kind: Kind, number: int, place: int) -> bool:
    """Whether a path may end at the penalty of a number, the best so far at `place`.

    It may not before one was better than the strongest, which hardly fits anything; least squares
    costs nothing to go on.
    """
    return kind is not Kind.CONTINUOUS and 0 < place <= number - PATIENCE


def thinned(encoded: Encoded, terms: Terms, rows: IntArray, seed: int) -> IntArray:
    """As many of some rows as a search is made by, drawn at random; every class stays among them."""
    return encoded.drawn(rows, MOST_CELLS, sum(terms.sizes), seed)


@dataclass(eq=False)
class _Fold:
    """One inner fold while the path is walked: what it was fitted to, where it stands, and its
    validation rows.
    """

    columns: Columns
    directions: Directions
    points: Iterator[Point]
    along: FloatArray
    y: FloatArray
    unit: float

    def step(self) -> tuple[Point, float]:
        """The next point, and its validation loss in the target's own unit."""
        point = next(self.points)
        head = HEADS[self.columns.encoded.kind]
        eta = self.along @ point.weights + point.bias
        return point, float(head.loss(eta, self.y).mean()) * self.unit


def run_path(task: TrialTask, encoded: Encoded) -> TrialRecord:
    """Fit a regression on every inner fold for each of the task's penalties; the best mean
    validation loss is its record.

    The folds walk the path together, from the strongest penalty, and stop where PATIENCE penalties
    have brought nothing, or where a loss is no longer finite. Of a table of more than MOST_CELLS
    the training and validation rows are drawn, the same for all trials of a search. One thread.

    Raises
    ------
    TrainingFailed
        The loss under the strongest penalty is not finite.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        family = get_family(task.search.family)
        folds, losses, place, best = walked(task, encoded)
        fits = [
            fold.columns.original(fold.directions, point)
            for fold, (point, _) in zip(folds, best, strict=True)
        ]
        train_loss = [
            float(fit.loss(encoded, fold.columns.rows).mean())
            for fit, fold in zip(fits, folds, strict=True)
        ]
    by_fold = np.array([loss for _, loss in best])
    return task.record(
        params=task.params | ({family.path: task.penalties[place]} if family.path else {}),
        state=TrialState.COMPLETE,
        val_loss=losses[place],
        val_loss_se=float(by_fold.std(ddof=1) / len(by_fold) ** 0.5),
        train_loss=float(np.mean(train_loss)),
        n_parameters=int((folds[0].columns.weight > 0).sum() + 1) * encoded.n_outputs,
        n_replicates=len(folds),
        replicates=tuple(
            ReplicateRecord(
                inner_fold=e,
                seed=0,
                val_loss=loss,
                train_loss=train_loss[e],
                best_epoch=None,
                n_epochs=None,
                converged=point.converged,
            )
            for e, (point, loss) in enumerate(best)
        ),
        coefficients={}
        if task.search.family == TERMS
        else mean_coefficients(encoded, fits, family.inputs),
        path={"l2": list(task.penalties[: len(losses)]), "val_loss": losses} if family.path else {},
    )


class Walked(NamedTuple):
    """A path that was walked: its inner folds, the mean validation loss at each penalty, which of
    them is the least, and every fold's point and loss there."""

    folds: list[_Fold]
    losses: list[float]
    place: int
    best: list[tuple[Point, float]]


def walked(task: TrainingTask, encoded: Encoded) -> Walked:
    """Walk the task's penalties on every inner fold; one thread is the caller's matter. Raises as
    `run_path`.
    """
    family = get_family(task.search.family)
    weights = family.weights(task.params)
    terms = terms_of(encoded, weights)
    every = all_terms(encoded) if has_terms(family) else terms
    seed = derive_seed(task.seed, "path", encoded.target, encoded.outer_fold)
    folds = []
    for encoder, sets in enumerate(zip(encoded.train, encoded.validation, strict=True)):
        train, validation = (thinned(encoded, every, rows, seed) for rows in sets)
        columns = Columns.of(encoded, encoder, terms, weights, train)
        directions = columns.directions()
        along = columns.whole(validation) @ directions.back
        path = path_of(columns, directions, task, task.penalties, ROUGH)
        unit = float(encoded.y_scale[encoder] ** 2)
        folds.append(_Fold(columns, directions, path, along, columns.target(validation), unit))
    losses: list[float] = []
    best: list[tuple[Point, float]] = []
    place = 0
    for number in range(len(task.penalties)):
        points = [fold.step() for fold in folds]
        loss = float(np.mean([loss for _, loss in points]))
        if not np.isfinite(loss):
            if best:
                break
            raise TrainingFailed(
                f"the validation loss is not finite with l2 {given(task.penalties[number])}"
            )
        losses.append(loss)
        if not best or loss < losses[place]:
            best, place = points, number
        elif enough(encoded.kind, number, place):
            break
    return Walked(folds, losses, place, best)


@lru_cache(maxsize=4)
def inner_regressions(
    encoded: Encoded, seed: int, penalties: tuple[float, ...], iterations: int
) -> tuple[Regression, ...]:
    """The plain regression of each inner fold, under the penalty of least mean validation loss:
    what networks start as. One thread. Raises as `run_path`.
    """
    from threadpoolctl import threadpool_limits

    search = Search(
        target=encoded.target,
        kind=encoded.kind,
        family=REGRESSIONS[encoded.kind],
        depth=0,
        outer_fold=encoded.outer_fold,
    )
    task = TrainingTask(
        study="",
        seed=seed,
        search=search,
        number=0,
        generation=0,
        params={},
        inner_seeds=1,
        epochs=1,
        patience=1,
        iterations=iterations,
        penalties=penalties,
    )
    with threadpool_limits(1):
        found = walked(task, encoded)
        return tuple(
            fold.columns.original(fold.directions, point)
            for fold, (point, _) in zip(found.folds, found.best, strict=True)
        )


def path_of(
    columns: Columns,
    directions: Directions,
    task: TrainingTask,
    penalties: Sequence[float],
    tolerance: float,
) -> Iterator[Point]:
    """The path of some penalties over columns and their directions."""
    encoded, y = columns.encoded, columns.target(columns.rows)
    head, n = HEADS[encoded.kind], encoded.n_outputs
    return walk(directions, y, head, n, penalties, task.iterations, tolerance)


def fit(
    task: TrainingTask,
    encoded: Encoded,
    encoder: int,
    rows: IntArray,
    params: dict[str, object] | None = None,
) -> tuple[Regression, bool]:
    """The regression of a task's hyperparameters, or others, fitted on some rows, all of them; and
    whether it arrived.
    """
    family = get_family(task.search.family)
    params = task.params if params is None else params
    weights = family.weights(params)
    columns = Columns.of(encoded, encoder, terms_of(encoded, weights), weights, rows)
    directions, l2 = columns.directions(), float(params.get(family.path or "", 0.0))  # type: ignore[arg-type]
    (point,) = path_of(columns, directions, task, [l2], EXACT)
    return columns.original(directions, point).smeared(encoded, rows), point.converged


def mean_coefficients(
    encoded: Encoded, fits: Sequence[Regression], inputs: bool
) -> dict[str, float]:
    """Columns `coef_<term>` and `intercept`, the mean over the inner folds, with `:<class>` where
    there are several outputs.

    inputs: whether there are any beside the intercept.
    """
    outputs = [f":{name}" for name in encoded.classes] if encoded.n_outputs > 1 else [""]
    kernel, bias = (
        np.mean([getattr(fit, name) for fit in fits], axis=0) for name in ("kernel", "bias")
    )
    terms = encoded.terms if inputs else ()
    names = unique(f"coef_{term.name}{output}" for output in outputs for term in terms)
    columns = dict(zip(names, kernel[: len(terms)].T.ravel().tolist(), strict=True))
    return columns | {f"intercept{output}": float(bias[o]) for o, output in enumerate(outputs)}
