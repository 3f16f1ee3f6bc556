"""What failed, put aside to be run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from study.execution.cluster.lock import locked
from study.records.results import load_results
from study.records.retried import failures, put_aside
from study.schema import StudyError


def retry(root: str | Path, trial: str | None = None, tell: Callable[[str], None] = print) -> None:
    """Put aside what failed in a results folder and all that follows from it, so that `run_study`
    runs it again.

    What failed since a loss was not finite fails again: that is told, and it is left as it is
    unless it is named.

    Parameters
    ----------
    root
        A results folder.
    trial
        Id of a trial, or of boosted trees or a simple formula, that failed; all that did by
        default.
    tell
        Hears a sentence on each that will fail again, and where the records are.

    Raises
    ------
    StudyError
        Nothing failed, or not that one, nothing that could succeed, or another run is at work.
    """
    paths = load_results(root).paths
    with locked(paths):
        failed = failures(paths, trial)
        for failure in failed:
            if failure.again:
                tell(failure.sentence)
        if not (again := [failure for failure in failed if trial or not failure.again]):
            raise StudyError(
                f"All that failed in {paths.root} would fail again with the same hyperparameters. "
                "To retry one nevertheless, name it with --trial."
            )
        for each in (paths, *paths.shares):
            each.journal.unlink(missing_ok=True)  # no death of a driver is held against them
        aside = put_aside(paths, again)
    tell(
        f"To run again: {', '.join(failure.name for failure in again)}. Their old records are in {aside}."
    )
