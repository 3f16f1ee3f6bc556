"""Predictions of a model of known faults, drawn without training any, for targets of every kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.schema import Kind

N, FOLDS = 300, 5
"""Test rows, and their outer folds."""


def made(
    kind: Kind, rng: np.random.Generator, noise: float = 0.5, groups: int = 0, n: int = N
) -> pd.DataFrame:
    """Predictions of one model for a target of a kind, on test rows of FOLDS outer folds.

    noise: standard deviation of what the model gets wrong of a feature of standard deviation 1.
    groups: of rows that share half of the variance of all that is drawn; 0 for independent rows.

    Returns
    -------
    (n, ...) frame as `study.evidence.scores.row_losses` takes it.
    """
    row = np.arange(n)
    group = row % groups if groups else row
    common = rng.normal(size=n)[group]
    x = np.sqrt(0.5) * (common + rng.normal(size=n)) if groups else rng.normal(size=n)
    seen = x + noise * (
        rng.normal(size=n)
        if not groups
        else np.sqrt(0.5) * (rng.normal(size=n)[group] + rng.normal(size=n))
    )
    rows = {
        "row": row,
        "group": group,
        "outer_fold": row * FOLDS // n,
        "target": "y",
        "kind": kind.value,
        "family": "linear",
    }
    frame = pd.DataFrame(rows | {"depth": 0, "candidate": "refit", "seed": 0})
    if kind is Kind.CONTINUOUS:
        return frame.assign(observed=x, predicted=seen, loss=(x - seen) ** 2)
    if kind is Kind.COUNT:
        y, rate = rng.poisson(np.exp(1 + 0.3 * x)).astype(float), np.exp(1 + 0.25 * seen)
        return frame.assign(
            observed=y, predicted=rate, loss=y * np.log(np.where(y > 0, y / rate, 1)) - (y - rate)
        )
    if kind is Kind.BINARY:
        y, p = (rng.random(n) < 1 / (1 + np.exp(-2 * x))).astype(float), 1 / (1 + np.exp(-2 * seen))
        return frame.assign(observed=y, predicted=p, loss=-np.log(np.where(y > 0.5, p, 1 - p)))
    y = np.digitize(x + 0.3 * rng.normal(size=n), [-0.5, 0.5]).astype(float)
    shares = np.exp(-((seen[:, None] - np.array([-1.0, 0.0, 1.0])) ** 2))
    shares /= shares.sum(axis=1, keepdims=True)
    own = shares[row, y.astype(int)]
    return frame.assign(
        observed=y,
        predicted=own,
        loss=-np.log(own),
        p_a=shares[:, 0],
        p_b=shares[:, 1],
        p_c=shares[:, 2],
    )
