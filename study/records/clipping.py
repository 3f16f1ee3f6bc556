"""Cells of test rows that lie outside the range of the development rows, where the regression with terms stands still."""

from __future__ import annotations

from collections.abc import Iterable

from study.formatting import percent
from study.records.trial import WinnerRecord

MOST = 0.01
"""Share of the cells that terms are made of up to which nothing is said, where rows have no order in time."""


def clipping_notes(winners: Iterable[WinnerRecord], ordered: bool) -> list[str]:
    """A sentence a target of whose test rows more than MOST of the cells are clipped; any, where time `ordered` the rows."""
    clipped: dict[str, int] = {}
    cells: dict[str, int] = {}
    for record in winners:
        combined = {column for row in record.terms if row.low for column in row.columns}
        target = record.arm.target
        clipped[target] = clipped.get(target, 0) + record.clipped
        cells[target] = cells.get(target, 0) + len(record.rows) * len(combined)
    most = 0.0 if ordered else MOST
    return [
        f"Of the cells of the test rows of {target!r} that products and curves are made of, "
        f"{percent(clipped[target] / cells[target])} % lie outside what the development rows held: there the terms count what "
        "they count at the ends of that."
        for target in cells
        if clipped[target] > most * cells[target]
    ]
