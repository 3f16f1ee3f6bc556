"""A fold's model asked column by column on test rows: partial dependence of one and of two columns, and permuted columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from study.data.encoding import Encoded
from study.data.rows import IntArray, drawn
from study.numbers import Numbers
from study.probed import Axis, Effect, Probed, Rise, Surface
from study.schema import ALL_ROWS, Kind
from study.seeds import derive_seed

FloatArray = npt.NDArray[np.float64]
Answer = Callable[[FloatArray], FloatArray]
"""Raw rows (n, n_terms) to the responses of a model's replicates, (n_replicates, n, n_outputs); their mean is judged."""
Loss = Callable[[FloatArray, FloatArray], FloatArray]
"""Responses (n,) or (n, n_classes) and target (n,) to the loss of each row."""

MOST_COLUMNS = 10
"""Columns that are asked about; of a wider table those that lead (`leading`)."""
POINTS, LEVELS = 9, 12
"""Points of a number, and levels of a category, at most."""
AVERAGED = 50
"""Test rows over which an effect is averaged."""
CROSSED, SIDE, CROSS_AVERAGED = 4, 5, 16
"""Leading columns whose pairs are asked about, points a side, and test rows over which a surface is averaged."""
PERMUTED, ANSWERS = 200, 400
"""Test rows whose cells are permuted, and about how many rows are asked for a column: fewer rows are permuted more often."""
MOST_CLASSES, MOST_REPLICATES = 6, 5
"""Classes, the commonest, of which effects are kept, and replicates."""
RANKED, TREES_GROWN, TRIED = 2_000, 25, 100
"""Development rows, trees, and columns tried at each split, by which columns are found to lead."""
SEEN = 50_000
"""Rows of the table that the points and shares of a column are of."""
CELLS = 1_000_000
"""Cells that a model is asked about at a time."""


def probe(encoded: Encoded, answer: Answer, loss: Loss, effects: bool = True) -> Probed | None:
    """Ask a model about the columns of the table, on test rows drawn alike for every model of a target and outer fold.

    Cost: some 10,000 rows of answers at most, whatever the table. effects: whether more than permuted columns is asked about.
    None on all rows, of which none is tested, and where an answer is not finite.
    """
    if encoded.outer_fold == ALL_ROWS or not len(encoded.test):
        return None
    columns, classes = leading(encoded), _classes(encoded)
    with np.errstate(invalid="ignore", over="ignore"):
        rises = _permuted(encoded, answer, loss, columns)
        asked = columns * effects
        found = Probed(
            outputs=tuple(encoded.classes[k] for k in classes) or ("",),
            effects=_effects(encoded, answer, asked, classes),
            surfaces=_surfaces(encoded, answer, list(combinations(asked[:CROSSED], 2)), classes),
            **rises,
        )
        numbers = [np.asarray(each.curves).sum() for each in found.effects] + [each.rise for each in found.rises]
        numbers += [np.asarray(each.heights).sum() for each in found.surfaces]
    return found if np.isfinite([found.loss, *numbers]).all() else None


@lru_cache(maxsize=4)
def leading(encoded: Encoded) -> tuple[str, ...]:
    """Columns in the order of how much randomised trees of development rows make of them, at most MOST_COLUMNS.

    Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) see what matters only beside another column, too. Of more
    terms than TRIED a split sees a part, and may never see the one that matters: then every other column is the next by
    correlation with the target. All models of a target and outer fold are asked about the same columns.
    """
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

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
    outputs = np.eye(int(y.max()) + 1)[y.astype(np.int64)] if encoded.classes else y[:, None]
    both = zip(_ordered(encoded, _correlations(x, outputs)), by_trees, strict=True)
    return tuple(dict.fromkeys(column for pair in both for column in pair))[:MOST_COLUMNS]


def _ordered(encoded: Encoded, weights: FloatArray) -> tuple[str, ...]:
    """Columns by the sum of their terms' weights (n_terms,), at most MOST_COLUMNS."""
    total: dict[str, float] = {}
    for term, weight in zip(encoded.terms, weights, strict=True):
        total[term.column] = total.get(term.column, 0.0) + float(weight)
    return tuple(sorted(total, key=lambda column: -total[column])[:MOST_COLUMNS])


