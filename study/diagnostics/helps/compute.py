"""Rows on which the richer model helps most or least, and what they have in common: found on one
half, held on the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.data.encoding import Encoded, EncodedData
from study.data.matrix import Term
from study.data.units import Units
from study.diagnostics.context import Context
from study.diagnostics.helps.gains import LEVEL, apart, row_gains
from study.diagnostics.jackknife import blocks
from study.families.heads import FloatArray
from study.formatting import are_years, human, year
from study.records.columns.shared import frame
from study.schema import ALL_ROWS, derive_seed

COLUMNS = frame(
    "A group of test rows that the richer model helps most, or least: found on one half, checked on the other.",
    "target kind base other side rule n rows gain rest difference low high level holds",
    {"side": ("str", "`more` or `less`."), "rule": ("str", "What the rows have in common; empty if nothing was found."),
     "n": ("int64", "Rows of the group in the half that checks."), "rows": ("int64", "Rows of that half."),
     "gain": "Improvement inside the group.",
     "rest": "Improvement outside it.", "difference": "Inside less outside.",
     "low": "Lower limit of the difference.", "high": "Upper limit of the difference.",
     "holds": ("bool", "Whether the interval excludes 0 on the side that was found.")},
)  # fmt: skip
LEAST_ROWS = 80
"""Test rows below which no group is looked for: half of them find it, half check it, and a group
has LEAST_SHARE of a half."""
LEAST_SHARE, LEAST_GROUP = 0.1, 10
MOST_CELLS = 20_000_000
"""Rows x terms of the half that groups are looked for in."""
CLIPPED = 0.02
"""Share of the gains at either end that count as the nearest other: a few rows shall not make a
group."""


def compute(context: Context) -> pd.DataFrame:
    """`where_it_helps`, by what the richer procedure saves on each test row."""
    return where_it_helps(row_gains(context.judges), context.data)


def where_it_helps(gains: pd.DataFrame, data: EncodedData) -> pd.DataFrame:
    """For each target the groups of rows on which the richer procedure saves most (`more`) and
    least (`less`).

    gains: of `study.diagnostics.helps.gains.row_gains`. A tree of two splits is grown on the gains
    of one half of the units (rows, groups or blocks of time); of its leaves those of the largest
    and the least mean are checked on the rows of the other half.

    Returns
    -------
    COLUMNS: rule in words; n rows of the half that checks, of `rows`; gain, rest, difference, low,
    high: mean saved loss inside, outside, and inside less outside with its interval at `level`, all
    as shares of the plainer procedure's mean loss; holds: whether that lies off 0 on the side that
    was found. One line without a rule where there was no group, or too few rows.
    """
    found = [
        {
            "target": target,
            "kind": own["kind"].iloc[0],
            "base": own["base"].iloc[0],
            "other": own["other"].iloc[0],
            **line,
        }
        for target, own in gains.groupby("target", sort=False)
        for line in _target(own, _encoded(data, str(target)))
    ]
    return COLUMNS.of(found)


def _encoded(data: EncodedData, target: str) -> Encoded:
    """The target's rows as the search on all rows reads them, or else as some outer fold does."""
    return (
        data[target, ALL_ROWS]
        if (target, ALL_ROWS) in data
        else next(e for (t, _), e in data.items() if t == target)
    )


