"""The sentences on where the richer model helps and hurts, also where nothing holds."""

from __future__ import annotations

from html import escape

import pandas as pd

from study.digits import human
from study.records.results import Results
from study.report.figures.where import said_of
from study.report.html_table import Html

TEXT = """\
### On which rows does it help, and what have they in common?

Groups of rows are looked for among the columns on one half of the test rows (whole groups and times, where rows come in such)
by what the richer model saves there, row by row; they count only if their mean differs from that of all other rows on the other
half, by an interval at 97.5 % for each of two groups. All are shares of the regression's mean loss on these rows.
"""


def has_helps(results: Results) -> bool:
    """Whether groups were looked for."""
    return results.concluded and results.paths.helps.exists() and not results.helps.empty


def helps(results: Results) -> Html:
    """A sentence for each group of each target: what was found, and whether it held."""
    said = [_sentence(row) for _, row in results.helps.iterrows()]
    return Html("".join(f"<p>{escape(text)}</p>" for text in said).replace(" %", "\N{NO-BREAK SPACE}%"))


def _sentence(row: pd.Series) -> str:
    if not row["rule"]:
        return f"On {row['target']} no group of rows was found: its test rows are too few, or too much alike."
    apart = f"The difference is {_points(row['difference'])} ({_points(row['low'])} to {_points(row['high'])}) points."
    if row["holds"]:
        return f"{said_of(row)} {apart}"
    side = "more" if row["side"] == "more" else "less"
    return (
        f"On {row['target']} nothing sure was found of rows on which it helps {side}: where {row['rule']} it seemed to on one "
        f"half of the rows, and did not surely on the other. {apart}"
    )


def _points(share: float) -> str:
    return human(100 * share, 2)
