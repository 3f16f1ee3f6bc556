"""Records on disk: written whole, and read in order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from study.records.formula import FormulaRecord
from study.records.outcome import Outcome
from study.records.packs import read_search
from study.records.paths import StudyPaths, write_atomic
from study.records.trees import TreesRecord
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldOutcome, FoldRecord, FoldWork
from study.schema import HOST_COLUMNS, Frozen, Search

R = TypeVar("R", bound=Frozen)


W = TypeVar("W", bound=FoldRecord)


def write_trial(paths: StudyPaths, record: TrialRecord) -> None:
    """Write one trial's record, whole or not at all."""
    write_atomic(paths.trial(record.search, record.number), record.model_dump_json())


def write_winner(paths: StudyPaths, record: WinnerRecord, files: dict[str, bytes]) -> None:
    """Write a search's models, then its winner's record: a record's files are always there."""
    for name, content in files.items():
        write_atomic(paths.fold_models / name, content)
    write_atomic(paths.winner(record.search), record.model_dump_json())


def write_work(paths: StudyPaths, record: FoldRecord, files: dict[str, bytes]) -> None:
    """Write what work on one target and outer fold beside its searches leaves, models first, each
    whole or not at all.
    """
    for name, content in files.items():
        write_atomic(paths.fold_models / name, content)
    write_atomic(paths.work(record.work), record.model_dump_json())


def _read(
    paths: StudyPaths,
    files: Iterable[Path],
    model: type[R],
    place: Callable[[R], Path],
    broken: list[Path] | None,
) -> Iterator[R]:
    for path in files:
        try:
            record = model.model_validate_json(path.read_bytes())
            if place(record) != path:
                raise ValueError("another trial's record")
            yield record
        except (OSError, ValueError):
            if broken is not None:
                broken.append(path)


def read_trials(
    paths: StudyPaths, broken: list[Path] | None = None, searches: Iterable[Search] | None = None
) -> Iterator[TrialRecord]:
    """Every trial's record below `trials/`, in order of search and number, a search at a time: a
    large study does not fit in memory.

    broken: takes the files that are truncated, empty or misplaced, whose trials count as not run.
    searches: those alone.
    """
    folders = paths.trials.glob("*/") if searches is None else map(paths.search, searches)
    for folder in sorted(folders):
        yield from read_search(paths, folder, broken)


def read_winners(
    paths: StudyPaths, broken: list[Path] | None = None, searches: Iterable[Search] | None = None
) -> list[WinnerRecord]:
    """Every winner's record below `trials/`, in order of search; broken and searches as in
    `read_trials`.
    """
    files = paths.trials.glob("*/winner.json") if searches is None else map(paths.winner, searches)
    found = sorted(filter(Path.exists, files))
    return list(_read(paths, found, WinnerRecord, lambda own: paths.winner(own.search), broken))


def read_work(
    paths: StudyPaths,
    model: type[W],
    broken: list[Path] | None = None,
    beside: Iterable[FoldWork] | None = None,
) -> list[W]:
    """Every record of one sort of such work, in order of target and outer fold; broken as in
    `read_trials`.

    beside: those alone.
    """
    places = (
        None if beside is None else (paths.work(work) for work in beside if work.sort == model.sort)
    )
    files = (
        paths.trials.glob(f"*/{model.sort}.json") if places is None else filter(Path.exists, places)
    )
    return list(_read(paths, sorted(files), model, lambda record: paths.work(record.work), broken))


def read_outcomes(
    paths: StudyPaths, broken: list[Path] | None = None, beside: Iterable[FoldWork] | None = None
) -> list[FoldOutcome]:
    """Outcomes of all such work; broken and beside as in `read_work`."""
    beside = None if beside is None else list(beside)
    sorts: tuple[type[FoldRecord], ...] = (TreesRecord, FormulaRecord)
    return [
        record.outcome() for model in sorts for record in read_work(paths, model, broken, beside)
    ]


@dataclass(frozen=True)
class Records:
    """All that lies below `trials/`, each in order, and the broken files among it; of trials and
    `beside` the outcomes.
    """

    trials: list[Outcome]
    winners: list[WinnerRecord]
    beside: list[FoldOutcome]
    broken: list[Path]


def read_records(
    paths: StudyPaths,
    searches: Sequence[Search] | None = None,
    beside: Sequence[FoldWork] | None = None,
) -> Records:
    """Read every record, or those of some searches and work alone."""
    broken = list[Path]()
    known: dict[str, Search] = {}
    read = read_trials(paths, broken, searches)
    trials = [Outcome.of(each, known.setdefault(each.search.key, each.search)) for each in read]
    winners = read_winners(paths, broken, searches)
    return Records(trials, winners, read_outcomes(paths, broken, beside), broken)


def digest(trials: pd.DataFrame) -> str:
    """SHA-256 of a results dataframe without study name, hosts and timings, to the bit of every
    float.
    """
    kept = trials.drop(columns=[c for c in (*HOST_COLUMNS, "study") if c in trials])
    kept = kept.sort_values(["target", "outer_fold", "depth", "family", "number"])[
        sorted(kept.columns)
    ]
    sha = hashlib.sha256()
    for column in kept:
        sha.update(str(column).encode())
        for value in kept[column]:
            sha.update(
                b"\0"
                if pd.isna(value)
                else (value.hex() if isinstance(value, float) else str(value)).encode()
            )
            sha.update(b"\x1f")
    return sha.hexdigest()
