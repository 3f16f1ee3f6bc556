"""Which columns of the table explain what the models leave, found on one half of the test rows and checked on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.checks.bins import IntArray, bins_for, equal_bins, mean_of
from study.evidence.checks.residuals import COLUMNS, binned, with_residuals
from study.evidence.pairs import FloatArray
from study.evidence.winners import MODEL

MOST_COLUMNS, MOST_LEVELS = 4, 8
"""Columns that are told of a target, and bins or levels of each."""
LEAST_GROUPS = 5
"""Groups of test rows of a bin that is told."""
MOST_SEARCHED = 20_000
"""Rows of the first half that columns are searched on."""


@dataclass(frozen=True)
class Original:
    """A column of the table: its name, unit ("day" for dates) and values by row; numbers, or categories as text."""

    name: str
    unit: str
    values: pd.Series


Originals = Callable[[str], Iterable[Original]]
"""The columns that a target is predicted from, one at a time: a wide table does not fit in memory twice."""


@dataclass(frozen=True, eq=False)
class Cut:
    """How a column is cut in bins: the upper ends of its numbers' bins, or the categories that have one of their own.

    The last bin is of empty cells of numbers, and of all other categories.
    """

    ends: FloatArray
    categories: tuple[str, ...]

    @classmethod
    def of(cls, values: pd.Series, bins: int) -> Cut:
        """Bins of about equally many of these values; of few different numbers one each."""
        if not pd.api.types.is_numeric_dtype(values):
            return cls(np.zeros(0), tuple(values.value_counts().index[: min(bins, MOST_LEVELS - 1)].astype(str)))
        known = values.dropna().to_numpy(float)
        different = np.unique(known)
        if len(different) <= min(bins, MOST_LEVELS):
            return cls(different, ())
        return cls(np.array([known[places].max() for places in _by_bin(equal_bins(known, bins))]), ())

    def places(self, values: pd.Series) -> IntArray:
        """Number (n,) of the bin of each value."""
        if self.categories:
            known = {name: place for place, name in enumerate(self.categories)}
            return np.asarray(values.map(known).fillna(len(known)), np.int64)
        numbers, last = values.to_numpy(float), max(len(self.ends) - 1, 0)
        places = np.minimum(np.searchsorted(self.ends, numbers), last)
        return np.where(np.isnan(numbers), last + 1, places).astype(np.int64)

    def category(self, place: int) -> str:
        """What a bin is called that is no range of numbers."""
        if self.categories:
            return self.categories[place] if place < len(self.categories) else "all others"
        return "missing" if place > max(len(self.ends) - 1, 0) else ""


def by_column(rows: pd.DataFrame, originals: Originals) -> pd.DataFrame:
    """Mean residuals in bins of the columns that explain most of them, of every model of a target that has residuals.

    The groups of test rows are halved at random. On the first half the bins' mean residuals are taken for every column, and the
    MOST_COLUMNS are kept that explain the largest share of some model's residuals, adjusted for the number of bins. On the
    second half a column *holds* for a model if those means, as a correction of its predictions, save squared residual: if the
    interval of the mean saving lies above 0, together for all that are checked. Of a target where none holds the first is told.

    Returns
    -------
    (n, 20) frame of COLUMNS, of the second half alone: start, end, x of the bin's values, category where it has no range; bins
    of fewer groups than LEAST_GROUPS are left out; otherwise as in `study.evidence.checks.residuals.by_prediction`; explained:
    share of the squared residuals (about their mean) that is saved there, below 0 where the correction does harm. The columns
    that hold for some model come in the order of what they explain.
    """
    found = [pd.DataFrame(columns=COLUMNS)]
    for target, own in with_residuals(rows).groupby("target", sort=False):
        first, second = halves(own)
        by_model = first.pivot_table("residual", MODEL, "row", aggfunc="mean", sort=False)
        if len(first) and len(second):
            kept = _search(by_model, originals(str(target)))
            found.append(_checked(by_model, second, kept))
    return pd.concat(found[1:] or found, ignore_index=True)


def halves(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of half the groups, drawn at random, always the same, and the others'."""
    groups = np.sort(rows["group"].unique())
    first = np.random.default_rng(0).permutation(groups)[: len(groups) // 2]
    of_first = rows["group"].isin(first)
    return rows[of_first], rows[~of_first]


def _search(residuals: pd.DataFrame, originals: Iterable[Original]) -> list[tuple[Original, Cut]]:
    """The columns that explain most of the residuals (n_models, n_rows), by the model that they explain most of."""
    step = -(-residuals.shape[1] // MOST_SEARCHED)
    some = residuals.iloc[:, ::step]
    values, bins = some.to_numpy(float), min(bins_for(some.shape[1]), MOST_LEVELS - 1)
    best: list[tuple[float, Original, Cut]] = []
    for original in originals:
        own = original.values.reindex(some.columns)
        cut = Cut.of(own, bins)
        share = float(np.max([adjusted(one, cut.places(own)) for one in values]))
        best = sorted([*best, (share, original, cut)], key=lambda each: -each[0])[:MOST_COLUMNS]
    return [(original, cut) for _, original, cut in best]


def adjusted(residuals: FloatArray, places: IntArray) -> float:
    """Adjusted R² of residuals (n,) on the means of their bins (n,); NaN residuals are left out, and 0 where nothing varies."""
    known = ~np.isnan(residuals)
    r, places = residuals[known] - residuals[known].mean(), places[known]
    counts = np.bincount(places)
    sums, k, n = np.bincount(places, weights=r), int((counts > 0).sum()), len(r)
    whole = float((r**2).sum())
    if n <= k or not whole > 0:
        return 0.0
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    return 1 - (1 - between / whole) * (n - 1) / (n - k)


def _checked(first: pd.DataFrame, second: pd.DataFrame, kept: list[tuple[Original, Cut]]) -> pd.DataFrame:
    models = [(key, part) for key, part in second.groupby(MODEL, sort=False) if key in first.index]
    tests = len(kept) * len(models)
    told: list[tuple[Original, list[dict[str, Any]]]] = []
    for original, cut in kept:
        shares = []
        for key, part in models:
            known = first.loc[[key]].iloc[0].dropna()
            correction = known.groupby(cut.places(original.values.reindex(known.index))).mean()
            places = cut.places(original.values.reindex(part["row"]))
            shares.append(_saved(part, places, float(known.mean()), correction, tests))
        told.append((original, shares))
    holding = [k for k, (_, shares) in enumerate(told) if any(share["holds"] for share in shares)]
    holding.sort(key=lambda k: -max(share["explained"] for share in told[k][1] if share["holds"]))
    shown = holding or list(range(min(len(told), 1)))
    bins = sum(len(np.unique(share["places"])) for k in shown for share in told[k][1])
    found: list[dict[str, Any]] = []
    for k in shown:
        (original, cut), shares = kept[k], told[k][1]
        for (key, part), share in zip(models, shares, strict=True):
            about = dict(zip(MODEL, key, strict=True)) | {"column": original.name, "unit": original.unit}
            about |= {"explained": share["explained"], "holds": share["holds"]}
            values = original.values.reindex(part["row"])
            for place, rows_in in part.groupby(share["places"]):
                if rows_in["group"].nunique() < LEAST_GROUPS:
                    continue
                own, category = values[share["places"] == place], cut.category(int(place))
                numbers = pd.Series(dtype=float) if category else own
                ends = {"start": numbers.min(), "end": numbers.max(), "x": numbers.mean()}
                found.append(about | {"bin": place, "category": category} | ends | binned(rows_in, bins))
    return pd.DataFrame(found, columns=COLUMNS)


def _saved(part: pd.DataFrame, places: IntArray, centre: float, correction: pd.Series, tests: int) -> dict[str, Any]:
    """Whether the correction of a bin's residuals, found on other rows, saves squared residual; places: of the rows."""
    residual = part["residual"]
    corrected = pd.Series(places, part.index).map(correction).fillna(centre)
    before = (residual - centre) ** 2
    saved = mean_of(part, before - (residual - corrected) ** 2, tests)
    whole = mean_of(part, before).mean
    explained = saved.mean / whole if whole > 0 else 0.0
    return {"explained": explained, "holds": bool(saved.low > 0), "places": places}


def _by_bin(places: IntArray) -> list[IntArray]:
    return [np.flatnonzero(places == place) for place in range(int(places.max()) + 1)]
