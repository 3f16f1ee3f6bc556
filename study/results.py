"""A finished study that can be asked about rows."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from study.ask import ask as asked_anew
from study.inference.models import ANSWER
from study.inference.predictions import predict
from study.records import results as records

if TYPE_CHECKING:
    from study.report.shown import Figures


class Results(records.Results):
    """A results folder, read as needed, whose models can be asked; a notebook shows its answer and
    its test losses.

    Examples
    --------
    >>> import pandas as pd
    >>> import study
    >>> results = study.load_results("results/smoke")
    >>> [verdict.verdict for verdict in results.verdicts]
    ['terms']
    >>> results.trials.groupby("family").size()
    family
    baseline    2
    linear      2
    neural      4
    terms       4
    dtype: int64
    >>> rows = pd.DataFrame({"relationship": [-0.5], "children": [0.4], "age": [0.2]})
    >>> results.predict(rows)["predicted"].round(1).tolist()
    [0.0]
    >>> figure = results.figures.margins()
    >>> figure.savefig("margins.svg")
    """

    @cached_property
    def figures(self) -> Figures:
        """The figures of the report by name, as `figures.margins()`, each of matplotlib
        (`study.report.shown.Figures`).
        """
        from study.report.shown import Figures

        return Figures(self)

    def _repr_html_(self) -> str:
        """The answer and the test losses, in a notebook."""
        from study.report.shown import as_html

        return as_html(self)

    def predict(
        self,
        rows: pd.DataFrame,
        target: str | None = None,
        model: str = ANSWER,
        fold: int | None = None,
        interval: float | None = None,
    ) -> pd.DataFrame:
        """Predict rows (`study.inference.predictions.predict`); what is odd is warned of, notes
        stand in `attrs`.
        """
        found = predict(self, rows, target, model, fold, interval)
        for text in found.warnings:
            warnings.warn(text, stacklevel=2)
        found.frame.attrs["notes"] = list(found.notes)
        return found.frame

    ask = asked_anew


def load_results(path: str | Path) -> Results:
    """Open a results folder; errors as `study.records.results.load_results`.

    Examples
    --------
    >>> import study
    >>> study.load_results("results/smoke").concluded
    True
    """
    return Results(records.load_results(path).root)
