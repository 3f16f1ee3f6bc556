"""One fixed set of fold losses, and rows that come in groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.evidence.pairs import mean_covariance, paired
from study.evidence.series import cosines

R, K, N = 3, 5, 24
"""Repeats, folds and test rows a fold of the fixed losses."""
GROUPS, SIZE = 30, 6


def frame(losses: np.ndarray) -> pd.DataFrame:
    """(R, K, N) losses as test rows; each repeat deals the K * N rows to the folds anew."""
    pieces = []
    for r in range(len(losses)):
        rows = np.random.default_rng(100 + r).permutation(K * losses.shape[2]).reshape(K, -1)
        pieces += [
            pd.DataFrame({"outer_fold": r * K + f, "row": rows[f], "loss": losses[r, f]})
            for f in range(K)
        ]
    return pd.concat(pieces, ignore_index=True)


def fixed_losses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.exponential(1.0, (R, K, N)), rng.exponential(0.9, (R, K, N))


def fixed_pairs() -> pd.DataFrame:
    base, other = fixed_losses()
    return paired(frame(base), frame(other), K)


def units(base: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    """Improvement, and each loss's share of it by the gradient of 1 - O / B."""
    mean_base, mean_other = base.mean(), other.mean()
    share = (base - mean_base) * mean_other / mean_base**2 - (other - mean_other) / mean_base
    return 1 - mean_other / mean_base, share


def by_row(values: np.ndarray) -> np.ndarray:
    rows = np.stack([np.random.default_rng(100 + r).permutation(K * N) for r in range(R)])
    placed = np.empty((R, K * N))
    for r in range(R):
        placed[r, rows[r]] = values[r].ravel()
    return placed.mean(axis=0)


def grouped(rng: np.random.Generator, shared: float = 0.7) -> pd.DataFrame:
    """Pairs of one split whose expected improvement is 0.1, with a share of the noise common to the
    rows of a group.
    """
    group = np.repeat(np.arange(GROUPS), SIZE)
    noise = np.sqrt(shared) * rng.normal(size=GROUPS)[group] + np.sqrt(1 - shared) * rng.normal(
        size=len(group)
    )
    rows = {"outer_fold": 0, "row": np.arange(len(group)), "group": group}
    base = pd.DataFrame(rows | {"loss": 2 + 0.2 * rng.normal(size=len(group))})
    return paired(base, base.assign(loss=0.9 * base["loss"] + 0.5 * noise), 1)


def clustered(pairs: pd.DataFrame, share: pd.Series) -> tuple[float, int]:
    """Variance of the mean contribution (n_pairs,) of rows, and its degrees of freedom: groups less
    one, in time order the cosines of the series.
    """
    timed = "time" in pairs and pairs["time"].notna().all()
    unit = pairs["time" if timed else "group"]
    rows = share.groupby([unit, pairs["row"]]).mean().to_frame()
    number = unit.nunique()
    return float(mean_covariance(rows, timed)[0, 0]), cosines(number) if timed else number - 1
