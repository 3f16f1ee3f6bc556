"""What the verdicts of a study are asked of, by its config or afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study.config import StudyConfig
from study.config.metrics import metrics_asked
from study.config.unit import check_unit
from study.evidence.thresholds import EvaluationSpec
from study.schema import Kind


def kinds_of(trials: pd.DataFrame) -> dict[str, Kind]:
    """The kind of every target of a results dataframe, in its order."""
    pairs = trials[["target", "kind"]].drop_duplicates().itertuples(index=False)
    return {str(target): Kind(kind) for target, kind in pairs}


def questions(config: StudyConfig, kinds: Mapping[str, Kind]) -> dict[str, EvaluationSpec]:
    """By target what is asked of it; a StudyError where a metric, or a margin in its unit, does not
    fit.

    `metrics_asked` and `check_unit` say why.
    """
    rest = {"margin": config.margin, "margin_of": config.margin_of, "min_margin": config.min_margin}
    asked = metrics_asked(config.metric, kinds)
    check_unit(config.margin, config.margin_of, asked, kinds)
    return {target: EvaluationSpec(metric=metric, **rest) for target, metric in asked.items()}
