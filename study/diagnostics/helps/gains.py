"""Row by row, what the richer procedure saves: where it helps or hurts is looked for among the
columns.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.diagnostics.effects.compute import asked_pair
from study.evidence.intervals import symmetric
from study.evidence.scores import chosen_networks, row_losses
from study.evidence.winners import SEARCH
from study.schema import NETWORK, procedure_of

LEVEL = 0.975
"""Of each interval: of two groups looked at, both hold at 95%."""


def row_gains(predictions: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """target, kind, base, other (as in `study.diagnostics.effects.compute.asked_pair`), row, group,
    time, gain and loss.

    gain: loss of base less that of other, mean over the repeats of the outer folds; loss: that of
    base.
    """
    losses = row_losses(predictions)
    chosen = losses.merge(
        chosen_networks(losses, winners).assign(taken=True), on=SEARCH, how="left"
    )["taken"].notna()
    name = [procedure_of(*key) for key in zip(losses["family"], losses["depth"], strict=True)]
    losses = losses.assign(procedure=name)[chosen | (np.array(name) != NETWORK)]
    found = []
    for (target, kind), own in losses.groupby(["target", "kind"], sort=False):
        if (pair := asked_pair(set(own["procedure"]))) is None:
            continue
        base, other = (
            own[own["procedure"] == each].set_index(["outer_fold", "row"]) for each in pair
        )
        both = base.join(other["loss"].rename("lost"), how="inner").reset_index()
        both = both.assign(gain=both["loss"] - both["lost"])
        means = both.groupby("row").agg(
            group=("group", "first"),
            time=("time", "first"),
            gain=("gain", "mean"),
            loss=("loss", "mean"),
        )
        found.append(
            means.reset_index().assign(target=target, kind=kind, base=pair[0], other=pair[1])
        )
    columns = ["target", "kind", "base", "other", "row", "group", "time", "gain", "loss"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def apart(
    gain: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_], units: npt.NDArray[np.int64]
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
    _, codes = np.unique(units, return_inverse=True)
    total, count = np.bincount(codes, told), int(codes.max()) + 1
    df = min(len(np.unique(codes[inside])), len(np.unique(codes[~inside]))) - 1
    difference = float(means[0] - means[1])
    if df < 1:
        return difference, math.nan, math.nan
    found = symmetric(
        difference, float(np.square(total).sum()) * count / (count - 1), df, LEVEL, "units"
    )
    return difference, found.low, found.high
