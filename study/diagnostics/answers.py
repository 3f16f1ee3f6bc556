"""What the models of the outer folds answered column by column, from records to long dataframes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from study.records.inspection import Inspection
from study.records.trees import TreesRecord
from study.records.trial import WinnerRecord
from study.schema import ALL_ROWS

FOLD = ["target", "kind", "procedure", "outer_fold"]
POINT = ["place", "value", "level"]
"""Place of a point on its column's axis, its number (NaN for a level), and its level (empty for a
number)."""


def answered(
    winners: Iterable[WinnerRecord], trees: Iterable[TreesRecord] = ()
) -> Iterator[tuple[dict[str, Any], Inspection]]:
    """Each procedure's answers on each outer fold, below the columns FOLD; of networks those of
    least validation loss.
    """
    best: dict[tuple[str, str, str, int], WinnerRecord | TreesRecord] = {}
    every: Iterable[WinnerRecord | TreesRecord] = chain(winners, trees)
    for record in every:
        search = record.search
        place = (
            search.target,
            search.kind.value,
            search.procedure,
            search.outer_fold,
        )
        best[place] = min(best.get(place, record), record, key=_order)
    for place, record in best.items():
        if record.probed is not None and record.search.outer_fold != ALL_ROWS:
            yield dict(zip(FOLD, place, strict=True)), record.probed


def _order(record: WinnerRecord | TreesRecord) -> tuple[Any, int, str]:
    return record.val_loss, record.search.depth, record.search.family


def effects_frame(answers: Iterable[tuple[dict[str, Any], Inspection]]) -> pd.DataFrame:
    """One row a target, procedure, outer fold, replicate, column, output and point.

    FOLD, then replicate (-1: the judged model), column, sort, POINT, output, share (of the table's
    rows that are nearest to the point) and effect (mean response there).
    """
    pieces = []
    for head, probed in answers:
        for each in probed.effects:
            curves = np.asarray(each.curves)
            n, m, _ = curves.shape
            index = pd.MultiIndex.from_product(
                [range(-1, n - 1), range(m), probed.outputs], names=["replicate", "place", "output"]
            )
            long = pd.Series(curves.ravel(), index, name="effect").reset_index()
            axis = each.axis
            points = pd.DataFrame({"place": range(m), "value": axis.values or np.nan}).assign(
                **head,
                column=axis.column,
                sort=axis.sort,
                share=axis.shares,
                level=pd.Series(axis.levels or [""] * m, dtype="str"),
            )
            pieces.append(long.merge(points, on="place"))
    columns = [*FOLD, "replicate", "column", "sort", *POINT, "output", "share", "effect"]
    return (
        pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)
    )


def rises_frame(answers: Iterable[tuple[dict[str, Any], Inspection]]) -> pd.DataFrame:
    """One row a target, procedure, outer fold and column: FOLD, column, rise, error and constant, as in Inspection."""
    rows = [
        {**head, **each.model_dump(), "constant": probed.constant}
        for head, probed in answers
        for each in probed.rises
    ]
    columns = [*FOLD, "column", "rise", "error", "constant"]
    return pd.DataFrame(rows, columns=columns)
