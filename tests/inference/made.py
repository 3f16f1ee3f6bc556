"""A small study of an awkward table, made in this process: every search has one trial, and all of
it is judged and delivered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.api import _write_description
from study.conclude import conclude
from study.config import make_config
from study.execution.in_process import run_in_process
from study.execution.observer import Observer
from study.execution.recorder import Recorder
from study.execution.runner import make_searches
from study.plan import prepare
from study.records.paths import StudyPaths
from study.results import Results, load_results


def awkward_frame(rows: int = 150, seed: int = 0) -> pd.DataFrame:
    """Dates, yes and no, whole numbers that are levels, gaps everywhere, rare levels, an id, and
    one target of each kind.
    """
    rng = np.random.default_rng(seed)
    floor = rng.integers(0, 4, rows).astype(float)
    size = rng.normal(90, 25, rows).round(2)
    heated = rng.random(rows) < 0.5
    built = pd.Timestamp("2003-02-01") + pd.to_timedelta(rng.integers(0, 6_000, rows), unit="D")
    price = (
        3 * size
        + 40 * np.sin(2 * floor)
        + 60 * heated
        + (built - built.min()).days * 0.02
        + rng.normal(0, 20, rows)
    )
    town = rng.choice(
        np.array(["Bonn", "Köln", "Ulm, alt", "Aix"], dtype=object), rows, p=[0.5, 0.3, 0.18, 0.02]
    )
    frame = pd.DataFrame(
        {
            "flat": [f"F-{i:04d}" for i in range(rows)],
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "floor": np.where(rng.random(rows) < 0.1, np.nan, floor),
            "heated": pd.Series(np.where(heated, "yes", "no")).mask(rng.random(rows) < 0.08),
            "built": pd.Series(built.strftime("%d/%m/%Y")).mask(rng.random(rows) < 0.05),
            "town": pd.Series(town).mask(rng.random(rows) < 0.06),
            "price": price.round(1),
        }
    )
    dear = pd.Series(np.where(price > np.median(price), "dear", "cheap"))
    sort = pd.Series(
        np.array(["small", "middle", "large"])[
            np.digitize(size + rng.normal(0, 20, rows), [75, 105])
        ]
    )
    return frame.assign(dear=dear, sort=sort, visits=rng.poisson(np.exp(size / 90)))


KINDS = {"price": "continuous", "sort": "multiclass"}
TARGETS = ("price", "dear", "sort", "visits")


def made_study(folder: Path, frame: pd.DataFrame, targets: Any = KINDS, **more: Any) -> Results:
    """Write the frame as CSV, study it without its other targets and conclude."""
    frame.to_csv(folder / "flats.csv", index=False)
    others = [
        name
        for name in TARGETS
        if name in frame and name not in ([targets] if isinstance(targets, str) else targets)
    ]
    content = {
        "name": "flats",
        "data": {
            "source": str(folder / "flats.csv"),
            "types": {"floor": "category"},
            "drop": others,
        },
        "targets": targets,
        "families": ["baseline", "linear", "logistic", "neural"],
        "depths": [1],
        "effort": "quick",
        "protocol": "nested",
        "outer": {"folds": 2, "repeats": 1},
        "inner": {"folds": 2, "seeds": 1},
        "training": {"epochs": 10},
        "search": {"trials": 1},
        "space": {"neural": {"width": 8}},
        **more,
    }
    paths = StudyPaths(folder / "results" / "flats")
    prepared = prepare(make_config(content))
    _write_description(paths, prepared)
    plan, data, observer = prepared.plan, prepared.data, Observer()
    run_in_process(
        plan.config, data, Recorder(paths, observer, *make_searches(plan, data, paths, observer))
    )
    conclude(paths, prepared.data)
    return load_results(paths.root)
