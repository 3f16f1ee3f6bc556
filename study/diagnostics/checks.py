"""All that is looked at in the predictions of the test rows, by the name of its frame in Results."""

from __future__ import annotations

import pandas as pd

from study.diagnostics.confusion.compute import confusion
from study.diagnostics.probabilities.compute import calibration
from study.diagnostics.residuals.compute import residuals
from study.diagnostics.roc.compute import discrimination
from study.diagnostics.rows import checked_rows


def checks(predictions: pd.DataFrame, winners: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """`residuals`, `calibration`, `discrimination` and `confusion`; a frame has no row where no target has such.

    predictions, winners: as in `checked_rows`.
    """
    rows = checked_rows(predictions, winners)
    return {check.__name__: check(rows) for check in (residuals, calibration, discrimination, confusion)}
