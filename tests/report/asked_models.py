"""Frames of effects, importances and helped rows, as they are concluded of models that were asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

X = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def effects(
    target: str = "balloons", columns: int = 3, sort: str = "number", output: str = ""
) -> pd.DataFrame:
    """Effects of some columns: the network's are bent by 3, 2, 1..."""
    found = []
    for rank in range(1, columns + 1):
        told: dict[str, Any] = {
            "target": target, "column": f"col$ {rank}", "base": "regression", "other": "network", "output": output,
            "differ": 3.0 - rank, "rank": rank, "kind": "continuous", "sort": sort, "place": range(5),
            "value": np.nan if sort == "category" else X + (19_000 if sort == "date" else 0), "share": 0.2,
            "level": [f"level {i} of many" for i in range(5)] if sort == "category" else "",
        }  # fmt: skip
        for procedure, bend in {"regression": 0, "terms": 1, "network": 2}.items():
            effect = X + bend * (X**2 - 2) / rank
            found.append(
                pd.DataFrame(
                    {
                        **told,
                        "procedure": procedure,
                        "effect": effect,
                        "low": effect - 1,
                        "high": effect + 1,
                    }
                )
            )
    return pd.concat(found, ignore_index=True)


def importances(target: str = "balloons", first: str = "children") -> pd.DataFrame:
    """Two columns of four models: trees use `age` most, all others `first`."""
    rows = [
        {
            "target": target, "kind": "continuous", "column": column, "procedure": procedure, "share": share,
            "low": share - 0.1, "high": share + 0.1, "rise": 4 * share, "n_folds": 3, "rank": rank,
        }
        for rank, column in enumerate((first, "age"), 1)
        for procedure, share in zip(("regression", "terms", "network", "trees"), SHARES[rank - 1], strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


SHARES = (0.5, 0.6, 0.7, 0.2), (0.1, 0.2, 0.3, 0.4)


def helps(*lines: dict[str, Any], target: str = "balloons") -> pd.DataFrame:
    """What was looked for: `more` held unless told otherwise."""
    told = {
        "target": target, "kind": "continuous", "base": "regression", "other": "network", "side": "more",
        "rule": "age is above 0.25", "n": 40, "rows": 100, "gain": 0.5, "rest": -0.1, "difference": 0.6, "low": 0.2,
        "high": 1.0, "level": 0.975, "holds": True,
    }  # fmt: skip
    return pd.DataFrame([told | line for line in lines or ({},)])
