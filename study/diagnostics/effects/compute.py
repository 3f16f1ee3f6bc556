"""Where the models differ: their mean effects of single columns, and by how much these stray from
each other.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from study.diagnostics.answers import effects_frame
from study.diagnostics.context import Context
from study.evidence.pairs import FloatArray
from study.records.columns.shared import frame
from study.schema import NETWORK, REGRESSION, TERMS

COLUMNS = frame(
    "One point of a column's mean effect in a model (partial dependence, centred).",
    "target column base other output differ rank kind procedure sort value level place share effect low high",
    {"output": ("str", "Class of the probability, if there are several: where the two differ most."),
     "sort": ("str", "Kind of the points: `number` or `level`."),
     "value": "Value of the column; missing for a level.",
     "level": ("str", "Category of the column; empty for a number."),
     "place": ("int64", "Number of the point, from 0."),
     "share": "Share of the table's rows that are nearest to the point.",
     "differ": "Root mean square difference of the two effects over the rows, less that of chance.",
     "effect": "Mean prediction there, less the mean over the curve.",
     "low": "Lower limit of the band with most curves of folds and fits.",
     "high": "Upper limit of the band.",},
)  # fmt: skip

CURVE = ["target", "column", "output"]
PROCEDURES = (REGRESSION, TERMS, NETWORK)
MEASURED = ["target", "column", "base", "other", "output", "differ", "rank"]
INNER = (0.1, 0.9)
"""Quantiles of the curves of outer folds and replicates between which a band lies."""


def compute(context: Context) -> pd.DataFrame:
    """Mean effects of single columns (`mean_effects`)."""
    effects = effects_frame(context.answers)
    return COLUMNS.of([]) if effects.empty else mean_effects(effects, differences(effects))


def centred(effects: pd.DataFrame) -> pd.DataFrame:
    """Effects less the mean of their own curve over the table's rows (`share`); each fold's and
    replicate's by itself.

    A column counts that half of the outer folds at least were asked about.
    """
    keys = [*CURVE, "procedure", "outer_fold", "replicate"]
    weight = effects.groupby(keys)["share"].transform("sum")
    mean = (
        (effects["effect"] * effects["share"] / weight)
        .groupby([effects[key] for key in keys])
        .transform("sum")
    )
    folds = effects.groupby("target")["outer_fold"].transform("nunique")
    own = effects.groupby(["target", "column"])["outer_fold"].transform("nunique")
    return effects.assign(effect=effects["effect"] - mean)[2 * own >= folds]


def differences(effects: pd.DataFrame) -> pd.DataFrame:
    """By how much the effects of a richer model differ from those of the plainest one, column by
    column.

    effects: as from `study.diagnostics.answers.effects_frame`. Gives MEASURED: base is the plainest
    procedure there is, other of the richer ones that which differs most from it in this column, of
    several alike the richest; differ is the root of the mean square, over the table's rows, of the
    mean over outer folds of their centred difference, less the variance of that mean over folds (of
    one fold: over replicates), which alone would look like a difference; 0 where that is more. Of
    several classes output names that in which the column differs most. rank: from 1, the largest
    `differ` first.
    """
    found = []
    for (target, column), own in centred(effects).groupby(["target", "column"], sort=False):
        base, *richer = [name for name in PROCEDURES if name in set(own["procedure"])]
        measured = []
        for other, (output, rows) in product(richer, own.groupby("output", sort=False)):
            share, mean, single = _difference(rows, base, other)
            means = single.groupby(level="outer_fold").mean()
            square = share @ (mean**2 - luck((means if len(means) > 1 else single).to_numpy()))
            measured.append(
                (
                    max(float(square), 0.0),
                    float(share @ mean**2),
                    richer.index(other),
                    other,
                    str(output),
                )
            )
        if measured:
            most, _, _, other, output = max(measured)
            found.append((target, column, base, other, output, math.sqrt(most)))
    frame = pd.DataFrame(found, columns=MEASURED[:-1])
    rank = frame.groupby("target")["differ"].rank(method="first", ascending=False).astype(int)
    return frame.assign(rank=rank).sort_values(["target", "rank"], ignore_index=True)


def luck(single: FloatArray) -> FloatArray:
    """Variance of the mean of some curves (n, ...); 0 of fewer than two, of which none is known."""
    if len(single) < 2:
        return np.zeros(single.shape[1:])
    return np.asarray(single.var(axis=0, ddof=1) / len(single))


def _difference(
    rows: pd.DataFrame, base: str, other: str
) -> tuple[FloatArray, FloatArray, pd.DataFrame]:
    """Of one column: shares and mean difference (n_points,), and that of each outer fold and
    replicate (n, n_points).
    """
    name = rows["level"].where(rows["level"] != "", rows["value"].map(float.hex))
    rows = rows.assign(point=name)
    share = rows.groupby("point", sort=False)["share"].mean()
    keys = ["procedure", "outer_fold", "replicate"]
    table = rows.pivot_table("effect", keys, "point")[share.index]
    curves: Any = table.loc[other]
    plain: Any = table.loc[base].xs(-1, level="replicate")
    mean = (curves.xs(-1, level="replicate") - plain).mean().fillna(0.0)
    replicates = curves.drop(-1, level="replicate")
    own = curves if replicates.empty else replicates
    own = own[own.index.isin(plain.index, level="outer_fold")]
    single = own.sub(plain, level="outer_fold").fillna(mean)
    return (share / share.sum()).to_numpy(), mean.to_numpy(), single


def mean_effects(effects: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Mean centred effect of each procedure over the outer folds at each point, and how single
    curves stray.

    measured: of `differences`. Gives its columns, then kind, procedure, sort, place, value, level,
    share, effect, low and high (the INNER quantiles of the curves of folds and, of a network, their
    replicates). Only the output measured.
    """
    own = centred(effects).merge(measured, on=CURVE)
    order = own.groupby(["target", "column", "level"], sort=False)["share"].transform("mean")
    own = own.assign(place=np.where(own["level"] == "", own["place"], -order))
    keys = [*MEASURED, "kind", "procedure", "sort", "value", "level"]
    several = own.groupby([*CURVE, "procedure"])["replicate"].transform("max") >= 0
    judged = own[own["replicate"] < 0].groupby(keys, sort=False, dropna=False)
    mean = judged.agg(place=("place", "mean"), share=("share", "mean"), effect=("effect", "mean"))
    curves = own[(own["replicate"] >= 0) | ~several].groupby(keys, sort=False, dropna=False)[
        "effect"
    ]
    bands = pd.DataFrame({"low": curves.quantile(INNER[0]), "high": curves.quantile(INNER[1])})
    frame = mean.join(bands).reset_index()
    frame["procedure"] = pd.Categorical(frame["procedure"], PROCEDURES, ordered=True)
    frame = frame.sort_values(["target", "rank", "procedure", "place"], ignore_index=True)
    place = frame.groupby(["target", "column", "procedure"], observed=True).cumcount()
    return frame.assign(procedure=frame["procedure"].astype("str"), place=place)