def _correlations(x: npt.NDArray[np.floating], y: FloatArray) -> FloatArray:
    """(n_terms,) largest size of the correlation of each term (n, n_terms) with an output (n, n_outputs); 0 of constants."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    size = np.sqrt(np.outer((x**2).sum(axis=0), (y**2).sum(axis=0)))
    return np.asarray(np.abs(np.divide(x.T @ y, size, out=np.zeros(size.shape), where=size > 0)).max(axis=1))


def _sample(encoded: Encoded, most: int, *purpose: object) -> IntArray:
    seed = derive_seed(0, "probe", encoded.target, encoded.outer_fold, *purpose)
    return drawn(encoded.test, None, most, seed)


def _classes(encoded: Encoded) -> list[int]:
    """Codes of the classes of which effects are kept: the commonest, in the order of the classes; the second of two."""
    if encoded.kind is Kind.BINARY:
        return [1]
    if encoded.n_outputs == 1:
        return []
    counts = np.bincount(encoded.y.astype(np.int64), minlength=encoded.n_outputs)
    return sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())


def _places(encoded: Encoded, column: str) -> dict[str | None, int]:
    """Level, or None for the number itself, to the place of its term."""
    return {term.level: i for i, term in enumerate(encoded.terms) if term.column == column}


def axis_of(encoded: Encoded, column: str, points: int) -> tuple[Axis, IntArray, FloatArray]:
    """Points of a column, which of them each of SEEN rows is nearest to (-1: a gap), and its terms' cells at each point.

    Numbers: so many quantiles between the 2nd and the 98th per cent of all rows that have a target, or all values where
    there are no more; where nearly all rows have one value, that and quantiles of the values. Categories: the commonest levels,
    and what all others share with the one that they are compared with.
    """
    places = _places(encoded, column)
    every = slice(None, None, -(-len(encoded.rows) // SEEN) or 1)
    terms = encoded.columns[list(places.values())]
    cells = encoded.matrix.values[np.ix_(encoded.rows[every], terms)] + encoded.matrix.offset[terms]
    if column in encoded.references:
        return _levels(encoded.references[column], list(places), cells, column, points)
    if None not in places:  # it never varies but by its gaps
        levels, states = ("given", "missing"), np.eye(2)[:, 1:]
        nearest = (cells[:, 0] > 0.5).astype(np.int64)
        return Axis(column=column, sort="category", levels=levels, shares=_shares(nearest, 2)), nearest, states
    own = cells[:, list(places).index(None)]
    known = own[~np.isnan(own)]
    distinct = np.unique(known)
    values = distinct if len(distinct) <= points else _quantiles(known, points)
    if len(values) < min(2, len(distinct)):  # nearly all rows have one value
        values = np.union1d(values, _quantiles(distinct, points - 1))
    nearest = np.where(np.isnan(own), -1, np.searchsorted((values[1:] + values[:-1]) / 2, own))
    states = np.zeros((len(values), len(places)))
    states[:, list(places).index(None)] = values
    unit = encoded.terms[places[None]].unit
    shares = _shares(nearest, len(values))
    axis = Axis(column=column, sort="date" if unit == "day" else "number", values=tuple(values.tolist()), shares=shares)
    return axis, nearest, states


def _quantiles(known: FloatArray, points: int) -> FloatArray:
    return np.unique(np.quantile(known, np.linspace(0.02, 0.98, points), method="inverted_cdf"))


def _levels(
    reference: str, levels: Sequence[str | None], cells: FloatArray, column: str, points: int
) -> tuple[Axis, IntArray, FloatArray]:
    """`axis_of` a category; cells: (n, n_levels) zeros and ones, all zero for the reference and what shares its zeros."""
    names = [reference, *(str(level) for level in levels)]
    code = np.where(cells.any(axis=1), cells.argmax(axis=1) + 1, 0)
    counts = np.bincount(code, minlength=len(names))
    kept = np.sort(np.argsort(-counts, kind="stable")[:points])
    place = np.full(len(names), -1)
    place[kept] = np.arange(len(kept))
    nearest = place[code]
    states = np.vstack([np.zeros(len(levels)), np.eye(len(levels))])[kept]
    shares = _shares(nearest, len(kept))
    return Axis(column=column, sort="category", levels=tuple(names[k] for k in kept), shares=shares), nearest, states


def _shares(nearest: IntArray, n: int) -> tuple[float, ...]:
    counts = np.bincount(nearest[nearest >= 0], minlength=n)
    return tuple(_short(counts / max(counts.sum(), 1)).tolist())


def _effects(encoded: Encoded, answer: Answer, columns: Sequence[str], classes: list[int]) -> tuple[Effect, ...]:
    told = [axis_of(encoded, column, LEVELS if column in encoded.references else POINTS) for column in columns]
    places = [list(_places(encoded, column).values()) for column in columns]
    settings = [(place, state) for place, (_, _, states) in zip(places, told, strict=True) for state in states]
    means = _means(answer, encoded.raw(_sample(encoded, AVERAGED)), settings, classes) if settings else np.zeros((1, 0, 1))
    curves = _short(np.concatenate([means.mean(axis=0, keepdims=True), means[: MOST_REPLICATES if len(means) > 1 else 0]]))
    parts = np.split(curves, np.cumsum([len(states) for *_, states in told])[:-1], axis=1)
    return tuple(Effect(axis=axis, curves=Numbers(own)) for (axis, *_), own in zip(told, parts, strict=False))


def _surfaces(encoded: Encoded, answer: Answer, pairs: Sequence[tuple[str, str]], classes: list[int]) -> tuple[Surface, ...]:
    told = {column: axis_of(encoded, column, SIDE) for column in dict.fromkeys(column for pair in pairs for column in pair)}
    settings = [
        ([place for column in pair for place in _places(encoded, column).values()], np.concatenate([one, other]))
        for pair in pairs
        for one in told[pair[0]][2]
        for other in told[pair[1]][2]
    ]
    raw = encoded.raw(_sample(encoded, CROSS_AVERAGED, "crossed"))
    heights = _short(_means(answer, raw, settings, classes).mean(axis=0)) if settings else np.zeros((0, 1))
    found, start = [], 0
    for pair in pairs:
        (one, at, states), (other, beside, others) = (told[column] for column in pair)
        shape, known = (len(states), len(others)), (at >= 0) & (beside >= 0)
        size = len(states) * len(others)
        shares = np.bincount(at[known] * len(others) + beside[known], minlength=size).reshape(shape)
        own = heights[start : start + size].reshape(*shape, -1)
        found.append(Surface(axes=(one, other), shares=Numbers(_short(shares / max(shares.sum(), 1))), heights=Numbers(own)))
        start += size
    return tuple(found)


def _means(answer: Answer, raw: FloatArray, settings: Sequence[tuple[list[int], FloatArray]], classes: list[int]) -> FloatArray:
    """Mean response over rows with some cells set, (n_replicates, n_settings, n_outputs)."""
    size = max(1, CELLS // raw.size)
    if len(settings) > size:
        parts = [settings[start : start + size] for start in range(0, len(settings), size)]
        return np.concatenate([_means(answer, raw, part, classes) for part in parts], axis=1)
    rows = np.repeat(raw[None], len(settings), axis=0)
    for own, (places, state) in zip(rows, settings, strict=True):
        own[:, places] = state
    found = answer(rows.reshape(-1, raw.shape[1]))
    means = found.reshape(len(found), len(settings), len(raw), -1).mean(axis=2)
    return np.asarray(means[..., classes] if means.shape[-1] > 1 else means)


def _permuted(encoded: Encoded, answer: Answer, loss: Loss, columns: Sequence[str]) -> dict[str, Any]:
    """`loss`, `constant` and `rises` of Probed (Breiman 2001, Machine Learning 45, section 10, on test rows)."""
    rows = _sample(encoded, PERMUTED)
    raw, y, development = encoded.raw(rows), encoded.y[rows], encoded.y[encoded.development]
    units = np.arange(len(rows)) if encoded.groups is None else np.unique(encoded.groups[rows], return_inverse=True)[1]
    rng = np.random.default_rng(derive_seed(0, "permuted", encoded.target, encoded.outer_fold))
    orders = [rng.permutation(len(rows)) for _ in range(max(2, min(15, ANSWERS // len(rows))))]
    before = _losses(answer, loss, raw, y)
    order, rises = np.concatenate(orders), []
    size = max(1, CELLS // (len(order) * raw.shape[1]))
    for start in range(0, len(columns), size):
        part = columns[start : start + size]
        changed = np.tile(raw, (len(part), len(orders), 1)).reshape(len(part), len(order), -1)
        for own, column in zip(changed, part, strict=True):
            places = list(_places(encoded, column).values())
            own[:, places] = raw[order][:, places]
        after = _losses(answer, loss, changed.reshape(-1, raw.shape[1]), np.tile(y, len(part) * len(orders)))
        for column, each in zip(part, after.reshape(len(part), len(orders), -1).mean(axis=1), strict=True):
            rise = each - before
            error = np.sqrt(np.square(np.bincount(units, rise - rise.mean())).sum()) / len(rows)
            rises.append(Rise(column=column, rise=_short(rise.mean()).item(), error=_short(error).item()))
    constant = loss(_constant(encoded, development, len(rows)), y).mean()
    return {"loss": _short(before.mean()).item(), "constant": _short(constant).item(), "rises": tuple(rises)}


def _losses(answer: Answer, loss: Loss, raw: FloatArray, y: FloatArray) -> FloatArray:
    size = max(1, CELLS // raw.shape[1])
    parts = [answer(raw[start : start + size]).mean(axis=0) for start in range(0, len(raw), size)]
    found = np.concatenate(parts)
    return loss(found if found.shape[1] > 1 else found[:, 0], y)


def _constant(encoded: Encoded, development: FloatArray, n: int) -> FloatArray:
    """Response of the best constant of development rows, for n rows."""
    if encoded.n_outputs == 1:
        return np.full(n, development.mean())
    shares = np.bincount(development.astype(np.int64), minlength=encoded.n_outputs) / len(development)
    return np.tile(shares, (n, 1))


def _short(values: npt.ArrayLike) -> FloatArray:
    """Numbers of six digits: what a curve needs, in a third of the text."""
    array = np.asarray(values, np.float64)
    return np.array([float(f"{value:.6g}") for value in array.ravel()]).reshape(array.shape)
