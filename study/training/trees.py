"""Gradient-boosted trees on the folds of a study: a line beside the verdict, never part of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray, shuffled
from study.diagnostics.probe import probe
from study.families.heads import HEADS, FloatArray
from study.records.numbers import Numbers
from study.records.paths import StudyPaths
from study.records.trees import MOST_CELLS, Trees, TreesRecord
from study.records.trial import Candidate
from study.schema import ALL_ROWS, TREES, Kind, TrialState, derive_seed

MOST_ITERATIONS = 400
"""Most boosting iterations of one fit; each adds a tree, or one a class."""
PATIENCE = 15
"""Iterations without less loss on the rows set aside before boosting stops."""
ASIDE = 0.1
"""Share of the training rows of an inner fold that is set aside to stop the boosting."""
TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
"""The one type that skops must be told to trust to load trees: scikit-learn's own."""
PREDICTED = 65_536
"""Rows that are predicted at a time."""


def score_trees(
    encoded: Encoded, name: str, seed: int, trials: int
) -> tuple[TreesRecord, dict[str, bytes]]:
    """Search, refit and score scikit-learn's histogram gradient boosting on one target and outer
    fold; gives its file too.

    The first trial has scikit-learn's own defaults, the others are drawn at random. A trial is
    fitted on the training rows of every inner fold, less a tenth that stops the boosting, and
    scored on its validation rows; the trial of least mean loss is refitted on all development rows,
    for the median of its numbers of iterations, and scored once on the test rows. A fit takes as
    many of its rows as MOST_CELLS lets it; all validation and test rows are scored. All random
    numbers follow from `seed`, target and outer fold. One thread.

    Parameters
    ----------
    encoded : one target and outer fold.
    name, seed : of the study.
    trials : how many hyperparameters are tried, one at least.
    """
    import skops.io
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    trees = Trees(target=encoded.target, kind=encoded.kind, outer_fold=encoded.outer_fold)
    root = derive_seed(seed, trees.key)
    rng = np.random.default_rng(root)
    tried = [_draw(rng, len(encoded.development), first=number == 0) for number in range(trials)]
    with threadpool_limits(1):
        searched = [_search_trial(encoded, params, root) for params in tried]
        number = int(np.argmin([loss for loss, _ in searched]))
        val_loss, iterations = searched[number]
        params = tried[number] | {"max_iter": iterations}
        model = _model(encoded, params, root)
        development = encoded.drawn(encoded.development, MOST_CELLS, len(encoded.terms), root)
        test = encoded.test
        model.fit(encoded.raw(development), encoded.observed[development])
        predicted = _predict(model, encoded, test)
        loss_of = HEADS[encoded.kind].response_loss

        def answer(raw: FloatArray) -> FloatArray:
            return trees_response(model, raw, encoded.classes).reshape(1, len(raw), -1)

        probed = probe(encoded, answer, loss_of, effects=False)
    loss = loss_of(predicted, encoded.observed[test])
    candidate = Candidate(name="refit", seed=root, predicted=Numbers(predicted), loss=Numbers(loss))
    record = trees.record(
        name,
        TrialState.COMPLETE,
        number=number,
        params=params,
        val_loss=val_loss,
        val_losses=[loss for loss, _ in searched],
        **encoded.tested,
        candidates=() if encoded.outer_fold == ALL_ROWS else (candidate,),
        probed=probed,
    )
    path = StudyPaths(Path()).fold_model(encoded.target, TREES, encoded.outer_fold)
    return record, {path.name: skops.io.dumps(model, compression=ZIP_DEFLATED)}


def _draw(rng: np.random.Generator, n_rows: int, first: bool) -> dict[str, float]:
    """Hyperparameters of one trial; a leaf holds a twentieth of the rows at most, so that small
    tables can be split.
    """
    most = max(2, min(20, n_rows // 20))
    if first:
        return {
            "learning_rate": 0.1,
            "max_leaf_nodes": 31,
            "l2_regularization": 0.0,
            "min_samples_leaf": most,
        }
    low = np.log([0.03, 4, 1e-3, 1])
    high = np.log([0.3, 64, 10, max(3, min(100, n_rows // 20))])
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
        some = encoded.drawn(train, MOST_CELLS, len(encoded.terms), own)
        fitted, aside = _set_aside(some, encoded, own)
        y = encoded.observed
        model = _model(encoded, params | {"max_iter": MOST_ITERATIONS}, seed)
        model.set_params(early_stopping=True, n_iter_no_change=PATIENCE)
        model.fit(encoded.raw(fitted), y[fitted], X_val=encoded.raw(aside), y_val=y[aside])
        losses.append(
            head.response_loss(_predict(model, encoded, validation), y[validation]).mean()
        )
        iterations.append(model.n_iter_)
    return float(np.mean(losses)), max(round(float(np.median(iterations))), 1)


def _set_aside(train: IntArray, encoded: Encoded, seed: int) -> tuple[IntArray, IntArray]:
    """Split training rows in those fitted and those that stop the boosting; every class stays among
    the fitted.
    """
    mixed = shuffled(train, encoded.y if encoded.classes else None, seed)
    n_aside = max(round(ASIDE * len(train)), 1)
    return np.sort(mixed[:-n_aside]), np.sort(mixed[-n_aside:])


def _model(encoded: Encoded, params: dict[str, float], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if encoded.classes:
        return HistGradientBoostingClassifier(**params, random_state=seed, early_stopping=False)
    loss = "poisson" if encoded.kind is Kind.COUNT else "squared_error"
    if encoded.measured is not None:  # the mean itself, by its logarithm
        loss = "gamma"
    return HistGradientBoostingRegressor(
        loss=loss, **params, random_state=seed, early_stopping=False
    )


def _predict(model: Any, encoded: Encoded, rows: IntArray) -> FloatArray:
    parts = [rows[start : start + PREDICTED] for start in range(0, len(rows), PREDICTED)] or [rows]
    return np.concatenate(
        [trees_response(model, encoded.raw(part), encoded.classes) for part in parts]
    )


def trees_response(model: Any, raw: FloatArray, classes: Sequence[str]) -> FloatArray:
    """What trees say of raw rows: values, rates or probabilities of the second class (n,), or (n,
    n_classes).

    A class never fitted has probability 0.
    """
    if not len(raw):
        return np.zeros((0, len(classes)) if len(classes) > 2 else 0)
    if not classes:
        return np.asarray(model.predict(raw), np.float64)
    shares = np.zeros((len(raw), len(classes)))
    shares[:, model.classes_.astype(int)] = model.predict_proba(raw)
    return shares if len(classes) > 2 else shares[:, -1]


def open_trees(path: Path) -> Any:
    """Saved trees from their file; nothing but scikit-learn's own parts is let in."""
    import skops.io

    return skops.io.load(path, trusted=list(TRUSTED))
