"""The simple formula: a lasso over terms on what the plain regression leaves, and the few that it
chooses fitted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray
from study.data.terms import no_terms
from study.families import HEADS, get_family, penalties, resolve_space
from study.families.heads import FloatArray
from study.records.formula import FormulaRecord
from study.records.paths import StudyPaths
from study.schema import REGRESSIONS, Kind, TrialState, derive_seed
from study.training.columns import Columns, Regression, head_of
from study.training.formula_fold import Option, _Fold
from study.training.lasso import strongest
from study.training.path import walk
from study.training.regression import EXACT, ROUGH, all_terms, enough, thinned
from study.training.regression_winner import term_rows
from study.training.scored import judged
from study.training.task import FoldTask, TrainingFailed

MOST_TERMS = 25
"""Most terms of a simple formula."""
STEPS, WEAKEST = 30, 1e-2
"""Penalties of the lasso, evenly spread from the one at which no term is chosen, and the weakest as
a share of that."""
WAIT = 8
"""Penalties in a row without less validation loss after which weaker ones are not tried."""
TIE = 1.0
"""Standard errors of a paired difference within which fewer terms are as good (Breiman et al. 1984,
section 3.4.3)."""
NOTHING = 1e-12
"""Share of the plain regression's loss below which a difference may be rounding and is a tie."""
FITTED_L2 = {Kind.CONTINUOUS: 0.0}
"""Penalty beside the plain regression's own under which chosen terms are fitted: none, but for"""
LEAST_L2 = 1e-3
"""what keeps separated classes apart."""


def run_formula(task: FoldTask, encoded: Encoded) -> tuple[FormulaRecord, dict[str, bytes]]:
    """Find, fit and score the simple formula of a target and outer fold; gives its record and the
    file of its model.

    What the plain regression leaves, under its own best penalty on the inner folds, is given to a
    lasso over all products and hinges, each made orthogonal to the columns
    (`study.training.lasso`). At every penalty the chosen terms, MOST_TERMS at most, are fitted
    again together with the columns, with the plain regression's penalty and with next to none, and
    their weights mixed with the lasso's (SHARES; relaxed lasso, Meinshausen 2007, Computational
    Statistics & Data Analysis 52, and Hastie, Tibshirani and Tibshirani 2020, Statistical Science
    35, eq. 3). The mean validation loss over the inner folds decides; of what is within TIE
    standard errors of the best, the fewest terms. No term is the plain regression. Long tables are
    drawn as in the search of the regression with terms; the formula's weights are fitted on all
    development rows. One thread, float64.

    Raises
    ------
    TrainingFailed
        A loss is not finite.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from study.families.saved import model_bytes
    from study.training.termed import term_model

    with threadpool_limits(1):
        own, found = _search(task, encoded)
        own = own.smeared(encoded, encoded.development)
        model = term_model(own, head_of(encoded))
        scored = judged("refit", 0, model, encoded)
    record = task.work.record(
        task.study,
        TrialState.COMPLETE,
        **found,
        terms=term_rows(own, encoded),
        candidates=scored,
        **encoded.tested,
    )
    assert isinstance(record, FormulaRecord)
    name = StudyPaths(Path()).fold_model(encoded.target, task.work.sort, encoded.outer_fold).name
    return record, {name: model_bytes(model)}


def _search(task: FoldTask, encoded: Encoded) -> tuple[Regression, dict[str, Any]]:
    """The formula in original units, and what its record says of how it was found."""
    terms = all_terms(encoded)
    seed = derive_seed(task.seed, "path", encoded.target, encoded.outer_fold)

    def fold(encoder: int, train: IntArray, validation: IntArray) -> _Fold:
        some, tested = (thinned(encoded, terms, rows, seed) for rows in (train, validation))
        return _Fold(encoded, encoder, terms, some, tested, task.iterations)

    pairs = zip(encoded.train, encoded.validation, strict=True)
    inner = [fold(e, train, validation) for e, (train, validation) in enumerate(pairs)]
    whole = fold(-1, encoded.development, encoded.development[:0])
    family = get_family(REGRESSIONS[encoded.kind])
    path = penalties(family, resolve_space(family, min(map(len, encoded.train)), task.override))
    l2, plain = _plain(inner, path)
    for each in (whole, *inner):
        each.begin(l2)
    ridges = sorted({l2, FITTED_L2.get(encoded.kind, min(l2, LEAST_L2))}, reverse=True)
    options, losses, sizes = [Option(None, l2, 0.0)], [plain], [0]
    top = max(
        strongest(each.rest.values, each.offset, each.y, each.head) for each in (whole, *inner)
    )
    walked = {"penalty": [top], "n_terms": [0.0], "val_loss": [float(plain.mean())]}
    grid = (top * np.geomspace(1.0, WEAKEST, STEPS + 1)[1:]).tolist() if top > 0 else []
    least, waited = float(plain.mean()), 0
    for penalty, *_ in zip(grid, *(each.steps(grid) for each in (whole, *inner)), strict=False):
        if len(whole.chosen) > MOST_TERMS:
            break
        if not len(whole.chosen):
            continue  # what the inner folds choose already is no formula
        found = [each.options(ridges) for each in inner]
        means = []
        for key in found[0]:
            options.append(Option(penalty, *key))
            losses.append(_joined([each[key] for each in found]))
            sizes.append(len(whole.chosen))
            means.append(float(losses[-1].mean()))
        walked["penalty"].append(penalty)
        walked["n_terms"].append(len(whole.chosen))
        walked["val_loss"].append(min(means))
        waited = 0 if min(means) < least else waited + 1
        least = min(least, *means)
        if waited >= WAIT:
            break
    place = _simplest(losses, sizes)
    if not np.isfinite(losses[place]).all():
        raise TrainingFailed("the validation loss of the simple formula is not finite")
    best = options[place]
    kept = {
        "l2": best.l2,
        "penalty": best.penalty,
        "share": best.share,
        "val_loss": float(losses[place].mean()),
    }
    return _final(encoded, whole, best, grid, task.iterations), kept | {"path": walked}


def _plain(inner: Sequence[_Fold], path: Sequence[float]) -> tuple[float, FloatArray]:
    """The plain regression's best penalty, and its losses of the validation rows."""
    walks = [each.walk(each.columns, path, ROUGH) for each in inner]
    best: tuple[float, FloatArray] | None = None
    place = 0
    for number, (l2, *found) in enumerate(zip(path, *walks, strict=True)):
        pairs = zip(inner, found, strict=True)
        losses = _joined(
            [
                f.losses(f.tested[:, : f.n_columns] @ kernel + point.bias)
                for f, (kernel, point) in pairs
            ]
        )
        if best is None or losses.mean() < best[1].mean():
            best, place = (l2, losses), number
        elif not np.isfinite(losses).all() or enough(inner[0].encoded.kind, number, place):
            break
    assert best is not None
    return best


