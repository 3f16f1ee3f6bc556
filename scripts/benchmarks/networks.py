"""How strong a network is beside the plain regression on the same folds: `scripts/benchmark
networks`.

Each depth gets the same random trials in each of five outer folds, without Ray and Optuna. Printed
are test losses as shares of the plain regression's: of the depth chosen by validation loss, and of
each depth.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.searched import folds, loss_of, plain, trial
from study.data.encoding import Encoded

TABLES = (
    "sklearn:diabetes=target",
    "sklearn:breast_cancer=target",
    "statsmodels:star98=NABOVE",
    "statsmodels:ccard=AVGEXP",
    "linear",
    "sparse_logit",
    "steps",
    "friedman1",
)
"""SOURCE=TARGET, or a simulated table: of the tuning ones in strength.toml."""
DEPTHS = 1, 2, 3


def simulated(name: str) -> pd.DataFrame:
    """One of the tables whose truth is known: columns x0, x1, … and the target y."""
    from sklearn.datasets import make_friedman1

    draw = np.random.default_rng(1)
    if name == "friedman1":
        x, y = make_friedman1(500, noise=1, random_state=1)
    elif name == "linear":
        x = draw.normal(size=(400, 8))
        y = x @ draw.normal(size=8) + draw.normal(0, 1.5, 400)
    elif name == "sparse_logit":
        x = draw.normal(size=(1_000, 20))
        p = 1 / (1 + np.exp(x[:, 1] - 1.5 * x[:, 0]))
        y = np.where(draw.random(1_000) < p, "yes", "no")
    else:
        x = draw.uniform(-1, 1, (800, 6))
        y = np.floor(3 * x[:, 0]) + 2 * (x[:, 1] > 0) * (x[:, 2] > 0.3) + draw.normal(0, 0.3, 800)
    return pd.DataFrame(x).add_prefix("x").assign(y=y)


def drawn(encoded: Encoded, depth: int, trials: int) -> list[dict[str, Any]]:
    """Hyperparameters of so many trials: the search's first, then random ones."""
    from study.config.options import Range
    from study.families import first_params, get_family, resolve_space

    family, draw = get_family("neural"), np.random.default_rng([depth, encoded.outer_fold])
    space = resolve_space(family, min(map(len, encoded.train)), {})
    found = [first_params(family, space)]
    for _ in range(trials - 1):
        params = dict(found[0])
        for name, form in space.items():
            if isinstance(form, Range):
                params[name] = float(np.exp(draw.uniform(np.log(form.low), np.log(form.high))))
            elif isinstance(form, list) and name != "width":
                params[name] = form[draw.integers(len(form))]
        found.append(params)
    return found


def losses(encoded: Encoded, trials: int) -> dict[str, float]:
    """Test loss of the plain regression, of the network of each depth, and of the one chosen."""
    from study.training.task import TrainingFailed
    from study.training.trial import run_trial
    from study.training.winner import run_winner

    encoded = replace(encoded, parts=())
    regression, found = plain(encoded), {}
    for depth in DEPTHS:
        best: tuple[Any, ...] = (np.inf,)
        for number, params in enumerate(drawn(encoded, depth, trials)):
            task = trial(encoded, "neural", params)
            own = {"depth": depth}
            task = task.model_copy(
                update={
                    "search": task.search.model_copy(update=own),
                    "number": number,
                    "inner_seeds": 2,
                    "epochs": 200,
                    "patience": 20,
                }
            )
            try:
                record, kept = run_trial(task, encoded)
            except TrainingFailed:
                continue
            if record.val_loss < best[0]:
                best = record.val_loss, task, kept
        won, _ = run_winner(best[1].as_winner(best[0]), encoded, best[2])
        (test,) = (each.loss for each in won.candidates if each.name == "ensemble")
        found[f"{depth}"] = best[0], float(np.mean(test))
    chosen = {"chosen": min(found.values())[1]}
    return (
        {"plain": loss_of(encoded, regression)} | chosen | {d: own[1] for d, own in found.items()}
    )


def networks(tables: Sequence[str], trials: int = 4) -> None:
    """Print a row a table."""
    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    print("| table | chosen | 1 layer | 2 layers | 3 layers | plain loss | s |")
    print("| --- |" + " ---: |" * 6, flush=True)
    for table in tables or TABLES:
        begin, found = time.perf_counter(), defaultdict[str, list[float]](list)
        with tempfile.TemporaryDirectory() as folder:
            source, _, target = table.rpartition("=")
            if not source:
                source, target = str(Path(folder) / f"{table}.parquet"), "y"
                simulated(table).to_parquet(source)
            for encoded in folds(source, target, 1):
                for name, loss in losses(encoded, trials).items():
                    found[name].append(loss)
        base = float(np.mean(found.pop("plain")))
        shares = " | ".join(f"{np.mean(own) / base:.3f}" for own in found.values())
        print(
            f"| {table} | {shares} | {base:.4g} | {time.perf_counter() - begin:.0f} |", flush=True
        )
