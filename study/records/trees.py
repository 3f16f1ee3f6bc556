"""Boosted trees of a target and outer fold, and what they leave on disk."""

from __future__ import annotations

from typing import Any, ClassVar

from study.records.inspection import Inspection
from study.records.trial import Tested
from study.records.work import FoldRecord, FoldWork
from study.schema import NOUNS, TREES, TrialState

MOST_CELLS = 10_000_000
"""Cells that trees are fitted on at most, each 13 bytes in scikit-learn: of a longer table so many
rows, drawn at random."""


class Trees(FoldWork):
    """Boosted trees: a line beside the verdict."""

    sort: ClassVar = TREES
    noun: ClassVar = NOUNS[TREES]
    many: ClassVar = "trees"
    without: ClassVar = "Results leave them out"

    def record(self, study: str, state: TrialState, **found: Any) -> TreesRecord:
        return TreesRecord(study=study, work=self, state=state, **found)


class TreesRecord(FoldRecord, Tested):
    """What boosted trees leave.

    number, params, val_loss: of the trial chosen, with the iterations of its refit (`max_iter`).
    val_losses: of every trial, (n_trials,). probed: as in a WinnerRecord. What is `Tested` is empty
    where they failed.
    """

    sort: ClassVar = TREES
    work: Trees
    number: int | None = None
    params: dict[str, float] = {}
    val_loss: float | None = None
    val_losses: list[float] = []
    probed: Inspection | None = None
