"""Every metric of every model, as a table of the report."""

from __future__ import annotations

import pandas as pd

from study.evidence.metrics import metric_of
from study.evidence.wording.table import metric_words, on_some_folds
from study.formatting import DASH
from study.records.results import Results
from study.schema import LABELS, LOSS, REGRESSION, REGRESSIONS, Kind


def metrics_frame(results: Results) -> pd.DataFrame:
    """A row a model of each target, a column a metric but the loss with its 95% interval, and on
    how many outer folds it exists where that is not on all.
    """
    own = results.metrics[results.metrics["base"].isna() & (results.metrics["metric"] != LOSS)]
    some = on_some_folds(results.metrics)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in own.to_dict("records"):
        metric = metric_of(row["metric"], row["kind"])
        names = {REGRESSION: REGRESSIONS[Kind(row["kind"])]}
        value, low, high = (metric_words(metric, row[name]) for name in ("value", "low", "high"))
        shown = found.setdefault(
            (row["target"], row["other"]),
            {"target": row["target"], "model": LABELS[names.get(row["other"], row["other"])]},
        )
        head = ", ".join(filter(None, [metric.label, some.get((row["target"], metric.label))]))
        shown[head] = value if low == DASH else f"{value} ({low} to {high})"
    return pd.DataFrame(found.values())
