"""The sentences on where the richer model helps and hurts, also where nothing holds."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd

from study.diagnostics.drawing.html_table import Html
from study.diagnostics.where.figure import said_of
from study.formatting import human
from study.records.results import Results

TEXT = """\
### On which rows does it help, and what have they in common?

Groups of rows are looked for among the columns on one half of the test rows (whole groups and times, where rows come in such)
by what the richer model saves there, row by row; they count only if their mean differs from that of all other rows on the other
half, by an interval at 97.5 % for each of two groups. All are shares of the regression's mean loss on these rows.
"""


SIDES = {"more": "most", "less": "least"}


def has_helps(results: Results) -> bool:
    """Whether groups were looked for."""
    return results.concluded and results.paths.frame("helps").exists() and not results.helps.empty


def helps(results: Results) -> Html:
    """A sentence for each group of each target: what was found, and whether it held."""
    said = [text for target, own in results.helps.groupby("target", sort=False) for text in _sentences(str(target), own)]
    return Html("".join(f"<p>{escape(text)}</p>" for text in said))


def _sentences(target: str, own: pd.DataFrame) -> Iterator[str]:
    """What held, and what seemed to be there and did not."""
    if not own["rule"].any():
        yield f"On {target} no group of rows was found: its test rows are too few, or too much alike."
        return
    yield from (f"{said_of(row)} The difference is {_apart(row)}." for _, row in own[own["holds"]].iterrows())
    failed = own[~own["holds"]]
    seemed = [f"{SIDES[row['side']]} where {row['rule']}, on the other by {_apart(row)}" for _, row in failed.iterrows()]
    if seemed:
        sure = "nothing more" if own["holds"].any() else "nothing"
        yield f"On {target} {sure} was found that holds: on one half of the rows it seemed to help {'; and '.join(seemed)}."


def _apart(row: pd.Series) -> str:
    points = [human(100 * row[name], 2) for name in ("difference", "low", "high")]
    return f"{points[0]} points ({points[1]} to {points[2]})"
