"""What failed in a study, and how it is put aside so that it runs again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from study.records.packs import unpack
from study.records.paths import StudyPaths
from study.records.reading import read_outcomes, read_trials, read_winners
from study.records.work import FoldWork, reason
from study.schema import ALL_ROWS, Search, StudyError, TrialState, nearest

FAIL = TrialState.FAIL
LEFT_NUMBERS = "TrainingFailed: "
"""How the reason of a trial begins whose loss was not finite: with the same hyperparameters and
seeds it is so again."""


@dataclass(frozen=True)
class Failure:
    """A trial, or work beside the searches (number None), that left a record with the state FAIL."""

    name: str
    place: Search | FoldWork
    number: int | None
    error: str | None

    @property
    def again(self) -> bool:
        """Whether it will fail again."""
        return reason(self.error).startswith(LEFT_NUMBERS)

    @property
    def sentence(self) -> str:
        """That it will."""
        return f"{self.name} fails again: {reason(self.error)}."


def failures(paths: StudyPaths, name: str | None = None) -> list[Failure]:
    """All that failed, in order of search and number, or what is called so.

    Raises
    ------
    StudyError
        Nothing failed, or it did not.
    """
    found = [
        Failure(each.trial_id, each.search, each.number, each.error)
        for each in read_trials(paths)
        if each.state == FAIL
    ]
    found += [
        Failure(each.work.key, each.work, None, each.error)
        for each in read_outcomes(paths)
        if each.state == FAIL
    ]
    if not found:
        raise StudyError(
            f"Nothing failed in {paths.root}, so there is nothing to retry. See `study status {paths.root}`."
        )
    if name is None:
        return found
    names = [failure.name for failure in found]
    if name not in names:
        raise StudyError(
            f"{name!r} is not among what failed in {paths.root}.{nearest(name, names)} These failed: {', '.join(names)}."
        )
    return [failure for failure in found if failure.name == name]


def put_aside(paths: StudyPaths, failed: Iterable[Failure]) -> Path:
    """Move away the records of failures, all that follows from them, and what was concluded; gives
    the folder, of its own.

    Of a search that is every record from its first failure on, since later trials were suggested
    from it, its winner and model. What others are made of goes last, so that whatever is left by a
    process that dies in between is a study to go on with. Nobody else may be at work.
    """
    taken = [int(path.name) for path in paths.retried.glob("*") if path.name.isdecimal()]
    aside = paths.retried / str(max(taken, default=0) + 1)

    def move(path: Path) -> None:
        if path.exists():
            place = aside / path.relative_to(paths.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)

    first: dict[Search, int] = {}
    work = []
    for failure in failed:
        if isinstance(failure.place, Search):
            first[failure.place] = min(
                failure.number or 0, first.get(failure.place, failure.number or 0)
            )
        else:
            work.append(failure.place)
    for path in paths.concluded:
        move(path)
    delivered = {
        (search.target, search.procedure) for search in first if search.outer_fold == ALL_ROWS
    }
    for target, procedure in delivered:
        move(paths.delivered(target, procedure))
    for winner in read_winners(paths):
        own = winner.search.target, winner.search.procedure
        models = [paths.fold_models / name for name in winner.models]
        gone = winner.search.outer_fold == ALL_ROWS and not all(map(Path.exists, models))
        # A rival's model, which may be delivered now, was removed with those of the folds.
        if winner.search in first or (gone and own in delivered):
            for path in (paths.winner(winner.search), *models):
                move(path)
    for search, number in first.items():
        move(paths.winner(search))  # if it cannot be read
        folder = paths.search(search)
        files = sorted(
            (int(path.stem), path) for path in folder.glob("[0-9]*.json") if path.stem.isdecimal()
        )
        for _, path in reversed([each for each in files if each[0] > number]):
            move(path)
        if paths.pack(search).exists():
            unpack(paths, folder, aside / paths.pack(search).relative_to(paths.root), below=number)
        move(paths.trial(search, number))
    for each in work:
        move(paths.work(each))
    return aside
