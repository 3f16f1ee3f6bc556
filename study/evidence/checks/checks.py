"""All that is looked at in the predictions of the test rows, by the name of its frame in Results."""

from __future__ import annotations

import pandas as pd

from study.evidence.checks.calibration import calibration
from study.evidence.checks.columns import Originals, by_column
from study.evidence.checks.confusion import confusion
from study.evidence.checks.discrimination import discrimination
from study.evidence.checks.residuals import by_prediction
from study.evidence.checks.rootogram import frequencies
from study.evidence.checks.rows import checked_rows


def checks(predictions: pd.DataFrame, winners: pd.DataFrame, originals: Originals) -> dict[str, pd.DataFrame]:
    """`residuals`, `calibration`, `discrimination`, `confusion` and `frequencies`; a frame has no row where no target has such.

    predictions, winners: as in `checked_rows`. originals: the columns that each target is predicted from.
    """
    rows = checked_rows(predictions, winners)
    columns = by_column(rows, originals)
    residuals = by_prediction(rows)
    return {
        "residuals": residuals if columns.empty else pd.concat([residuals, columns], ignore_index=True),
        "calibration": calibration(rows),
        "discrimination": discrimination(rows),
        "confusion": confusion(rows),
        "frequencies": frequencies(rows),
    }
