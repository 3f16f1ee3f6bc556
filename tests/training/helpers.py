"""A network's problem of two replicates and its schedule, and designs as the reference fits take
them.
"""

from __future__ import annotations

import numpy as np

from harness.networks import problem_on
from study.families import HEADS, Architecture, Schedule, get_family
from study.schema import Kind
from study.training.problem import Problem

SCHEDULE = Schedule(
    learning_rate=0.02, batch_size=16, weight_decay=0.01, dropout=0.0, epochs=40, patience=40
)
SEEDS = [11, 12]
N_ROWS = 120


def network_of(depth: int = 1, dropout: float = 0.0) -> Architecture:
    """Two replicates, three columns, eight units a layer."""
    return get_family("neural").architecture(
        {"width": 8, "activation": "relu", "dropout": dropout}, depth, (2, 3, 1)
    )


NETWORK = network_of()


def problem_of(kind: Kind = Kind.CONTINUOUS, noise: float = 0.5) -> Problem:
    """Two replicates, each on its own copy of 120 rows: 80 train; 40 validate the first and 21 the
    second.
    """
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N_ROWS, 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + noise * rng.normal(size=N_ROWS)).astype(np.float32)
    y = (y > 0).astype(np.float32) if kind is Kind.BINARY else y
    train, validation = np.arange(80), np.arange(80, 120)
    return problem_on(
        np.concatenate([x, x]),
        np.concatenate([y, y]),
        (train, train + N_ROWS),
        (validation, validation[:21] + N_ROWS),
        HEADS[kind],
    )


def assert_same_bits(
    one: list[np.ndarray], other: list[np.ndarray], replicate: int | None = None
) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(
            *((a, b) if replicate is None else (a[replicate], b[replicate]))
        )


def standardised(x: np.ndarray) -> np.ndarray:
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def with_ones(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])
