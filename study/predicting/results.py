"""A finished study that can be asked about rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from study.evidence.answer import Verdict
from study.predicting.asked import ask
from study.predicting.columns import column_importance, partial_dependence
from study.predicting.models import ANSWER
from study.predicting.predictions import predict
from study.records import results as records


class Results(records.Results):
    """A results folder, read as needed, whose models can be asked."""

    def predict(
        self,
        rows: pd.DataFrame,
        target: str | None = None,
        model: str = ANSWER,
        fold: int | None = None,
        interval: float | None = None,
    ) -> pd.DataFrame:
        """Predict rows (`study.predicting.predictions.predict`); what is odd is warned of, notes stand in `attrs`."""
        found = predict(self, rows, target, model, fold, interval)
        for text in found.warnings:
            warnings.warn(text, stacklevel=2)
        found.frame.attrs["notes"] = list(found.notes)
        return found.frame

    def importance(self, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None) -> pd.DataFrame:
        """What each column is worth to a model on rows it has not seen (`study.predicting.columns.column_importance`)."""
        return column_importance(self, target, model, rows)

    def dependence(
        self, column: str, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Mean prediction by the value of one column (`study.predicting.columns.partial_dependence`)."""
        return partial_dependence(self, column, target, model, rows)

    def ask(
        self,
        metric: str | Mapping[str, str] | None = None,
        margin: float | None = None,
        margin_of: str | None = None,
        floor: float | None = None,
        target: str | None = None,
    ) -> list[Verdict]:
        """The verdicts of another question, asked after the results are known (`study.predicting.asked.ask`)."""
        return ask(self, metric, margin, margin_of, floor, target)


def load_results(path: str | Path) -> Results:
    """Open a results folder; errors as `study.records.results.load_results`."""
    return Results(records.load_results(path).root)
