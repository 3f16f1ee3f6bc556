"""One AutoML tool on one table, in an environment of its own: what `rival_tables.py` runs, with no
word of study.

automl.py TOOL PRESET SECONDS KIND FOLDER  reads train.parquet and test.parquet there; their last column is the target, classes
as 0…
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

BEGIN = time.time()
N_CPUS = 2
Model = tuple[float, float, list[Any]]
"""When it was saved (seconds since the epoch), its validation loss, and what it predicts for the
test rows."""


def autogluon(
    preset: str, seconds: int, kind: str, folder: Path, train: Any, test: Any
) -> Iterator[Model]:
    """Fit AutoGluon's tabular predictor."""
    from autogluon.tabular import TabularPredictor

    problem = {"continuous": "regression"}.get(kind, kind)
    metric = "mean_squared_error" if kind == "continuous" else "log_loss"
    fitted = TabularPredictor(
        train.columns[-1], problem, metric, folder / "models", verbosity=0
    ).fit(train, time_limit=seconds, presets=preset, num_cpus=N_CPUS)
    for row in fitted.leaderboard().itertuples():
        if kind == "continuous":
            predicted = fitted.predict(test, row.model).tolist()
        else:
            predicted = (
                fitted.predict_proba(test, row.model).sort_index(axis="columns").to_numpy().tolist()
            )
        yield (
            (folder / "models" / "models" / row.model / "model.pkl").stat().st_mtime,
            -row.score_val,
            predicted,
        )


def mljar(
    preset: str, seconds: int, kind: str, folder: Path, train: Any, test: Any
) -> Iterator[Model]:
    """Fit mljar-supervised without its explanations; no public method predicts with any but the
    best of its models.
    """
    from supervised.automl import AutoML

    fitted = AutoML(
        str(folder / "models"),
        seconds,
        preset,
        {"continuous": "regression"}.get(kind, f"{kind}_classification"),
        eval_metric="mse" if kind == "continuous" else "logloss",
        explain_level=0,
        n_jobs=N_CPUS,
        verbose=0,
        random_state=0,
    )
    fitted.fit(train.iloc[:, :-1], train.iloc[:, -1])
    for model in fitted._models:
        predicted = fitted._base_predict(test, model)
        if kind == "continuous":
            predicted = predicted["prediction"]
        else:
            predicted = predicted[
                [f"prediction_{label}" for label in sorted(train.iloc[:, -1].unique())]
            ]
        saved = max(
            path.stat().st_mtime for path in (folder / "models" / model.get_name()).glob("*.json")
        )
        yield saved, model.get_final_loss(), predicted.to_numpy().tolist()


def main() -> None:
    """Write models.json: the tool's version, and seconds from the command on, validation loss and
    predictions of each model.
    """
    tool, preset, seconds, kind, folder = (
        sys.argv[1],
        sys.argv[2],
        int(sys.argv[3]),
        sys.argv[4],
        Path(sys.argv[5]),
    )
    import pandas as pd

    train, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
    way, package = {
        "AutoGluon": (autogluon, "autogluon.tabular"),
        "mljar": (mljar, "mljar-supervised"),
    }[tool]
    models = sorted(
        way(preset, seconds, kind, folder, train, test.iloc[:, :-1]), key=lambda model: model[0]
    )
    found = {
        "version": version(package),
        "models": [(saved - BEGIN, *rest) for saved, *rest in models],
    }
    (folder / "models.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
