"""Explainable boosting machines on given folds, in an environment of their own, with no word of
study.

ebm.py FOLDER  reads table.parquet, whose last column is the target (classes as 0…), and folds.json there: its kind, each fold's
training and test rows, and what every machine is given; writes predicted.json: the version, and each fold's predictions.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path


def main() -> None:
    """Fit one machine a fold in one process, with its own defaults where nothing else is given."""
    import pandas as pd
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

    folder = Path(sys.argv[1])
    table, folds = (
        pd.read_parquet(folder / "table.parquet"),
        json.loads((folder / "folds.json").read_text(encoding="utf-8")),
    )
    x, y, predicted = table.iloc[:, :-1], table.iloc[:, -1], []
    given = folds["given"]
    for train, test in folds["folds"]:
        if folds["kind"] in {"binary", "multiclass"}:
            model = ExplainableBoostingClassifier(n_jobs=1, **given).fit(
                x.iloc[train], y.iloc[train].astype(int)
            )
            predicted.append(model.predict_proba(x.iloc[test]).tolist())
        else:
            objective = "poisson_deviance" if folds["kind"] == "count" else "rmse"
            model = ExplainableBoostingRegressor(objective=objective, n_jobs=1, **given).fit(
                x.iloc[train], y.iloc[train]
            )
            predicted.append(model.predict(x.iloc[test]).tolist())
    written = {"version": version("interpret-core"), "predicted": predicted}
    (folder / "predicted.json").write_text(json.dumps(written), encoding="utf-8")


if __name__ == "__main__":
    main()
