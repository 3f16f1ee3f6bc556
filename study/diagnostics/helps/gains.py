"""Row by row, what the richer procedure saves: where it helps or hurts is looked for among the
columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.evidence.intervals import symmetric
from study.evidence.judge import Judge
from study.evidence.pairs import FloatArray, mean_covariance, paired
from study.evidence.thresholds import EvaluationSpec

LEVEL = 0.975
"""Of each interval: of two groups looked at, both hold at 95%."""


def row_gains(judges: Iterable[Judge]) -> pd.DataFrame:
    """target, kind, base, other, row, gain and loss, of the loss that the search went by.

    base, other: the plainest and the richest of regression, regression with terms and network.
    gain: loss of base less that of other, mean over the repeats of the outer folds; loss: that of
    base.
    """
    columns = ["target", "kind", "base", "other", "row", "gain", "loss"]
    found = [pd.DataFrame(columns=columns)]
    for judge in judges:
        ladder = replace(judge, question=EvaluationSpec()).ladder
        if len(ladder) > 1:
            base, *_, other = ladder
            pairs = paired(ladder[base].losses, ladder[other].losses, judge.folds)
            means = pairs.groupby("row", as_index=False)[["base", "other"]].mean()
            rows = {"row": means["row"], "gain": means["base"] - means["other"]}
            about = {"target": judge.target, "kind": judge.kind.value, "base": base, "other": other}
            found.append(pd.DataFrame(rows | {"loss": means["base"]}).assign(**about)[columns])
    return pd.concat(found[1:] or found, ignore_index=True)


def apart(
    gain: FloatArray, inside: npt.NDArray[np.bool_], units: npt.NDArray[np.int64]
) -> tuple[float, float, float]:
    """Mean gain inside a group of rows less that of all others, and its interval at LEVEL; units:
    (n,) what is independent.

    The variance is over units (Liang and Zeger 1986, Biometrika 73), t with as many degrees of
    freedom as the part in fewer units has, less one. NaN without an interval where that is below 1.
    """
    n, m = int(inside.sum()), int((~inside).sum())
    if not n or not m:
        return math.nan, math.nan, math.nan
    means = gain[inside].mean(), gain[~inside].mean()
    told = np.where(inside, (gain - means[0]) / n, -(gain - means[1]) / m)
    df = min(len(np.unique(units[inside])), len(np.unique(units[~inside]))) - 1
    difference = float(means[0] - means[1])
    if df < 1:
        return difference, math.nan, math.nan
    ((variance,),) = mean_covariance(pd.DataFrame(told * len(told), units)).tolist()
    found = symmetric(difference, variance, df, LEVEL, "units")
    return difference, found.low, found.high
