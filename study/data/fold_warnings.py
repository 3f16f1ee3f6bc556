"""Warnings of splits: classes too rare for the folds, rows that stand on both sides of a split,
folds that drift.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import ks_2samp

from study.data.encoding import BLOCK, Encoded, EncodedData
from study.evidence.warnings.limits import (
    CHANCE_TWINS,
    DISTANCE,
    DRIFT_CHANCE,
    FINE_COLUMN,
    LOG_GAIN,
    RARE,
    TWINS,
)
from study.schema import ALL_ROWS, Kind, StudyWarning

MOST_NAMED = 5
"""Most columns or classes that a sentence names."""
LEAST_ROWS = 1_000
"""Rows of either side that drift is looked for in, however many columns there are; else BLOCK
cells."""


def fold_warnings(data: EncodedData) -> list[StudyWarning]:
    """What is to be said of the splits of every target of a study."""
    found: list[StudyWarning | None] = []
    for target in dict.fromkeys(name for name, _ in data):
        places = [
            encoded for (name, fold), encoded in data.items() if name == target and fold != ALL_ROWS
        ]
        if places:
            found += [rare_classes(places), twins(places), drift(places), skewed(places[0])]
    return [warning for warning in found if warning]


def rare_classes(places: list[Encoded]) -> StudyWarning | None:
    """S009 where a class has fewer than RARE rows, or none in some training, validation or test
    rows.

    places: all outer folds of a target.
    """
    first = places[0]
    if not first.classes:
        return None
    n = len(first.classes)
    total = np.bincount(first.y.astype(np.int64), minlength=n)
    lacking = np.zeros((3, n), np.int64)
    for encoded in places:
        for part, rows in _parts(encoded):
            lacking[part] += np.bincount(encoded.y[rows].astype(np.int64), minlength=n) == 0
    told = [
        f"{name!r} ({total[i]:,} rows{_lacks(lacking[:, i])})"
        for i, name in enumerate(first.classes)
    ]
    rare = [text for i, text in enumerate(told) if total[i] < RARE or lacking[:, i].any()]
    if not rare:
        return None
    return StudyWarning(
        id="S009",
        target=first.target,
        text=f"Classes of {first.target} are too rare for the folds: {_named(rare)}.",
        todo="Merge them, remove their rows, or lower `outer.folds` and `inner.folds`.",
    )


def _parts(encoded: Encoded) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    yield 0, encoded.development
    yield from ((0, rows) for rows in encoded.train)
    yield from ((1, rows) for rows in encoded.validation)
    yield 2, encoded.test


def _lacks(counts: npt.NDArray[np.int64]) -> str:
    names = ("training", "validation", "test")
    return "".join(
        f", none in {count} sets of {name} rows"
        for name, count in zip(names, counts, strict=True)
        if count
    )


def twins(places: list[Encoded]) -> StudyWarning | None:
    """S010 where TWINS or more of the test rows equal a development row in every column and the
    target.

    Of columns with few values rows are equal by chance: some measured column, or the target, has
    fewer than FINE_COLUMN rows a value, and pairs of equal rows are CHANCE_TWINS times what
    independent columns would make.
    """
    first = places[0]
    cells, y = first.matrix.values, first.y
    hashes = _hashes(cells, first.rows, y)
    pairs = _same(hashes) * len(hashes) * (len(hashes) - 1) / 2
    if (
        not pairs
        or not _is_fine(first)
        or pairs <= CHANCE_TWINS * _chance_pairs(cells, first.rows, y)
    ):
        return None
    tested, found, example = 0, 0, -1
    for encoded in places:
        known = np.isin(hashes[encoded.test], hashes[encoded.development])
        tested = tested + len(encoded.test)
        found = found + int(known.sum())
        if example < 0 and known.any():
            example = int(encoded.rows[encoded.test[known.argmax()]])
    if not found or found < TWINS * tested:
        return None
    return StudyWarning(
        id="S010",
        target=first.target,
        text=(
            f"{found:,} of {tested:,} test rows equal a training row in all columns, such as row {example:,} (from 0). "
            "Models that memorise rows look too good."
        ),
        todo="Remove copies. For repeated measurements of one unit, name its column in `groups`.",
    )


def _hashes(
    cells: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint64]:
    """(n_rows,) a number a row that equal rows share."""
    step = max(1, BLOCK // max(cells.shape[1], 1))
    parts = [
        pd.util.hash_pandas_object(
            pd.DataFrame(cells[rows[i : i + step]]).assign(y=y[i : i + step]), index=False
        ).to_numpy()
        for i in range(0, len(rows), step)
    ]
    return np.concatenate(parts)


def _same(values: npt.NDArray[np.generic]) -> float:
    """Probability that two rows share a value."""
    counts = np.unique(values, return_counts=True)[1].astype(float)
    return float((counts * (counts - 1)).sum() / max(len(values) * (len(values) - 1), 1))


def _chance_pairs(
    cells: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], y: npt.NDArray[np.float64]
) -> float:
    """Pairs of equal rows that independent columns would make."""
    shared = [_same(y), *(_same(cells[rows, i]) for i in range(cells.shape[1]))]
    return float(np.prod(shared)) * len(rows) * (len(rows) - 1) / 2


def _is_fine(encoded: Encoded) -> bool:
    """Whether a value of some column, or of the target, is that of few rows."""
    n = len(encoded.rows)
    measured = [
        i for term, i in zip(encoded.terms, encoded.columns, strict=True) if term.level is None
    ]
    columns = (encoded.y, *(encoded.matrix.values[encoded.rows, i] for i in measured))
    return any(len(np.unique(values)) * FINE_COLUMN > n for values in columns)


def drift(places: list[Encoded]) -> StudyWarning | None:
    """S011 where test rows differ from development rows in the same column in most outer folds.

    Looked for where time makes the folds; folds that are drawn differ by chance alone. The
    Kolmogorov-Smirnov distance of a column counts where it is at least DISTANCE and more than
    chance makes, with DRIFT_CHANCE over all columns and folds (Bonferroni). Dates are left out:
    they always drift in time.
    """
    first = places[0]
    if first.times is None:
        return None
    far: dict[str, int] = {}
    sizes: dict[str, float] = {}
    for encoded in places:
        found = distances(encoded)
        for name, (distance, chance) in found.items():
            sizes[name] = max(sizes.get(name, 0.0), distance)
            sure = chance * len(found) * len(places) <= DRIFT_CHANCE
            far[name] = far.get(name, 0) + (distance >= DISTANCE and sure)
    most = [
        name for name in sorted(sizes, key=lambda name: -sizes[name]) if 2 * far[name] > len(places)
    ]
    if not most:
        return None
    told = [f"{name} (in {far[name]} of {len(places)}, at most {sizes[name]:.2f})" for name in most]
    return StudyWarning(
        id="S011",
        target=first.target,
        text=(
            f"Test rows of {first.target} are later and differ from training rows in {_named(told)}. "
            "In brackets: outer folds, and the Kolmogorov-Smirnov distance (0 to 1)."
        ),
        todo="Replace growing columns by differences or ratios, or add them to `data.drop`.",
    )


def skewed(encoded: Encoded) -> StudyWarning | None:
    """S015 where ridge regressions of the logarithm of a positive target have LOG_GAIN less squared
    error, in its own unit, than those of the target, by more than a standard error; or the reverse
    where the logarithm is trained.

    Skewness alone says little: a skewed target may well be a sum of skewed columns.
    """
    from sklearn.linear_model import Ridge

    y = encoded.observed / (encoded.observed.std() or 1.0)
    if encoded.kind is not Kind.CONTINUOUS or y.min() <= 0:
        return None
    both, found = np.column_stack([y, np.log(y)]), []
    with np.errstate(all="ignore"):
        for e, sides in enumerate(zip(encoded.train, encoded.validation, strict=True)):
            width = max(len(encoded.terms), 200)  # at most 10,000 rows of a BLOCK
            train, held = (encoded.drawn(rows, BLOCK, width, 0) for rows in sides)
            model = Ridge().fit(encoded.x(e, train).astype(float), both[train])
            smear = np.exp(both[train, 1] - model.predict(encoded.x(e, train))[:, 1]).mean()
            own, logs = model.predict(encoded.x(e, held)).T
            found.append([(y[held] - own) ** 2, (y[held] - np.exp(logs) * smear) ** 2])
        losses, name = np.concatenate(found, axis=1), encoded.target
        scales, todo = [name, f"log({name})"], f"Set targets.{name}.transform to log"
        if encoded.measured is not None:
            losses, scales, todo = losses[::-1], scales[::-1], f"Remove targets.{name}.transform"
        gains = (losses[0] - losses[1]) / losses[0].mean()
        gain, error = gains.mean(), gains.std() / len(gains) ** 0.5
    if not gain > max(LOG_GAIN, error):
        return None
    return StudyWarning(
        id="S015",
        target=name,
        text=f"In the unit of {name}, a quick regression of {scales[1]} has {gain:.0%} less squared error than one of "
        f"{scales[0]}. Extra terms or a network may only make up for that.",
        todo=f"{todo} under another `name`, then `study compare` both.",
    )


def distances(encoded: Encoded) -> dict[str, tuple[float, float]]:
    """By column, the target first, how far test and development rows are apart, and how probable
    that is by chance.
    """
    most = max(LEAST_ROWS, BLOCK // max(len(encoded.terms), 1))
    sides = [_some(rows, most) for rows in (encoded.development, encoded.test)]
    cells = [encoded.original(-1, rows) for rows in sides]
    columns = {
        term.name: [own[:, i] for own in cells]
        for i, term in enumerate(encoded.terms)
        if term.unit != "day"
    }
    told = {encoded.target: [encoded.y[rows] for rows in sides]} | columns
    found = {name: ks_2samp(*both, method="asymp") for name, both in told.items()}
    return {name: (float(test.statistic), float(test.pvalue)) for name, test in found.items()}


def _some(rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Of more than `most` rows, as many that lie evenly among them."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _named(told: list[str]) -> str:
    more = [f"{len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    return ", ".join([*told[:MOST_NAMED], *more])
