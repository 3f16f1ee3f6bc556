"""A fold's model asked column by column on test rows: partial dependence and permuted columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from study.data.encoding import Encoded
from study.data.rows import IntArray, drawn
from study.formatting import significant
from study.records.inspection import Axis, ColumnSort, Effect, Inspection, Rise
from study.records.numbers import Numbers
from study.schema import ALL_ROWS, Kind, derive_seed

FloatArray = npt.NDArray[np.float64]
Answer = Callable[[FloatArray], FloatArray]
"""Raw rows (n, n_terms) to the responses of a model's replicates, (n_replicates, n, n_outputs);
their mean is judged."""
Loss = Callable[[FloatArray, FloatArray], FloatArray]
"""Responses (n,) or (n, n_classes) and target (n,) to the loss of each row."""
Change = tuple[list[int], npt.ArrayLike]
"""Places of terms in raw rows, and the cells that stand there instead, (n_places,) or (n,
n_places)."""

MOST_COLUMNS = 10
"""Columns that are asked about; of a wider table those that lead (`leading`)."""
POINTS, LEVELS = 9, 12
"""Points of a number, and levels of a category, at most."""
AVERAGED = 50
"""Test rows over which an effect is averaged."""
PERMUTED, ANSWERS = 200, 400
"""Test rows whose cells are permuted, and about how many rows are asked for a column: fewer rows
are permuted more often."""
MOST_CLASSES, MOST_REPLICATES = 6, 5
"""Classes, the commonest, of which effects are kept, and replicates."""
RANKED, TREES_GROWN, TRIED = 2_000, 25, 100
"""Development rows, trees, and columns tried at each split, by which columns are found to lead."""
SEEN = 50_000
"""Rows of the table that the points and shares of a column are of."""
CELLS = 1_000_000
"""Cells that a model is asked about at a time."""
DIGITS = 6
"""Digits of what it answers: what a curve needs, in a third of the text."""


def probe(encoded: Encoded, answer: Answer, loss: Loss, effects: bool = True) -> Inspection | None:
    """Ask a model about columns of the table, on test rows drawn alike for every model of a target
    and outer fold.

    Cost: some 10,000 rows of answers at most, whatever the table. effects: whether more than
    permuted columns is asked about. None on all rows, of which none is tested, and where an answer
    is not finite.
    """
    if encoded.outer_fold == ALL_ROWS or not len(encoded.test):
        return None
    columns = leading(encoded)
    classes = _classes(encoded)
    with np.errstate(invalid="ignore", over="ignore"):
        found = Inspection(
            outputs=tuple(encoded.classes[k] for k in classes) or ("",),
            effects=_effects(encoded, answer, columns, classes) if effects else (),
            **_permuted(encoded, answer, loss, columns),
        )
        numbers = [np.asarray(each.curves).sum() for each in found.effects] + [
            each.rise for each in found.rises
        ]
    return found if np.isfinite([found.loss, *numbers]).all() else None


@lru_cache(maxsize=4)
def leading(encoded: Encoded) -> tuple[str, ...]:
    """Columns in the order of how much randomised trees of development rows make of them, at most
    MOST_COLUMNS.

    Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) see what matters only beside
    another column, too. Of more terms than TRIED a split sees a part, and may never see the one
    that matters: then every other column is the next by correlation with the target. All models of
    a target and outer fold are asked about the same columns.
    """
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from sklearn.feature_selection import r_regression

    seed = derive_seed(0, "leading", encoded.target, encoded.outer_fold)
    size = max(1, min(RANKED, 4_000_000 // len(encoded.terms)))
    rows = drawn(encoded.development, encoded.y if encoded.classes else None, size, seed)
    y = np.log1p(encoded.y[rows]) if encoded.kind is Kind.COUNT else encoded.y[rows]
    sort = ExtraTreesClassifier if encoded.classes else ExtraTreesRegressor
    tried = min(TRIED, len(encoded.terms))
    trees = sort(TREES_GROWN, max_features=tried, min_samples_leaf=5, random_state=seed)
    x = encoded.x(-1, rows)
    by_trees = _ordered(encoded, trees.fit(x, y).feature_importances_)
    if len(encoded.terms) <= TRIED:
        return by_trees
    outputs = [y == code for code in np.unique(y)] if encoded.classes else [y]
    told = np.max([np.abs(r_regression(x, each)) for each in outputs], axis=0)
    both = zip(_ordered(encoded, told), by_trees, strict=True)
    return tuple(dict.fromkeys(column for pair in both for column in pair))[:MOST_COLUMNS]


def _ordered(encoded: Encoded, weights: FloatArray) -> tuple[str, ...]:
    """Columns by the sum of their terms' weights (n_terms,), at most MOST_COLUMNS."""
    total: dict[str, float] = {}
    for term, weight in zip(encoded.terms, weights, strict=True):
        total[term.column] = total.get(term.column, 0.0) + float(weight)
    return tuple(sorted(total, key=lambda column: -total[column])[:MOST_COLUMNS])


