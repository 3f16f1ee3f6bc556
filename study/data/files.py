"""From a file to its raw frame: CSV and TSV (also gzipped) as text, Parquet and Feather as typed,
JSON lines as written.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zlib
from array import array
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from study.data.written import KEY, Written
from study.schema import StudyError

FORMATS = (
    ".csv",
    ".tsv",
    ".txt",
    ".csv.gz",
    ".tsv.gz",
    ".parquet",
    ".feather",
    ".jsonl",
    ".ndjson",
)
"""File name endings that can be read."""

LARGE = 2**30
"""Bytes up to which a gzipped table is unpacked however small it was."""
MOST_COMPRESSED = 200
"""Times that a larger one may grow: tables grow by ten or fifty, a file made to fill the memory by
a thousand."""
PIECE = 500_000
"""Cells of a CSV or TSV file that are parsed at a time."""
ROWS = 5_000
"""Rows that they are at least: in a wide table smaller pieces would take longer."""
MISSING = frozenset(
    {
        "",
        "?",
        "NA",
        "N/A",
        "n/a",
        "<NA>",
        "#NA",
        "#N/A",
        "#N/A N/A",
        "NaN",
        "nan",
        "-NaN",
        "-nan",
        "NULL",
        "null",
        "None",
    }
    | {"1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
"""Cells of a CSV or TSV file that mean missing: pandas' own list and `?`."""


def read_file(path: Path, way_out: str = "Check data.source.") -> tuple[pd.DataFrame, str]:
    """Read a table file.

    Cells of CSV and TSV stay text, so that an identifier such as `007` keeps its zeros. They are
    Arrow strings, missing ones NA, read in pieces: beside the file's bytes a cell takes its own and
    four more.

    way_out: what to do where it cannot be read.

    Returns
    -------
    DataFrame (n_rows, n_columns), str
        The raw columns, and the SHA-256 (hexadecimal) of the file's bytes, uncompressed.

    Raises
    ------
    StudyError
        The file is missing, a folder, of an unknown format, empty, not UTF-8, or cannot be parsed.
    """
    ending = next((e for e in FORMATS if path.name.lower().endswith(e)), "")
    try:
        if path.is_dir():
            raise StudyError(f"{path} is a folder. Name a file in it.")
        if not ending:
            raise StudyError(
                f"{path} is in a format that can't be read. Convert it to one of {', '.join(FORMATS)}."
            )
        content = path.read_bytes()
    except OSError as error:
        raise StudyError(f"Can't read {path}: {error.strerror}. {way_out}") from None
    if ending.endswith(".gz"):
        content = _decompress(content, path)
    digest = hashlib.sha256(content).hexdigest()
    if ending in {".parquet", ".feather"}:
        return _columnar(content, path, ending), digest
    _check_text(content, path)
    if ending in {".jsonl", ".ndjson"}:
        return _json_lines(content.decode("utf-8-sig"), path), digest
    return _separated(content, path, "\t" if ending.startswith(".tsv") else None), digest


def _decompress(content: bytes, path: Path) -> bytes:
    most = max(LARGE, MOST_COMPRESSED * len(content))
    try:
        with gzip.open(io.BytesIO(content)) as file:
            text = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise StudyError(f"{path} is not a complete gzip file: {error}. Write it again.") from None
    if len(text) > most:
        raise StudyError(
            f"{path} grows over {MOST_COMPRESSED} times when unpacked, which looks unsafe. If it is a table, unpack it first."
        )
    return text


def _check_text(content: bytes, path: Path) -> None:
    """Raise a StudyError at the first line that is not UTF-8, or where all are blank."""
    for number, line in enumerate(io.BytesIO(content), 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            raise StudyError(
                f"{path}, line {number}: not UTF-8 text. Save the file as UTF-8."
            ) from None
    if not any(line.strip() for line in _stream(content)):
        raise StudyError(f"{path} is empty. A table needs a header and rows.")


def _stream(content: bytes) -> io.TextIOWrapper:
    """`content` as text that is decoded as it is read, line ends as they are."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _columnar(content: bytes, path: Path, ending: str) -> pd.DataFrame:
    try:
        return (pd.read_parquet if ending == ".parquet" else pd.read_feather)(io.BytesIO(content))
    except Exception as error:  # pyarrow raises its own, ValueError or OSError, by what is broken
        reason = " ".join(str(error).split())
        raise StudyError(
            f"Can't read {path} as {ending.lstrip('.')}: {reason}. Write it again."
        ) from None


def _json_lines(text: str, path: Path) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    lines = array("I")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise StudyError(
                f"{path}, line {number}: not valid JSON ({error}). Every line must be one JSON object."
            ) from None
        if not isinstance(record, dict):
            raise StudyError(
                f"{path}, line {number}: {line.strip()[:40]!r} is not a JSON object. Every line must be one."
            )
        records.append(record)
        lines.append(number)
    frame = pd.DataFrame(records)
    frame.attrs[KEY] = Written(path.name, lines)
    return frame


def _separated(content: bytes, path: Path, separator: str | None) -> pd.DataFrame:
    separator = separator or _sniff(content)
    width, lines = _shape(content, path, separator)
    try:
        reader = pd.read_csv(
            _stream(content),
            sep=separator,
            header=None,
            dtype=pd.ArrowDtype(pa.string()),
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            chunksize=max(ROWS, PIECE // width),
        )
        first = next(reader)
        header = list(first.iloc[0])
        pieces = [piece.apply(_cells) for piece in chain([first.iloc[1:]], reader)]
    except pd.errors.ParserError as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise StudyError(f"Can't read {path}: {reason}. {_WAY_OUT}") from None
    frame = pd.concat(pieces, ignore_index=True).set_axis(header, axis=1)
    known = lines if len(lines) == len(frame) else ()  # a line of one empty cell may be a row
    frame.attrs[KEY] = Written(path.name, known, "," if separator == ";" else ".")
    return frame


_WAY_OUT = "Fix the line, or quote cells that contain the separator."


def _shape(content: bytes, path: Path, separator: str) -> tuple[int, array[int]]:
    """Cells of each row, and the line that each starts in; a StudyError at the first with more or
    fewer than the header, as pandas would fill short ones.
    """
    reader = csv.reader(_stream(content), delimiter=separator, skipinitialspace=True)
    width, end, lines = 0, 0, array("I")
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells[:2]) and len(cells) < 2:
                continue
            width = width or len(cells)
            if len(cells) != width:
                raise StudyError(
                    f"{path}, line {reader.line_num}: {len(cells)} cell{'s' * (len(cells) != 1)}, but the header has {width}. "
                    f"{_WAY_OUT}"
                )
            lines.append(start)
    except csv.Error as error:
        raise StudyError(f"{path}, line {reader.line_num}: {error}. {_WAY_OUT}") from None
    return width or 1, lines[1:]  # 1: a header of one empty cell


def _sniff(content: bytes) -> str:
    """The separator that cuts the header into most cells; a comma on a tie."""
    header = next(line for line in _stream(content) if line.strip("\r\n"))[:100_000].splitlines()[0]
    return max(
        ",;\t|", key=lambda separator: len(next(csv.reader([header], delimiter=separator), []))
    )


def _cells(column: pd.Series[Any]) -> pd.Series[Any]:
    column = column.str.strip()
    return column.mask(column.isin(MISSING))
