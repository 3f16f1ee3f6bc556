"""The regression with terms where the truth is known: `scripts/benchmark truths`.

Tables of ten columns, some normal and correlated, one skewed, one binary, whose linear part tells
some two thirds of a continuous target, or as much of a class. `linear` is that alone; `products`
and `curves` add two of such terms that tell a fifth of what the linear part does. Losses are those
of FRESH other rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.searched import best, cautious, loss_of, searched
from benchmarks.terms import CHOICES
from study.data.encoding import Encoded
from study.schema import TERMS

FRESH, COLUMNS = 4_000, 10


def table(truth: str, kind: str, rows: int, seed: int) -> pd.DataFrame:
    """Rows + FRESH rows of a truth: columns x0 to x9 and the target y."""
    draw = np.random.default_rng([seed, rows])
    x = draw.normal(size=(rows + FRESH, COLUMNS))
    x[:, 1:4] = 0.6 * x[:, :1] + 0.8 * x[:, 1:4]
    x[:, 4] = draw.exponential(size=len(x)) - 1
    x[:, 5] = draw.random(len(x)) < 0.3
    eta = x @ (draw.normal(size=COLUMNS) * (draw.random(COLUMNS) < 0.6))
    scale = max(float(eta[:rows].std()), 0.5)
    if truth != "linear":
        a, b, c = draw.choice([0, 1, 2, 3, 6, 7, 8, 9], 3, replace=False)
        other = (
            x[:, a] * x[:, b] + x[:, b] * x[:, c]
            if truth == "products"
            else np.abs(x[:, a]) + np.maximum(x[:, b] - 0.5, 0)
        )
        eta = eta + other * scale * 0.2**0.5 / other[:rows].std()
    if kind == "continuous":
        y = eta + draw.normal(0, scale * 0.7, len(x))
    else:
        y = np.where(draw.random(len(x)) < 1 / (1 + np.exp(-1.5 * eta / scale)), "yes", "no")
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(COLUMNS)]).assign(y=y)


def encoded_truth(frame: pd.DataFrame, rows: int, seed: int) -> Encoded:
    """A fold whose first rows are developed on, with five inner folds, and whose others are tested."""
    from sklearn.model_selection import KFold, StratifiedKFold

    from study.config import make_config
    from study.data.encode import encode
    from study.data.splits import Split
    from study.data.tables import read_table

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        frame.to_parquet(path)
        read = read_table(
            make_config(
                {"name": "x", "data": {"source": str(path)}, "targets": ["y"]}, [], "words", Path()
            )
        )
    own, y = np.arange(rows), frame["y"].to_numpy()[:rows]
    splitter = (KFold if y.dtype == float else StratifiedKFold)(5, shuffle=True, random_state=seed)
    inner = tuple((own[train], own[validation]) for train, validation in splitter.split(own, y))
    return encode(read, read.targets[0], Split(0, own, np.arange(rows, len(frame)), inner))


def ratios(truth: str, kind: str, rows: int, seed: int) -> tuple[float, float]:
    """Loss of the regression with terms, and with the rule of one standard error, as shares of the
    plain one's.
    """
    encoded = encoded_truth(table(truth, kind, rows, seed), rows, seed)
    records = searched(encoded, TERMS, CHOICES)
    base, found, kept = loss_of(encoded, records[0]), best(records), cautious(records)
    ratio = 1.0 if found is records[0] else loss_of(encoded, found) / base
    return ratio, 1.0 if kept is records[0] else ratio


def summary(found: Sequence[float]) -> str:
    """Mean, its standard error, 90 % quantile, largest, and how often plain was left."""
    own = np.asarray(found)
    error = own.std(ddof=1) / len(own) ** 0.5
    return f"{own.mean():.4f} ± {error:.4f} | {np.quantile(own, 0.9):.3f} | {own.max():.3f} | {(own != 1).mean():.0%}"


def truths(count: int, kinds: Sequence[str] = ("continuous", "binary")) -> None:
    """Print, of `count` tables of each kind, size and truth, the ratio of losses and how often
    plain was left.
    """
    print("| truth | kind | rows | rule | mean ratio | 90 % quantile | largest | left plain |")
    print("| --- | --- | ---: | --- |" + " ---: |" * 4, flush=True)
    for kind in kinds:
        for truth in ("linear", "products", "curves"):
            for rows in (300, 1_000):
                found = [ratios(truth, kind, rows, seed) for seed in range(count)]
                for name, own in zip(("best", "1 se"), zip(*found, strict=True), strict=True):
                    print(f"| {truth} | {kind} | {rows:,} | {name} | {summary(own)} |", flush=True)
