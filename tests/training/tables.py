"""Tables that are saved, read and encoded, and the simple formula of an outer fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from study.config import make_config
from study.data.encode import encode_all
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.data.tables import read_table
from study.records.formula import FormulaRecord, FormulaWork
from study.training.formula import run_formula
from study.training.task import FoldTask


def encoded_of(source: str | Path, target: str, **more: Any) -> dict[int, Encoded]:
    """By outer fold, of one target, ALL_ROWS among them."""
    config = make_config(
        {
            "name": "test",
            "data": {"source": str(source)},
            "targets": [target],
            "protocol": "holdout",
        }
        | more
    )
    table = read_table(config)
    splits = [(table.targets[0], split) for split in make_splits(table, table.targets[0], config)]
    return {fold: encoded for (_, fold), encoded in encode_all(table, splits).items()}


def saved_encoded(folder: Path, frame: pd.DataFrame, **more: Any) -> dict[int, Encoded]:
    """The same of a frame whose target is `y`."""
    path = folder / "table.parquet"
    frame.to_parquet(path)
    return encoded_of(path, "y", **more)


def formula_of(encoded: Encoded, **more: Any) -> tuple[FormulaRecord, bytes]:
    """What the search for the simple formula leaves: its record and its model."""
    work = FormulaWork(target=encoded.target, kind=encoded.kind, outer_fold=encoded.outer_fold)
    with threadpool_limits(1):
        record, files = run_formula(
            FoldTask(study="test", seed=0, work=work, tree_trials=1, **more), encoded
        )
    (content,) = files.values()
    return record, content


def mixed(seed: int = 0, n: int = 900) -> pd.DataFrame:
    """Numbers with gaps, levels, a product and a hinge, before a target `eta`."""
    rng = np.random.default_rng(seed)
    age, height = rng.normal(50, 10, n), rng.normal(size=n)
    sex, town = (
        rng.choice(["f", "m"], n, p=[0.6, 0.4]),
        rng.choice(["Bonn", "Köln", "Ulm"], n, p=[0.5, 0.3, 0.2]),
    )
    eta = (
        0.05 * (age - 50) + (sex == "m") * height + 0.15 * np.maximum(age - 55, 0) + (town == "Ulm")
    )
    frame = pd.DataFrame({"age": age, "height": height, "sex": sex, "town": town, "eta": eta})
    frame.loc[rng.random(n) < 0.05, "age"] = np.nan
    return frame