def _sample(encoded: Encoded, most: int) -> IntArray:
    return drawn(
        encoded.test, None, most, derive_seed(0, "probe", encoded.target, encoded.outer_fold)
    )


def _classes(encoded: Encoded) -> list[int]:
    """Codes of the classes of which effects are kept: the commonest, in the order of the classes;
    the second of two.
    """
    if encoded.kind is Kind.BINARY:
        return [1]
    if encoded.n_outputs == 1:
        return []
    counts = np.bincount(encoded.y.astype(np.int64), minlength=encoded.n_outputs)
    return sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())


def _places(encoded: Encoded, column: str) -> dict[str | None, int]:
    """Level, or None for the number itself, to the place of its term."""
    return {term.level: i for i, term in enumerate(encoded.terms) if term.column == column}


def axis_of(encoded: Encoded, column: str) -> tuple[Axis, FloatArray]:
    """Points of a column, with the shares of SEEN rows that are nearest to each, and the cells of
    its terms at each point.

    Numbers: POINTS quantiles between the 2nd and the 98th per cent of all rows that have a target,
    or all values where there are no more; where nearly all rows have one value, that and quantiles
    of the values. Categories: the commonest LEVELS, and what all others share with the one that
    they are compared with. A column that varies by its gaps alone has these.
    """
    places = _places(encoded, column)
    every = slice(None, None, -(-len(encoded.rows) // SEEN) or 1)
    terms = encoded.columns[list(places.values())]
    cells = encoded.matrix.values[np.ix_(encoded.rows[every], terms)] + encoded.matrix.offset[terms]
    if None not in places:
        names = [encoded.references.get(column, "given"), *map(str, places)]
        code = np.where(cells.any(axis=1), cells.argmax(axis=1) + 1, 0)
        counts = np.bincount(code, minlength=len(names))
        kept = np.sort(np.argsort(-counts, kind="stable")[:LEVELS])
        levels = tuple(names[k] for k in kept)
        return Axis(
            column=column, sort="category", levels=levels, shares=_shares(counts[kept])
        ), np.eye(len(names))[kept, 1:]
    number = list(places).index(None)
    known = cells[~np.isnan(cells[:, number]), number]
    distinct = np.unique(known)
    values = distinct if len(distinct) <= POINTS else _quantiles(known, POINTS)
    if len(values) < min(2, len(distinct)):  # nearly all rows have one value
        values = np.union1d(values, _quantiles(distinct, POINTS - 1))
    counts = np.bincount(
        np.searchsorted((values[1:] + values[:-1]) / 2, known), minlength=len(values)
    )
    states = np.zeros((len(values), len(places)))
    states[:, number] = values
    sort: ColumnSort = "date" if encoded.terms[places[None]].unit == "day" else "number"
    return Axis(
        column=column, sort=sort, values=tuple(values.tolist()), shares=_shares(counts)
    ), states


def _quantiles(known: FloatArray, points: int) -> FloatArray:
    return np.unique(np.quantile(known, np.linspace(0.02, 0.98, points), method="inverted_cdf"))


def _shares(counts: IntArray) -> tuple[float, ...]:
    return tuple(significant(counts / max(counts.sum(), 1), DIGITS).tolist())


def _responses(answer: Answer, raw: FloatArray, changes: Sequence[Change]) -> FloatArray:
    """Responses to all rows with some cells changed, (n_replicates, n_changes, n, n_outputs)."""
    size, parts = max(1, CELLS // raw.size), []
    for start in range(0, len(changes), size):
        part = changes[start : start + size]
        rows = np.repeat(raw[None], len(part), axis=0)
        for own, (places, cells) in zip(rows, part, strict=True):
            own[:, places] = cells
        found = answer(rows.reshape(-1, raw.shape[1]))
        parts.append(found.reshape(len(found), len(part), len(raw), -1))
    return np.concatenate(parts, axis=1)


def _effects(
    encoded: Encoded, answer: Answer, columns: Sequence[str], classes: list[int]
) -> tuple[Effect, ...]:
    """Partial dependence (Friedman 2001, Annals of Statistics 29, section 8.2) on each column."""
    axes = [axis_of(encoded, column) for column in columns]
    places = [list(_places(encoded, column).values()) for column in columns]
    changes = [
        (own, state) for own, (_, states) in zip(places, axes, strict=True) for state in states
    ]
    means = _responses(answer, encoded.raw(_sample(encoded, AVERAGED)), changes).mean(axis=2)
    means = means[..., classes] if means.shape[-1] > 1 else means
    every = [means.mean(axis=0, keepdims=True), means[: MOST_REPLICATES if len(means) > 1 else 0]]
    curves = significant(np.concatenate(every), DIGITS)
    parts = np.split(curves, np.cumsum([len(states) for _, states in axes])[:-1], axis=1)
    return tuple(
        Effect(axis=axis, curves=Numbers(own)) for (axis, _), own in zip(axes, parts, strict=True)
    )


def _permuted(
    encoded: Encoded, answer: Answer, loss: Loss, columns: Sequence[str]
) -> dict[str, Any]:
    """`loss`, `constant` and `rises` of Inspection (Breiman 2001, Machine Learning 45, section 10,
    on test rows).
    """
    rows = _sample(encoded, PERMUTED)
    raw = encoded.raw(rows)
    y = encoded.observed[rows]
    development = encoded.observed[encoded.development]
    units = (
        np.arange(len(rows))
        if encoded.groups is None
        else np.unique(encoded.groups[rows], return_inverse=True)[1]
    )
    rng = np.random.default_rng(derive_seed(0, "permuted", encoded.target, encoded.outer_fold))
    orders = [rng.permutation(len(rows)) for _ in range(max(2, min(15, ANSWERS // len(rows))))]

    places = {column: list(_places(encoded, column).values()) for column in columns}

    def losses(changes: Sequence[Change]) -> FloatArray:
        """Loss of each row after each change, (n_changes, n)."""
        found = _responses(answer, raw, changes).mean(axis=0)
        return np.array([loss(own if own.shape[1] > 1 else own[:, 0], y) for own in found])

    before, rises = losses([([], [])])[0], []
    after = losses([(own, raw[order][:, own]) for own in places.values() for order in orders])
    for column, each in zip(
        places, after.reshape(len(places), len(orders), -1).mean(axis=1), strict=True
    ):
        rise = each - before
        error = np.sqrt(np.square(np.bincount(units, rise - rise.mean())).sum()) / len(rows)
        size = significant([rise.mean(), error], DIGITS).tolist()
        rises.append(Rise(column=column, rise=size[0], error=size[1]))
    mean = development.mean()
    if encoded.n_outputs > 1:
        mean = np.bincount(development.astype(np.int64), minlength=encoded.n_outputs) / len(
            development
        )
    constant = loss(np.stack([mean] * len(rows)), y).mean()
    means = significant([before.mean(), constant], DIGITS).tolist()
    return {"loss": means[0], "constant": means[1], "rises": tuple(rises)}
