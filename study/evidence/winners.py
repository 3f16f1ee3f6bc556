"""Which rows of a study's frames stand for what: the best trial for its search, one candidate for
its model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.schema import ALL_ROWS, BASELINE, in_order

SEARCH = ["target", "kind", "family", "depth", "outer_fold"]
MODEL = SEARCH[:-1]
CHOSEN = -1
"""Depth of *the network*: the procedure that chooses family and depth by validation loss in each
outer fold."""
CANDIDATES = "ensemble", "refit"
"""Candidates trained on all that an outer fold leaves; `rows-<fraction>` are made of a part of it."""
ROUNDING = 1e-9
"""Losses that differ by less than this share of the constant's are shown as alike: float32 and the
order of a machine's sums change them by so little."""


def baseline(own: pd.DataFrame, loss: str) -> float:
    """Mean loss (a column) of the constant in a frame of one target; where it is not there, the
    largest of any family.
    """
    means = own.groupby("family")[loss].mean()
    return float(means.get(BASELINE, means[np.isfinite(means)].max()))


def ranks(losses: pd.Series, baseline: float) -> pd.Series:
    """How many losses are less than each one by more than ROUNDING of the baseline's, and 1; NaN of
    NaN. 1 is the least.
    """
    return losses.map(lambda loss: 1 + (losses < loss - ROUNDING * baseline).sum()).where(
        losses.notna()
    )


def least(losses: pd.Series, baseline: float) -> list[Any]:
    """Labels of all losses that are the least (`ranks`), in their own order."""
    return [label for label, rank in ranks(losses, baseline).items() if rank == 1]


def best_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Best COMPLETE trial of every search of an outer fold by validation loss; the lowest number
    wins a tie.

    (n_trials, ...) results dataframe to (n_searches, ...) of its rows, sorted by search; a search
    without such a trial has none. Those on all rows, which no test row can score, are left out.
    """
    best = _complete(trials).sort_values(["val_loss", "number"]).drop_duplicates(SEARCH)
    return best.sort_values(SEARCH).reset_index(drop=True)


def _complete(trials: pd.DataFrame) -> pd.DataFrame:
    known = (trials["state"] == "COMPLETE") & trials["val_loss"].notna()
    return trials[known & (trials["outer_fold"] != ALL_ROWS)]


def best_so_far(trials: pd.DataFrame) -> pd.DataFrame:
    """The least validation loss after so many trials of a model, over its outer folds.

    trials: (n_trials, ...) results dataframe. Those on all rows are left out.

    Returns
    -------
    (n, 9) frame: MODEL, number (of the trial, from the first that some trial was complete by on
    every fold), best (the median over outer folds of the least loss so far), low, high (its range
    over them), n_folds; a fold whose search has ended keeps its last.
    """
    complete = _complete(trials).sort_values([*SEARCH, "number"])
    best = complete[[*SEARCH, "number"]].assign(best=complete.groupby(SEARCH)["val_loss"].cummin())
    pieces = []
    for _, own in best.groupby(MODEL, sort=False):
        folds = own.pivot_table("best", "number", "outer_fold").ffill().dropna()
        told = {
            "best": folds.median(axis=1),
            "low": folds.min(axis=1),
            "high": folds.max(axis=1),
            "n_folds": folds.shape[1],
        }
        pieces.append(
            pd.DataFrame(told).reset_index().assign(**{name: own[name].iloc[0] for name in MODEL})
        )
    columns = [*MODEL, "number", "best", "low", "high", "n_folds"]
    return (
        pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)
    )


def select_candidate(predictions: pd.DataFrame, candidate: str = "default") -> pd.DataFrame:
    """Rows of one candidate: `refit`, `ensemble`, `rows-<fraction>`, `products`, `curves`, or
    `default`.

    `default` is how each model would be used: a regression refitted on all development rows, a
    network as the mean of its replicates' predictions.
    """
    if candidate != "default":
        return predictions[predictions["candidate"] == candidate]
    used = np.where(predictions["depth"] == 0, "refit", "ensemble")
    return predictions[predictions["candidate"] == used]


def class_probabilities(predictions: pd.DataFrame) -> pd.DataFrame:
    """Columns `p_<class>` of one multiclass target, in the order of its classes; other targets'
    columns are all NaN there.

    The frame's own order is no help: of two targets that share a class it has that class once.
    """
    own = predictions.filter(regex="^p_").dropna(axis="columns", how="all")
    return own[[f"p_{name}" for name in in_order(str(column).removeprefix("p_") for column in own)]]
