"""Whether every procedure has had its chance: `scripts/benchmark fair`.

The plain regression's path beside scikit-learn's fine grid on the same inner folds, and each
procedure's test loss at its budget beside that at four times it: penalties of the plain one,
weights and penalties of the extended one, trials of the network (--networks: two real studies a
table, which take minutes).
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.engine import ROOT, network_loss, run_study
from benchmarks.searched import (
    ALL_WEIGHTS,
    best,
    folds,
    loss_of,
    plain,
    scored,
    searched,
    second_class,
)
from benchmarks.terms import CHOICES
from study.data.encoding import Encoded
from study.schema import TERMS, Kind

TABLES = "diabetes", "breast_cancer", "wine"
REPEATS, TIMES, GRID = 3, 4, 200
TRIALS = 30
"""Of a search of networks at the usual effort."""


def denser(encoded: Encoded) -> list[float]:
    """TIMES as many penalties over the range of the plain regression's path, and zero."""
    own = np.geomspace(10 * min(map(len, encoded.train)), 1e-3, 50 * TIMES)
    return [*own.tolist(), 0.0]


def grid(encoded: Encoded, count: int = GRID) -> float:
    """Test loss of scikit-learn's regression, its penalty found on the same inner folds among so
    many.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = encoded.original(-1), encoded.y
    place = np.full(len(y), -1)
    place[encoded.development] = np.arange(len(encoded.development))
    inner = [
        (place[train], place[held])
        for train, held in zip(encoded.train, encoded.validation, strict=True)
    ]
    alphas = np.logspace(-4, 0, count) * len(encoded.development)
    if encoded.kind is Kind.CONTINUOUS:
        model, space, score = Ridge(), {"model__alpha": alphas}, "neg_mean_squared_error"
    else:
        model, space, score = (
            LogisticRegression(solver="newton-cholesky", max_iter=1_000),
            {"model__C": 1 / (2 * alphas)},
            "neg_log_loss",
        )
    # The scaler is inside, so that it too sees training rows only.
    search = GridSearchCV(
        Pipeline([("scale", StandardScaler()), ("model", model)]), space, scoring=score, cv=inner
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(x[encoded.development], y[encoded.development])
    rows = x[encoded.test]
    found = search.predict_proba(rows) if encoded.classes else search.predict(rows)
    return scored(encoded, second_class(encoded, found) if encoded.classes else found)


def line(table: str, what: str, own: Sequence[float], other: Sequence[float], repeats: int) -> str:
    """A row: mean losses, their ratio, and the least and largest ratio of a repeat."""
    each = np.reshape(own, (repeats, -1)).mean(axis=1) / np.reshape(other, (repeats, -1)).mean(
        axis=1
    )
    ratio = np.mean(own) / np.mean(other)
    means = f"{np.mean(own):.5g} | {np.mean(other):.5g}"
    return f"| {table} | {what} | {means} | {ratio:.4f} | {each.min():.3f} to {each.max():.3f} |"


def fair(tables: Sequence[str], networks: bool, repeats: int = REPEATS) -> None:
    """Print a row a table and comparison: losses, and the first as a share of the second."""
    print("| table | first / second | first | second | ratio | ratios of repeats |")
    print("| --- | --- |" + " ---: |" * 4, flush=True)
    for table in tables or TABLES:
        encoded = folds(f"sklearn:{table}", "target", repeats)
        losses: dict[str, list[float]] = {
            name: [] for name in ("plain", "grid", "plain x 4", "terms", "extended x 4")
        }
        for each in encoded:
            losses["plain"].append(loss_of(each, plain(each)))
            losses["grid"].append(grid(each))
            losses["plain x 4"].append(loss_of(each, plain(each, denser(each))))
            losses["terms"].append(loss_of(each, best(searched(each, TERMS, CHOICES))))
            losses["extended x 4"].append(
                loss_of(each, best(searched(each, TERMS, ALL_WEIGHTS, denser(each)[::2])))
            )
        for one, other in (("plain", "grid"), ("plain", "plain x 4"), ("terms", "extended x 4")):
            print(line(table, f"{one} / {other}", losses[one], losses[other], repeats), flush=True)
        if networks:
            own, more = (_network(table, trials) for trials in (TRIALS, TIMES * TRIALS))
            print(
                f"| {table} | network / network x 4, shares of plain | {own:.5g} | {more:.5g} | {own / more:.4f} | |",
                flush=True,
            )


def _network(table: str, trials: int) -> float:
    """Test loss of the network, as a share of the plain regression's, of a study with one repeat
    and so many trials a search.
    """
    with tempfile.TemporaryDirectory() as folder:
        keys = ["outer.repeats=1", f"search.trials={trials}", "resources.max_concurrent=2"]
        return network_loss(run_study(ROOT, f"configs/{table}.yaml", keys, Path(folder)).results)