def _joined(losses: Sequence[FloatArray]) -> FloatArray:
    """Losses of the rows of all folds, weighted so that their mean is that of the folds' means."""
    total = sum(map(len, losses))
    return np.concatenate([own * (total / (len(losses) * len(own))) for own in losses])


def _simplest(losses: Sequence[FloatArray], sizes: Sequence[int]) -> int:
    """Of what is within TIE standard errors of the least mean loss, that of fewest terms; the
    losses of no term come first.
    """
    means = np.array([own.mean() for own in losses])
    best = losses[int(means.argmin())]
    differences = [own - best for own in losses]
    ties = [d.mean() <= max(TIE * d.std() / len(d) ** 0.5, NOTHING * means[0]) for d in differences]
    return min((i for i, tie in enumerate(ties) if tie), key=lambda i: (sizes[i], means[i]))


def _final(
    encoded: Encoded, whole: _Fold, best: Option, grid: Sequence[float], iterations: int
) -> Regression:
    """The formula fitted on all development rows, in original units."""
    if best.penalty is not None:
        for _ in zip(grid[: grid.index(best.penalty) + 1], whole.steps(grid), strict=False):
            pass
    else:
        whole.chosen = whole.chosen[:0]
    n_products = len(whole.terms.products)
    mask = np.isin(np.arange(n_products + len(whole.terms.hinges)), whole.chosen)
    terms = (
        whole.terms.only(mask[:n_products], mask[n_products:]) if mask.any() else no_terms(encoded)
    )
    columns = Columns.of(encoded, -1, terms, (1.0, 1.0, 1.0), encoded.development)
    directions = columns.directions()
    y = columns.target(encoded.development)
    (point,) = walk(
        directions, y, HEADS[encoded.kind], encoded.n_outputs, [best.l2], iterations, EXACT
    )
    fitted = columns.original(directions, point)
    if not best.share:
        return fitted
    bias, kernel = whole.shrunken()
    shrunken = whole.every.unscaled(whole.places, bias, kernel)
    mixed = [
        (1 - best.share) * a + best.share * b
        for a, b in zip((fitted.kernel, fitted.bias), shrunken, strict=True)
    ]
    return replace(fitted, kernel=mixed[0], bias=mixed[1])
