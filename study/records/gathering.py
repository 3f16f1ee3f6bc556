"""The dataframes on disk that are gathered from records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import pandas as pd

from study.records.formula import FormulaRecord
from study.records.frames import (
    Earlier,
    curves_frame,
    folds_frame,
    predictions_frame,
    terms_frame,
    trials_frame,
    whole,
)
from study.records.paths import StudyPaths, atomic_file, write_atomic
from study.records.reading import read_trials, read_winners, read_work
from study.records.results import Results
from study.records.trees import TreesRecord
from study.records.trial import TrialRecord

BATCH = 1_000
"""Records that are held whole at once while a study is gathered."""


def gather(paths: StudyPaths, earlier: Earlier | None = None) -> None:
    """Write every dataframe of a results folder anew from its records, holding a batch of them at a
    time.

    earlier: as in `predictions_frame`.
    """
    long = {paths.frame("folds"): folds_frame, paths.frame("curves"): curves_frame}
    with ExitStack() as stack:
        writers = [
            (stack.enter_context(written_in_pieces(path, make([]))), make)
            for path, make in long.items()
        ]

        def passing_by() -> Iterator[TrialRecord]:
            records = read_trials(paths)
            while batch := list(islice(records, BATCH)):
                for write, make in writers:
                    write(make(batch))
                yield from batch

        frame = trials_frame(passing_by())
    write_frame(paths.results, frame)
    write_atomic(paths.results_csv, frame.to_csv(index=False))
    classes = Results(paths.root).data.classes
    winners = read_winners(paths)
    formulas = read_work(paths, FormulaRecord)
    write_frame(
        paths.frame("predictions"),
        predictions_frame([*winners, *whole(formulas)], classes, earlier),
    )
    write_frame(
        paths.frame("trees"),
        predictions_frame(whole(read_work(paths, TreesRecord)), classes, earlier),
    )
    write_frame(paths.frame("terms"), terms_frame(winners, formulas))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame as Parquet, whole or not at all."""
    write_atomic(path, frame.to_parquet(index=False, write_page_checksum=True))


@contextmanager
def written_in_pieces(path: Path, empty: pd.DataFrame) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write one frame as Parquet, whole or not at all, by a call for each of its pieces, a row
    group each.

    empty: the frame without rows, written where no piece has any.
    """
    from pyarrow import Table
    from pyarrow.parquet import ParquetWriter

    with atomic_file(path) as file, ExitStack() as stack:
        writers: list[ParquetWriter] = []

        def write(piece: pd.DataFrame) -> None:
            table = Table.from_pandas(piece, preserve_index=False)
            if not writers:
                writer = ParquetWriter(file, table.schema, write_page_checksum=True)
                writers.append(stack.enter_context(writer))
            writers[0].write_table(table)

        yield lambda piece: None if piece.empty else write(piece)
        if not writers:
            write(empty)
