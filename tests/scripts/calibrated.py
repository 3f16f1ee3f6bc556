"""Files of a calibration, made so that the truth, and what their test rows say of it, are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from calibrations import tables as simulated

FOLDS = 5
SIDES = {"linear": 0, "terms": 0, "neural": 1}
"""Depth of each family."""


def made(
    true: tuple[float, ...], tested: tuple[float, ...], number: int, repeats: int = 2
) -> pd.DataFrame:
    """A file of a calibration; test rows have these mean losses of SIDES, and gains of each table
    vary between rows.
    """
    rng = np.random.default_rng(number)
    rows = pd.MultiIndex.from_product(
        [range(repeats * FOLDS), range(40)], names=["outer_fold", "row"]
    ).to_frame(index=False)
    rows["row"] += 40 * (rows["outer_fold"] % FOLDS)
    pieces = []
    for (family, depth), expected, mean in zip(SIDES.items(), true, tested, strict=True):
        noise = rng.uniform(0.8, 1.2, 40 * FOLDS)
        search = {"target": "y", "kind": "continuous", "family": family, "depth": depth}
        about = search | {"candidate": "ensemble" if depth else "refit"}
        fresh = rows.drop_duplicates("outer_fold").assign(part="fresh", row=-1, loss=expected)
        inner = rows.drop_duplicates("outer_fold").assign(
            part="validation", row=0, loss=mean, **search
        )
        losses = mean * (noise / noise.mean())[rows["row"]]
        pieces += [rows.assign(part="test", loss=losses, **about), fresh.assign(**about), inner]
    return pd.concat(pieces, ignore_index=True)


def small(patch: pytest.MonkeyPatch, folds: int, trials: int, epochs: int) -> None:
    """Let a calibration run its pipeline in so many outer folds, on networks of one hidden layer,
    and on a small budget.
    """
    own = simulated.config_of
    budget = {
        "search": {"trials": trials},
        "training": {"epochs": epochs, "patience": 20},
        "inner": {"folds": 2, "seeds": 1},
    }
    patch.setattr(simulated, "FOLDS", folds)
    patch.setattr(simulated, "DEPTHS", [1])
    patch.setattr(simulated, "config_of", lambda *given: own(*given).replace(**budget))
