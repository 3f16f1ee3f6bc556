"""Gradient-boosted trees on the folds of a study: a line beside the verdict, never part of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from study.data.encoding import Encoded
from study.data.splits import IntArray
from study.families.heads import HEADS, FloatArray
from study.numbers import Numbers
from study.records.trees import MOST_CELLS, Trees, TreesRecord
from study.schema import Candidate, Kind, TrialState
from study.seeds import derive_seed

MOST_ITERATIONS = 400
"""Most boosting iterations of one fit; each adds a tree, or one a class."""
PATIENCE = 15
"""Iterations without less loss on the rows set aside before boosting stops."""
ASIDE = 0.1
"""Share of the training rows of an inner fold that is set aside to stop the boosting."""
PREDICTED = 65_536
"""Rows that are predicted at a time."""


def score_trees(encoded: Encoded, name: str, seed: int, trials: int) -> TreesRecord:
    """Search, refit and score scikit-learn's histogram gradient boosting on one target and outer fold.

    The first trial has scikit-learn's own defaults, the others are drawn at random. A trial is fitted on the training rows of
    every inner fold, less a tenth that stops the boosting, and scored on its validation rows; the trial of least mean loss
    is refitted on all development rows, for the median of its numbers of iterations, and scored once on the test rows. A fit
    takes as many of its rows as MOST_CELLS lets it; all validation and test rows are scored. All random numbers follow from
    `seed`, target and outer fold. One thread.

    Parameters
    ----------
    encoded : one target and outer fold; encoder e encodes the rows of inner fold e, the last one those of the refit.
    name, seed : of the study.
    trials : how many hyperparameters are tried.

    Raises
    ------
    ValueError
        `trials` is below 1.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if trials < 1:
        raise ValueError(f"A search needs a trial, but trials is {trials}.")
    trees = Trees(target=encoded.target, kind=encoded.kind, outer_fold=encoded.outer_fold)
    root = derive_seed(seed, trees.key)
    rng = np.random.default_rng(root)
    tried = [_draw(rng, len(encoded.development), first=number == 0) for number in range(trials)]
    with threadpool_limits(1):
        searched = [_search_trial(encoded, params, root) for params in tried]
        number = int(np.argmin([loss for loss, _ in searched]))
        val_loss, iterations = searched[number]
        params = tried[number] | {"max_iter": iterations}
        model = _model(encoded.kind, params, root)
        development, test = _drawn(encoded.development, encoded, root), encoded.test
        model.fit(encoded.x(-1, development), encoded.y[development])
        predicted = _predict(model, encoded, -1, test)
    observed = encoded.y[test]
    loss = HEADS[encoded.kind].response_loss(predicted, observed)
    return trees.record(
        name,
        TrialState.COMPLETE,
        number=number,
        params=params,
        val_loss=val_loss,
        val_losses=[loss for loss, _ in searched],
        rows=encoded.rows[test].tolist(),
        observed=observed.tolist(),
        candidates=(Candidate(name="refit", seed=root, predicted=Numbers(predicted), loss=Numbers(loss)),),
        groups=[] if encoded.groups is None else encoded.groups[test].tolist(),
    )


def _draw(rng: np.random.Generator, n_rows: int, first: bool) -> dict[str, float]:
    """Hyperparameters of one trial; a leaf holds a twentieth of the rows at most, so that small tables can be split."""
    most = max(2, min(20, n_rows // 20))
    if first:
        return {"learning_rate": 0.1, "max_leaf_nodes": 31, "l2_regularization": 0.0, "min_samples_leaf": most}
    low, high = np.log([0.03, 4, 1e-3, 1]), np.log([0.3, 64, 10, max(3, min(100, n_rows // 20))])
    rate, leaves, l2, least = np.exp(rng.uniform(low, high)).tolist()
    return {
        "learning_rate": rate,
        "max_leaf_nodes": round(leaves),
        "l2_regularization": l2,
        "min_samples_leaf": max(round(least), 1),
    }


def _search_trial(encoded: Encoded, params: dict[str, float], seed: int) -> tuple[float, int]:
    """Mean validation loss over the inner folds, and the median number of iterations."""
    head = HEADS[encoded.kind]
    losses, iterations = [], []
    for fold, (train, validation) in enumerate(zip(encoded.train, encoded.validation, strict=True)):
        own = derive_seed(seed, fold)
        fitted, aside = _set_aside(_drawn(train, encoded, own), encoded, own)
        y = encoded.y
        model = _model(encoded.kind, params | {"max_iter": MOST_ITERATIONS}, seed)
        model.set_params(early_stopping=True, n_iter_no_change=PATIENCE)
        model.fit(encoded.x(fold, fitted), y[fitted], X_val=encoded.x(fold, aside), y_val=y[aside])
        losses.append(head.response_loss(_predict(model, encoded, fold, validation), y[validation]).mean())
        iterations.append(model.n_iter_)
    return float(np.mean(losses)), max(round(float(np.median(iterations))), 1)


def _drawn(rows: IntArray, encoded: Encoded, seed: int) -> IntArray:
    """As many of the rows as trees are fitted on, ascending; every class stays among them."""
    most = max(1, MOST_CELLS // len(encoded.terms))
    return rows if len(rows) <= most else np.sort(shuffled(rows, encoded, seed)[:most])


def _set_aside(train: IntArray, encoded: Encoded, seed: int) -> tuple[IntArray, IntArray]:
    """Split training rows in those fitted and those that stop the boosting; every class stays among the fitted."""
    mixed, n_aside = shuffled(train, encoded, seed), max(round(ASIDE * len(train)), 1)
    return np.sort(mixed[:-n_aside]), np.sort(mixed[-n_aside:])


def shuffled(rows: IntArray, encoded: Encoded, seed: int) -> IntArray:
    """Rows in random order, but one of each class first."""
    mixed = np.random.default_rng(seed).permutation(rows)
    if encoded.classes:
        _, first = np.unique(encoded.y[mixed], return_index=True)
        mixed = np.concatenate([mixed[first], np.delete(mixed, first)])
    return mixed


def _model(kind: Kind, params: dict[str, float], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if kind in (Kind.BINARY, Kind.MULTICLASS):
        return HistGradientBoostingClassifier(**params, random_state=seed, early_stopping=False)
    loss = "poisson" if kind is Kind.COUNT else "squared_error"
    return HistGradientBoostingRegressor(loss=loss, **params, random_state=seed, early_stopping=False)


def _predict(model: Any, encoded: Encoded, encoder: int, rows: IntArray) -> FloatArray:
    """Values, rates or probabilities of the second class (n,), or (n, n_classes); a class never fitted has probability 0."""
    shares = np.zeros((len(rows), len(encoded.classes) or 1))
    places = model.classes_.astype(int) if encoded.classes else [0]
    for start in range(0, len(rows), PREDICTED):
        part = slice(start, start + PREDICTED)
        x = encoded.x(encoder, rows[part])
        shares[part, places] = model.predict_proba(x) if encoded.classes else model.predict(x)[:, None]
    return shares if encoded.n_outputs > 1 else shares[:, -1]
