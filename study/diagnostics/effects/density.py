"""How the rows of a table lie along the columns whose effects are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.data.encoding import EncodedData

BINS = 24
ROWS = "rows"
"""Stands for a procedure in the frame of effects, of the rows themselves."""


def with_density(effects: pd.DataFrame, data: EncodedData) -> pd.DataFrame:
    """`study.diagnostics.effects.compute.mean_effects` and, below it, lines of procedure ROWS: effect is the share of rows.

    Of a number that has more values than points, the rows between low and high, its smallest and its largest point being the
    ends of BINS bins; else the rows at a point. Of all rows that have the target, gaps left out.
    """
    found = [effects]
    for (target, column), own in effects.groupby(["target", "column"], sort=False):
        points = own[own["procedure"] == own["procedure"].iloc[0]]
        known = _values(str(target), str(column), data) if points["sort"].iloc[0] != "category" else np.zeros(0)
        lines = points.assign(procedure=ROWS, effect=points["share"], low=points["value"], high=points["value"])
        if len(np.unique(known)) > len(points):
            counts, edges = np.histogram(known, BINS, (points["value"].min(), points["value"].max()))
            lines = pd.concat([lines.iloc[:1]] * BINS).assign(
                place=range(BINS), value=(edges[1:] + edges[:-1]) / 2, low=edges[:-1], high=edges[1:],
                effect=counts / len(known), share=counts / len(known),
            )  # fmt: skip
        found.append(lines)
    return pd.concat(found, ignore_index=True)


def _values(target: str, column: str, data: EncodedData) -> np.ndarray:
    """Values of a number of all rows that have the target."""
    for (name, _), encoded in data.items():
        for place, term in enumerate(encoded.terms):
            if name == target and (term.column, term.level) == (column, None):
                cells = encoded.cells(place)
                return np.asarray(cells[~np.isnan(cells)])
    return np.zeros(0)
