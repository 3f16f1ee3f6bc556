"""Fits a minute of one shape on two processes, by several ways of training: `scripts/benchmark
fits`.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable

import numpy as np

ROWS, WIDTH, DEPTH, BATCH, EPOCHS, REPLICATES = 8_000, 64, 2, 64, 10, 10
"""Shape of every timed fit: 8,000 training rows of 3 columns, two hidden layers of 64, batch 64, 10
epochs."""


def make_rows() -> tuple[np.ndarray, np.ndarray]:
    """Columns (rows, 3) and target (rows,), standardised float32: ROWS to train on, then a quarter
    as many to validate.
    """
    from study.data.balloons import make_balloons

    frame = make_balloons(ROWS + ROWS // 4, 0)
    x = frame[["relationship", "children", "age"]].to_numpy()
    y = frame["balloons"].to_numpy()
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), ((y - y.mean()) / y.std()).astype(
        np.float32
    )


def _stacked(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of each stacked fit in this process; the first one compiles."""
    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    from harness.networks import problem_on
    from study.families import HEADS, Schedule, get_family
    from study.training.fit import fit

    x, y = make_rows()
    rows, held = np.arange(ROWS), np.arange(ROWS, len(x))
    problem = problem_on(x, y, (rows,) * REPLICATES, (held,) * REPLICATES, HEADS["continuous"])
    schedule = Schedule(3e-3, BATCH, 1e-4, 0.0, EPOCHS, EPOCHS)
    form = {"width": WIDTH, "activation": "relu", "dropout": 0}
    architecture = get_family("neural").architecture(form, DEPTH, (REPLICATES, 3, 1))
    spent = []
    for _ in range(rounds):
        begin = time.perf_counter()
        fit(problem, architecture, schedule, list(range(REPLICATES)))
        spent.append((time.perf_counter() - begin, REPLICATES))
    return spent


def _keras(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of Keras's own training loop."""
    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    import keras

    x, y = make_rows()
    spent = []
    for _ in range(rounds):
        begin = time.perf_counter()
        hidden = [keras.layers.Dense(WIDTH, activation="relu") for _ in range(DEPTH)]
        model = keras.Sequential([keras.Input((3,)), *hidden, keras.layers.Dense(1)])
        model.compile(keras.optimizers.AdamW(3e-3, weight_decay=1e-4), "mse")
        held = (x[ROWS:], y[ROWS:])
        model.fit(
            x[:ROWS], y[:ROWS], batch_size=BATCH, epochs=EPOCHS, validation_data=held, verbose=0
        )
        spent.append((time.perf_counter() - begin, 1))
    return spent


def _sklearn(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of scikit-learn's network, which measures no validation loss."""
    import warnings

    from sklearn.neural_network import MLPRegressor

    warnings.simplefilter("ignore")  # ten epochs are not convergence
    x, y = make_rows()
    spent = []
    for seed in range(rounds):
        begin = time.perf_counter()
        MLPRegressor(
            hidden_layer_sizes=(WIDTH,) * DEPTH,
            batch_size=BATCH,
            max_iter=EPOCHS,
            random_state=seed,
        ).fit(x[:ROWS], y[:ROWS])
        spent.append((time.perf_counter() - begin, 1))
    return spent


def _run(job: tuple[Callable[[int], list[tuple[float, int]]], int]) -> list[tuple[float, int]]:
    return job[0](job[1])


def fits() -> None:
    """Print fits a minute on two processes at once, each way in turn, and ratios to scikit-learn."""
    rates: dict[str, float] = {}
    context = multiprocessing.get_context("spawn")
    for name, way, rounds in (
        ("scikit-learn MLPRegressor", _sklearn, 5),
        ("Keras model.fit", _keras, 4),
        ("stacked", _stacked, 8),
    ):
        with context.Pool(2) as pool:
            processes = pool.map(_run, [(way, rounds)] * 2)
        first = [spent[0] for spent in processes]
        later = [s for spent in processes for s in spent[1:]]
        for label, sample in ((f"{name}, cold", first), (f"{name}, warm", later)):
            rates[label] = 60 * sum(n for _, n in sample) / sum(s for s, _ in sample) * 2
    base = rates["scikit-learn MLPRegressor, warm"]
    print(f"{'way':<32}{'fits a minute':>14}{'ratio':>8}")
    for label, rate in rates.items():
        print(f"{label:<32}{rate:>14,.0f}{rate / base:>8.2f}")
