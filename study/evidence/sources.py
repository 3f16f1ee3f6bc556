"""Where the gain of a regression with terms comes from: its products, or its curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from study.evidence.compare import Comparison, Model
from study.evidence.findings import Sources
from study.evidence.pairs import FINE
from study.evidence.scores import row_losses, units
from study.schema import CURVES, PRODUCTS, TERMS


def sources(
    predictions: pd.DataFrame,
    neither: Model,
    both: Model,
    compared: Comparison,
    finish: Callable[[pd.DataFrame], pd.DataFrame] = lambda losses: losses,
) -> Sources | None:
    """Divide what the regression with terms saves between its interactions and its curvature
    (`Sources`).

    predictions: of one target, with the candidates PRODUCTS and CURVES of the regression with
    terms. neither, both: the regression without terms, and with them. finish: what was done to the
    losses of these two, and is to be done to those of the candidates
    (`study.evidence.measure.Measure.finish`). Gains are shares of the loss of `compared.per`, by
    default that of neither. Rows that not all four have are left out; None where no row is left, or
    where a part is missing on an outer fold of the two: their gain would be of other rows.
    """
    own = predictions[predictions["family"] == TERMS]
    alone = (finish(units(row_losses(own, candidate))) for candidate in (PRODUCTS, CURVES))
    sides = [neither.losses, *alone, both.losses]
    rows = [side.set_index(["outer_fold", "row"]) for side in sides]
    told = [name for name in ("loss", FINE) if all(name in row for row in rows)]
    losses = pd.concat([row[told] for row in rows], axis=1, keys=range(len(rows)), join="inner")
    shared, *parts = (set(side["outer_fold"]) for side in sides[:3])
    shared &= set(both.losses["outer_fold"])
    if losses.empty or not all(shared <= part for part in parts):
        return None
    about = rows[0].loc[losses.index, ["group", "time"]]

    def mean_of(*places: int) -> Model:
        mean = about.assign(
            **{name: losses[[(place, name) for place in places]].mean(axis=1) for name in told}
        )
        return Model(neither.family, 0, mean.reset_index())

    compared = replace(compared, per=compared.per or mean_of(0))
    gains = [
        compared.gain(mean_of(0, alone), mean_of(other, 3)) for alone, other in ((2, 1), (1, 2))
    ]
    return Sources(interactions=gains[0], curvature=gains[1])
