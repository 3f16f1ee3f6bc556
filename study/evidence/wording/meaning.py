"""What a loss means, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from study.evidence.metrics import metric_of
from study.evidence.scale import Meaning
from study.evidence.wording.sentences import listed
from study.formatting import given
from study.schema import LOSS, Kind


def meaning_words(found: Meaning, kind: Kind, target: str, nouns: Mapping[str, str]) -> str:
    """What the losses mean, procedure by procedure."""
    metric = metric_of(found.metric, kind)
    parts = [f"{metric.told(value)} ({nouns[name]})" for name, value in found.values.items()]
    some = metric.folds_words(found.n_folds, found.n_scored)
    beside = f", whose standard deviation is {given(found.sd)}," if metric.in_sd else ""
    return f"The {metric.label} on {target}{beside} is {listed(parts)}{f', on {some}' if some else ''}."


def most_words(found: Meaning, kind: Kind, base: str) -> str:
    """What a loss that is given away by keeping `base` means at most; nothing where it is not known."""
    most, metric = found.most(base), metric_of(found.metric, kind)
    return (
        f"the {metric.label} would be {'higher' if metric.more else 'lower'} by at most {metric.told(most, 'points')}"
        if most >= 0
        else ""
    )


def on_some_folds(metrics: pd.DataFrame) -> dict[tuple[str, str], str]:
    """By target and label of a metric: on how many outer folds it exists, where that is not on all that were scored."""
    most = metrics[metrics["base"].isna()].groupby(["target", "kind", "metric"], sort=False)["n_folds"].max()
    counts: dict[Any, int] = most.to_dict()
    found = {}
    for (target, kind, name), n in counts.items():
        metric = metric_of(name, kind)
        found[target, metric.label] = metric.folds_words(n, counts[target, kind, LOSS])
    return {place: words for place, words in found.items() if words}
