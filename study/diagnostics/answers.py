"""What the models of the outer folds answered column by column, from records to long dataframes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from study.records.inspection import Axis, Probed
from study.records.trees import TreesRecord
from study.records.trial import WinnerRecord
from study.schema import ALL_ROWS, NETWORK, TREES, procedure_of

FOLD = ["target", "kind", "procedure", "outer_fold"]
POINT = ["place", "value", "level"]
"""Place of a point on its column's axis, its number (NaN for a level), and its level (empty for a number)."""


def answered(winners: Iterable[WinnerRecord], trees: Iterable[TreesRecord] = ()) -> Iterator[tuple[dict[str, Any], Probed]]:
    """Each procedure's answers on each outer fold, below the columns FOLD; of networks those of least validation loss."""
    networks: dict[tuple[str, int], WinnerRecord] = {}
    for winner in winners:
        arm, place = winner.arm, (winner.arm.target, winner.arm.outer_fold)
        if arm.outer_fold == ALL_ROWS:
            continue
        if procedure_of(arm.family, arm.depth) != NETWORK:
            yield from _told(arm.target, arm.kind, procedure_of(arm.family, arm.depth), arm.outer_fold, winner.probed)
        elif place not in networks or _order(winner) < _order(networks[place]):
            networks[place] = winner
    for (target, fold), winner in networks.items():
        yield from _told(target, winner.arm.kind, NETWORK, fold, winner.probed)
    for record in trees:
        work = record.work
        yield from _told(work.target, work.kind, TREES, work.outer_fold, record.probed)


def _order(winner: WinnerRecord) -> tuple[float, int, str]:
    return winner.val_loss, winner.arm.depth, winner.arm.family


def _told(target: str, kind: str, procedure: str, fold: int, probed: Probed | None) -> Iterator[tuple[dict[str, Any], Probed]]:
    if probed is not None and fold != ALL_ROWS:
        yield dict(zip(FOLD, (target, str(kind), procedure, fold), strict=True)), probed


def effects_frame(answers: Iterable[tuple[dict[str, Any], Probed]]) -> pd.DataFrame:
    """One row a target, procedure, outer fold, replicate, column, output and point.

    FOLD, then replicate (-1: the judged model), column, sort, POINT, output, share (of the table's rows that are nearest to
    the point) and effect (mean response there).
    """
    pieces = []
    for head, probed in answers:
        for each in probed.effects:
            curves = np.asarray(each.curves)
            points = _points(each.axis).assign(share=each.axis.shares)
            n, m, k = curves.shape
            long = points.iloc[np.tile(np.repeat(np.arange(m), k), n)].reset_index(drop=True)
            replicate = np.repeat(np.arange(n) - 1, m * k)
            told: dict[str, Any] = {"column": each.axis.column, "sort": each.axis.sort, "replicate": replicate}
            pieces.append(long.assign(**head, **told, output=np.tile(probed.outputs, n * m), effect=curves.ravel()))
    columns = [*FOLD, "replicate", "column", "sort", *POINT, "output", "share", "effect"]
    return pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)


def rises_frame(answers: Iterable[tuple[dict[str, Any], Probed]]) -> pd.DataFrame:
    """One row a target, procedure, outer fold and column: FOLD, column, rise, error, loss and constant, as in Probed."""
    rows = [
        {**head, **each.model_dump(), "loss": probed.loss, "constant": probed.constant}
        for head, probed in answers
        for each in probed.rises
    ]
    columns = [*FOLD, "column", "rise", "error", "loss", "constant"]
    return pd.DataFrame(rows, columns=columns)


def _points(axis: Axis) -> pd.DataFrame:
    n = len(axis.shares)
    values, levels = axis.values or (np.nan,) * n, axis.levels or ("",) * n
    return pd.DataFrame({"place": np.arange(n), "value": np.asarray(values, float), "level": pd.Series(levels, dtype="str")})
