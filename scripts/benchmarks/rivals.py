"""study beside canonical ways to the same fits, in one run: `scripts/benchmark rivals`.

workers [CONFIG [KEY=VALUE…]]  trials a minute with one worker and with two, each first without and then with kept programs
fits                           fits a minute of the shape of `scripts/benchmark fits` through whole pipelines on two processes
tables [CONFIG…]               losses and seconds of AutoML tools on the test rows of a study (`rival_tables.py`)

Rates leave out as many first records as there are workers, and what leads to them.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import yaml

from benchmarks.engine import ROOT, run_study
from benchmarks.fits import BATCH, DEPTH, EPOCHS, ROWS, WIDTH, make_rows

TRIALS = {"study": 300, "Ray Tune": 12, "Optuna": 80}
"""Trials of each pipeline: some quarter of a minute to a minute."""
FOLDS, SEEDS = 5, 2
"""Of a trial of study; what it trains is one fit a fold and seed."""
LEARNING_RATE, WEIGHT_DECAY = (3e-4, 3e-2), (1e-5, 1e-1)
"""What every pipeline searches, on a log scale."""
SHAPE = {
    # A fifth of the rows is tested, a fifth of the others validates a replicate, and ROWS are left
    # to train it.
    "data": {"source": "balloons", "rows": ROWS * 25 // 16},
    "targets": ["balloons"],
    "families": ["neural"],
    "depths": [DEPTH],
    "protocol": "holdout",
    "inner": {"folds": FOLDS, "seeds": SEEDS},
    "training": {"epochs": EPOCHS, "patience": EPOCHS},
    "search": {"trials": TRIALS["study"]},
    "space": {"neural": {"width": WIDTH, "batch_size": BATCH, "activation": "relu", "dropout": 0}},
}
"""Config of a study whose every fit has the shape of the others."""


def rate(ended: Sequence[float], workers: int, fits: int = 1) -> float:
    """Fits a minute of trials of so many fits, from the first of each worker on, which end
    together, to the last.

    ended: seconds, in any order, of more trials than there are workers.
    """
    begin = sorted(ended)[workers - 1]
    return 60 * fits * (len(ended) - workers) / (max(ended) - begin)


def workers(config: str = "configs/diabetes.yaml", *keys: str) -> None:
    """Print trials a minute with one worker and with two.

    Every worker compiles the programs that it needs, so two compile twice as many. Of each count of
    workers the first study finds none, and the second those that the first has kept. Winners and
    trees, which workers score between trials, take of their time as well. The default config is one
    pass of outer folds.
    """
    print(
        "| workers | programs | trials | first record, s | last trial, s | end, s | trials a minute | of one worker's |"
    )
    print("| ---: | --- |" + " ---: |" * 6, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for programs in ("compiled", "kept"):
            rates: list[float] = []
            for count in (1, 2):
                own = [*(keys or ("outer.repeats=1",)), f"resources.max_concurrent={count}"]
                ran = run_study(
                    ROOT,
                    config,
                    own,
                    Path(folder) / f"{programs}-{count}",
                    Path(folder) / f"cache-{count}",
                )
                ended = [*ran.ended("[0-9]*.json").values()]
                rates.append(rate(ended, count))
                figures = f"{len(ended)} | {ended[0]:.1f} | {ended[-1]:.1f} | {ran.end:.1f} | {rates[-1]:,.0f}"
                print(
                    f"| {count} | {programs} | {figures} | {rates[-1] / rates[0]:.2f} |", flush=True
                )


def _study() -> list[float]:
    """When each trial of a whole study was on disk."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "fits.yaml"
        config.write_text(yaml.safe_dump(SHAPE), encoding="utf-8")
        ran = run_study(ROOT, str(config), ["resources.max_concurrent=2"], Path(folder))
        return [*ran.ended("[0-9]*.json").values()]


