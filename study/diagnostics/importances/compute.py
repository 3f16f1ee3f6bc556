"""What each model makes of each column: how much more it loses where the column is permuted."""

from __future__ import annotations

import pandas as pd

from study.diagnostics.answers import rises_frame
from study.diagnostics.context import Context
from study.records.columns.shared import frame
from study.schema import NETWORK, REGRESSION, TERMS, TREES

COLUMNS = frame(
    "One column and model: the rise in loss when the column is shuffled.",
    "target kind column procedure share low high rise n_folds rank",
    {"share": "The rise as a share of the baseline's loss on the same rows.",
     "low": "`share` minus its standard deviation over outer folds (one fold: its standard error over rows).",
     "high": "`share` plus the same.", "rise": "Rise in mean loss."},
)  # fmt: skip

PROCEDURES = (REGRESSION, TERMS, NETWORK, TREES)


def compute(context: Context) -> pd.DataFrame:
    """`importances` of the columns that models were asked about."""
    rises = rises_frame(context.answers)
    return COLUMNS.of([]) if rises.empty else importances(rises)


def importances(rises: pd.DataFrame) -> pd.DataFrame:
    """Mean rise of the loss over the outer folds, for every column that half of them at least were
    asked about.

    rises: as from `study.diagnostics.answers.rises_frame`. Gives target, kind, column, procedure,
    share (the rise as a share of the best constant's loss on the same rows, both means over folds),
    low and high (share less and plus the standard deviation over folds; of one fold the standard
    error over rows), rise (in units of the loss), n_folds, rank (by the mean over procedures).
    """
    columns = ["target", "kind", "column", "procedure"]
    folds = rises.groupby("target")["outer_fold"].transform("nunique")
    own = rises[2 * rises.groupby(["target", "column"])["outer_fold"].transform("nunique") >= folds]
    frame = own.groupby(columns, sort=False).agg(
        rise=("rise", "mean"), constant=("constant", "mean"), stray=("rise", "std"), error=("error", "mean"),
        n_folds=("rise", "size"),
    ).reset_index()  # fmt: skip
    stray = frame["stray"].fillna(frame["error"]) / frame["constant"]
    share = frame["rise"] / frame["constant"]
    frame = frame.assign(share=share, low=share - stray, high=share + stray)
    mean = frame.groupby(["target", "column"])["share"].mean()
    rank = mean.groupby("target").rank(method="first", ascending=False).astype(int).rename("rank")
    place = frame["procedure"].map(PROCEDURES.index)
    frame = frame.join(rank, on=["target", "column"]).assign(place=place)
    return frame.sort_values(["target", "rank", "place"], ignore_index=True)[[*COLUMNS.columns]]