def _target(own: pd.DataFrame, encoded: Encoded) -> Iterator[dict[str, Any]]:
    own = own.sort_values("row", kind="stable")
    positions = np.searchsorted(encoded.rows, own["row"].to_numpy(np.int64))
    gain = own["gain"].to_numpy(float) / max(float(own["loss"].mean()), np.finfo(float).tiny)
    units = Units.of(encoded, positions, blocks)
    rng = np.random.default_rng(derive_seed(0, "where", encoded.target))
    first = (np.argsort(rng.permutation(units.count)) % 2 == 0)[units.codes]
    nothing = {
        "side": "",
        "rule": "",
        "n": 0,
        "rows": int((~first).sum()),
        "level": LEVEL,
        "holds": False,
    }
    if len(own) < LEAST_ROWS or units.count < LEAST_GROUP:
        yield nothing
        return
    leaves = _leaves(encoded, positions[first], gain[first])
    if not leaves:
        yield nothing
        return
    for side, leaf in (("more", leaves[-1]), ("less", leaves[0])):
        inside = _inside(leaf, encoded, positions[~first])
        difference, low, high = apart(gain[~first], inside, units.codes[~first])
        holds = low > 0 if side == "more" else high < 0
        means = [
            float(gain[~first][part].mean()) if part.any() else math.nan
            for part in (inside, ~inside)
        ]
        told = {
            "side": side,
            "rule": _words(leaf, encoded),
            "n": int(inside.sum()),
            "holds": bool(holds),
        }
        told |= {
            "gain": means[0],
            "rest": means[1],
            "difference": difference,
            "low": low,
            "high": high,
        }
        yield nothing | told


Leaf = tuple[tuple[int, float, float], ...]
"""Conditions: a term, and the bounds above and up to which its value lies."""


def _leaves(encoded: Encoded, positions: npt.NDArray[np.int64], gain: FloatArray) -> list[Leaf]:
    """Leaves of the tree of two splits, by their mean gain; none where it has no split."""
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(derive_seed(0, "leaves", encoded.target))
    most = max(LEAST_ROWS, MOST_CELLS // len(encoded.terms))
    drawn = np.sort(rng.permutation(len(positions))[:most])
    clipped = np.clip(gain[drawn], *np.quantile(gain[drawn], [CLIPPED, 1 - CLIPPED]))
    least = max(LEAST_GROUP, round(LEAST_SHARE * len(drawn)))
    tree = DecisionTreeRegressor(max_depth=2, min_samples_leaf=least, random_state=0)
    grown = tree.fit(encoded.original(-1, positions[drawn]), clipped).tree_

    def below(node: int, path: dict[int, tuple[float, float]]) -> Iterator[tuple[float, Leaf]]:
        left = int(grown.children_left[node])
        right = int(grown.children_right[node])
        if left < 0:
            yield (
                float(grown.value[node].item()),
                tuple((term, *bounds) for term, bounds in path.items()),
            )
            return
        term = int(grown.feature[node])
        at = float(grown.threshold[node])
        low, high = path.get(term, (-math.inf, math.inf))
        yield from below(left, path | {term: (low, min(high, at))})
        yield from below(right, path | {term: (max(low, at), high)})

    return [leaf for _, leaf in sorted(below(0, {})) if leaf]


def _inside(
    leaf: Leaf, encoded: Encoded, positions: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which rows are in a leaf; in float32, as the tree compares. Only the leaf's own terms are
    read.
    """
    inside = np.ones(len(positions), bool)
    for term, low, high in leaf:
        raw = encoded.cells(term, positions)
        cells = np.where(np.isnan(raw), encoded.fill[-1, term], raw).astype(np.float32)
        inside &= (cells > low) & (cells <= high)
    return inside


def _words(leaf: Leaf, encoded: Encoded) -> str:
    return " and ".join(
        _condition(encoded.terms[term], low, high, encoded.cells(term)) for term, low, high in leaf
    )


def _condition(term: Term, low: float, high: float, cells: FloatArray) -> str:
    if term.level is not None:
        gap = term.level == "missing" and term.name == f"{term.column}[missing]"
        present = high > 1
        return f"{term.column} is {'' if present else 'not '}{'missing' if gap else term.level}"
    known = [bound for bound in (low, high) if math.isfinite(bound)]
    number = year if are_years(cells, term.column) else human
    written = [_date(bound) if term.unit == "day" else number(bound) for bound in known]
    if len(written) == 2:
        return f"{term.column} is above {written[0]} and at most {written[1]}"
    return f"{term.column} is {'above' if math.isfinite(low) else 'at most'} {written[0]}"


def _date(days: float) -> str:
    return str((pd.Timestamp(0) + pd.Timedelta(days=math.floor(days))).date())