def _ray_tune(reuse_actors: bool) -> list[float]:
    """When each trial of Ray Tune, OptunaSearch and Keras's own training loop reported, two at a
    time.
    """
    import optuna
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    def objective(params: dict[str, float], rows: tuple[np.ndarray, np.ndarray]) -> None:
        import keras

        x, y = rows
        hidden = [keras.layers.Dense(WIDTH, activation="relu") for _ in range(DEPTH)]
        model = keras.Sequential([keras.Input((x.shape[1],)), *hidden, keras.layers.Dense(1)])
        model.compile(
            keras.optimizers.AdamW(params["learning_rate"], weight_decay=params["weight_decay"]),
            "mse",
        )
        held = (x[ROWS:], y[ROWS:])
        fitted = model.fit(
            x[:ROWS], y[:ROWS], batch_size=BATCH, epochs=EPOCHS, validation_data=held, verbose=0
        )
        tune.report({"loss": min(fitted.history["val_loss"]), "ended": time.time()})

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    silent = redirect_stdout(StringIO())
    with (
        tempfile.TemporaryDirectory() as folder,
        silent,
        ray.init(num_cpus=2, log_to_driver=False, logging_level="ERROR"),
    ):
        found = tune.Tuner(
            tune.with_parameters(objective, rows=make_rows()),
            param_space={
                "learning_rate": tune.loguniform(*LEARNING_RATE),
                "weight_decay": tune.loguniform(*WEIGHT_DECAY),
            },
            tune_config=tune.TuneConfig(
                metric="loss",
                mode="min",
                search_alg=OptunaSearch(),
                num_samples=TRIALS["Ray Tune"],
                reuse_actors=reuse_actors,
            ),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        ).fit()
        return [result.metrics["ended"] for result in found]


def _optuna(seed: int) -> list[float]:
    """When each trial of Optuna and scikit-learn's network ended, of half the trials in a process
    of one thread.
    """
    import warnings

    import optuna
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    warnings.simplefilter("ignore")  # ten epochs are not convergence
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    x, y = make_rows()
    ended = []

    def objective(trial: optuna.Trial) -> float:
        model = MLPRegressor(
            hidden_layer_sizes=(WIDTH,) * DEPTH,
            batch_size=BATCH,
            max_iter=EPOCHS,
            learning_rate_init=trial.suggest_float("learning_rate", *LEARNING_RATE, log=True),
            alpha=trial.suggest_float("weight_decay", *WEIGHT_DECAY, log=True),
            random_state=trial.number,
        ).fit(x[:ROWS], y[:ROWS])
        loss = float(np.mean((model.predict(x[ROWS:]) - y[ROWS:]) ** 2))
        ended.append(time.time())
        return loss

    with threadpool_limits(1):
        optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed)).optimize(
            objective, TRIALS["Optuna"] // 2
        )
    return ended


def _in_processes(way: Callable[..., list[float]], *arguments: int) -> list[float]:
    """Ends that a function gives in processes of its own, one at a time for each argument."""
    with ProcessPoolExecutor(len(arguments), multiprocessing.get_context("spawn")) as pool:
        return [end for ended in pool.map(way, arguments) for end in ended]


def fits() -> None:
    """Print fits a minute of whole pipelines on two processes, each way in turn, and how many times
    as many study does.
    """
    pipelines: dict[str, Callable[[], float]] = {
        f"study, {FOLDS * SEEDS} fits a trial": lambda: rate(_study(), 2, FOLDS * SEEDS),
        "Ray Tune + Keras, a new actor a trial": lambda: rate(_in_processes(_ray_tune, False), 2),
        "Ray Tune + Keras, reuse_actors=True": lambda: rate(_in_processes(_ray_tune, True), 2),
        "Optuna + MLPRegressor": lambda: rate(_in_processes(_optuna, 0, 1), 2),
    }
    print(
        "| pipeline | fits a minute | times as many with study |\n| --- | ---: | ---: |", flush=True
    )
    found: list[float] = []
    for name, timed in pipelines.items():
        found.append(timed())
        print(f"| {name} | {found[-1]:,.1f} | {found[0] / found[-1]:,.1f} |", flush=True)


def tables(*configs: str) -> None:
    """Print losses and seconds of AutoML tools beside those of studies of these configs."""
    from benchmarks.rival_tables import compare

    compare(configs or ("configs/diabetes.yaml", "configs/breast_cancer.yaml"))
