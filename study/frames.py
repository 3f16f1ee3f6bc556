"""Frames on disk, as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

from study.paths import atomic_file, write_atomic


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame as Parquet, whole or not at all."""
    write_atomic(path, frame.to_parquet(index=False))


@contextmanager
def written_in_pieces(path: Path, empty: pd.DataFrame) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write one frame as Parquet, whole or not at all, by a call for each of its pieces, a row group each.

    empty: the frame without rows, written where no piece has any.
    """
    from pyarrow import Table
    from pyarrow.parquet import ParquetWriter

    with atomic_file(path) as file, ExitStack() as stack:
        writers: list[ParquetWriter] = []

        def write(piece: pd.DataFrame) -> None:
            table = Table.from_pandas(piece, preserve_index=False)
            if not writers:
                writers.append(stack.enter_context(ParquetWriter(file, table.schema)))
            writers[0].write_table(table)

        yield lambda piece: None if piece.empty else write(piece)
        if not writers:
            write(empty)
