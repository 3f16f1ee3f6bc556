"""Every metric of every model, as a table of the report."""

from __future__ import annotations

import pandas as pd

from study.evidence.metrics import metric_of
from study.evidence.wording.table import NAMES, on_some_folds
from study.formatting import interval
from study.records.results import Results
from study.schema import LOSS, NOUNS, REGRESSION


def metrics_frame(results: Results) -> pd.DataFrame:
    """Every metric but the loss of every procedure with its interval, by how much a richer one is
    better, and on which outer folds it exists where that is not on all."""
    told = results.metrics[results.metrics["metric"] != LOSS]
    some = on_some_folds(results.metrics)
    keys = ["target", "metric", "other"]
    over = told.loc[told["base"] == REGRESSION, [*keys, "value", "low", "high"]]
    both = told[told["base"].isna()].merge(over, on=keys, how="left", suffixes=("", "_gain"))
    rows = [
        {
            "target": row["target"], "metric": (metric := metric_of(row["metric"], row["kind"]).label),
            "model": (NOUNS | NAMES).get(row["other"], row["other"]).removeprefix("the "), "value": row["value"],
            "95% interval": interval(row["low"], row["high"]), "better by": row["value_gain"],
            "its interval": interval(row["low_gain"], row["high_gain"]), "test rows": row["n_rows"],
            "on": some.get((row["target"], metric)),
        }
        for row in both.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(rows)
