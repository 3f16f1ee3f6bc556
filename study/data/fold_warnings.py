"""Warnings of splits: classes too rare for the folds, rows that stand on both sides of a split,
folds that drift.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import ks_2samp

from study.data.encoding import BLOCK, Encoded, EncodedData
from study.data.rows import drawn
from study.evidence.warnings.limits import (
    CHANCE_TWINS,
    DISTANCE,
    DRIFT_CHANCE,
    FINE,
    LOG_GAIN,
    RARE,
    TWINS,
)
from study.formatting import percent, some
from study.schema import ALL_ROWS, Kind, StudyWarning

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
    labels = first.y
    parts = {
        "training": [rows for own in places for rows in (own.development, *own.train)],
        "validation": [rows for own in places for rows in own.validation],
        "test": [own.test for own in places],
    }
    rare = []
    for label, name in enumerate(first.classes):
        members = labels == label
        lacks = "".join(
            f", none in {lacking} sets of {part} rows"
            for part, sets in parts.items()
            if (lacking := sum(not members[rows].any() for rows in sets))
        )
        if lacks or members.sum() < RARE:
            rare.append(f"{name!r} ({members.sum():,} rows{lacks})")
    if not rare:
        return None
    return StudyWarning(
        id="S009",
        target=first.target,
        text=f"Classes of {first.target} are too rare for the folds: {some(rare)}.",
        todo="Merge them, remove their rows, or lower `outer.folds` and `inner.folds`.",
    )


def twins(places: list[Encoded]) -> StudyWarning | None:
    """S010 where TWINS or more of the test rows equal a development row in every column and the
    target, or in every feature.

    Of columns with few values rows are equal by chance: a twin has a value that at most FINE
    rows have, and pairs of equal rows are CHANCE_TWINS times what independent columns would make.
    """
    first = places[0]
    for columns, y in (("columns", first.y), ("features", np.zeros(len(first.y)))):
        hashes = _hashes(first.matrix.values, first.rows, y)
        alike, rarest, chance = _shared(hashes), _shared(y), _shared(y).mean()
        if not alike.any():
            continue
        for column in first.matrix.values.T:
            shared = _shared(column[first.rows])
            rarest, chance = np.minimum(rarest, shared), chance * shared.mean()
        if alike.mean() <= CHANCE_TWINS * chance:
            continue
        copied = rarest * (len(y) - 1) < FINE
        tested = np.concatenate([encoded.rows[encoded.test] for encoded in places])
        twin = np.concatenate(
            [
                copied[own.test] & np.isin(hashes[own.test], hashes[own.development])
                for own in places
            ]
        )
        if twin.mean() >= TWINS:
            return StudyWarning(
                id="S010",
                target=first.target,
                text=(
                    f"{twin.sum():,} of {len(twin):,} test rows ({percent(twin.mean())}%) equal a training row in all "
                    f"{columns}, such as row {tested[twin.argmax()]:,}. Models that memorise rows look too good."
                ),
                todo="Remove copies. For repeated measurements of one unit, name its column in `groups`.",
            )
    return None


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


def _shared(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n_rows,) the share of the other rows that have a row's value."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((counts[places] - 1) / max(len(values) - 1, 1))


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
    far, sizes = Counter[str](), dict[str, float]()
    for encoded in places:
        found = distances(encoded)
        for name, (distance, chance) in found.items():
            sizes[name] = max(sizes.get(name, 0.0), distance)
            sure = chance * len(found) * len(places) <= DRIFT_CHANCE
            far[name] += distance >= DISTANCE and sure
    told = [
        f"{name} (in {far[name]} of {len(places)}, at most {sizes[name]:.2f})"
        for name in sorted(sizes, key=lambda name: -sizes[name])
        if 2 * far[name] > len(places)
    ]
    if not told:
        return None
    return StudyWarning(
        id="S011",
        target=first.target,
        text=(
            f"Test rows of {first.target} are later and differ from training rows in {some(told)}. "
            "In brackets: outer folds, and the Kolmogorov-Smirnov distance (0 to 1)."
        ),
        todo="Replace growing columns by differences or ratios, or add them to `data.drop`.",
    )


def skewed(encoded: Encoded) -> StudyWarning | None:
    """S017 where ridge regressions of the logarithm of a positive target have LOG_GAIN less squared
    error, in its own unit, than those of the target, by more than a standard error, and than a
    constant; or the reverse where the logarithm is trained.

    Skewness alone says little: a skewed target may well be a sum of skewed columns. Without the
    constant it spoke of a fifth of 60 rows of noise, where a logarithm only follows it less.
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
            guesses = np.array([own, np.exp(logs) * smear, np.full(len(held), y[train].mean())])
            found.append((y[held] - guesses) ** 2)
        losses, name = np.concatenate(found, axis=1), encoded.target
        scales, todo = [name, f"log({name})"], f"Set targets.{name}.transform to log"
        if encoded.measured is not None:
            losses, scales, todo = (
                losses[[1, 0, 2]],
                scales[::-1],
                f"Remove targets.{name}.transform",
            )
        gains = (losses[0] - losses[1]) / losses[0].mean()
        gain, error = gains.mean(), gains.std() / len(gains) ** 0.5
    if not gain > max(LOG_GAIN, error) or losses[1].mean() > (1 - LOG_GAIN) * losses[2].mean():
        return None
    return StudyWarning(
        id="S017",
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
    sides = [drawn(rows, None, most, 0) for rows in (encoded.development, encoded.test)]
    cells = [encoded.original(-1, rows) for rows in sides]
    columns = {
        term.name: [own[:, i] for own in cells]
        for i, term in enumerate(encoded.terms)
        if term.unit != "day"
    }
    told = {encoded.target: [encoded.y[rows] for rows in sides]} | columns
    tests = {name: ks_2samp(*both, method="asymp") for name, both in told.items()}
    return {name: (float(test.statistic), float(test.pvalue)) for name, test in tests.items()}
