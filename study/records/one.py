"""One trial of a study, found by its id, with its place in its search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.records.paths import StudyPaths
from study.records.reading import read_trials, read_winners
from study.records.trial import TrialRecord, WinnerRecord
from study.schema import StudyError, TrialState, nearest

COMPLETE = TrialState.COMPLETE


@dataclass(frozen=True)
class OneTrial:
    """A trial and what follows from it.

    rank: its place among the complete trials of its search by validation loss, 1 the least; None of
    one that is not complete. complete: how many those are. winner: what it left on the test rows,
    where it is its search's winner.
    """

    record: TrialRecord
    rank: int | None
    complete: int
    winner: WinnerRecord | None


def mean_curve(record: TrialRecord, column: str = "val_loss") -> list[tuple[int, float]]:
    """(epoch, loss) at every epoch that the record keeps, the mean over the replicates that it
    tells of there.

    column: `val_loss` or `train_loss`. A regression has none.
    """
    losses = np.array(record.curves.get(column, []), float)
    if not losses.size:
        return []
    told = ~np.isnan(losses).all(axis=0)
    means = np.nanmean(losses[:, told], axis=0)
    return list(zip(np.asarray(record.curves["epoch"])[told].tolist(), means.tolist(), strict=True))


def find_trial(paths: StudyPaths, trial_id: str) -> OneTrial:
    """A trial of a study, finished or not.

    Raises
    ------
    StudyError
        There is none of that id.
    """
    records = list(read_trials(paths))
    own = next((record for record in records if record.trial_id == trial_id), None)
    if own is None:
        ids = [record.trial_id for record in records]
        some = (
            f" It has {len(ids):,}, such as {ids[0]}; see results.csv."
            if ids
            else " It has none yet."
        )
        raise StudyError(f"{paths.root} has no trial {trial_id!r}.{nearest(trial_id, ids) or some}")
    losses = [
        each.val_loss
        for each in records
        if each.search == own.search and each.state is COMPLETE and each.val_loss is not None
    ]
    reached = own.val_loss if own.state is COMPLETE else None
    rank = None if reached is None else 1 + sum(loss < reached for loss in losses)
    winner = next(
        (each for each in read_winners(paths, searches=[own.search]) if each.number == own.number),
        None,
    )
    return OneTrial(own, rank, len(losses), winner)
