"""Sixty dirty tables: what people's files hold, and what a person would read in them.

Three clean tables, each spoilt in twenty ways. A spoilt table is the bytes of a CSV file, with the
table that a person would read, or with None where nobody could know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.config.loading import make_config
from study.config.options import DataConfig
from study.data.sources import read_source
from study.data.tables import Table, read_table
from study.schema import StudyError

ROWS = 150
"""Rows of a clean table at most."""

CLEAN = {"sklearn:diabetes": "bmi", "sklearn:wine": "proline", "balloons": "children"}
"""Each clean table, and the numeric column that is spoilt in it."""

Frame = pd.DataFrame


@dataclass(frozen=True, eq=False)
class Dirty:
    """A spoilt table.

    content: bytes of its CSV file. target: column to predict. read: what a person would read, as a
    plain table; None: the file must be refused. named: words that a note, warning or error must
    have, as a column or line; empty: nothing need be said.
    """

    dirt: str
    table: str
    target: str
    content: bytes
    read: Frame | None
    named: tuple[str, ...] = ()


@cache
def clean(table: str) -> tuple[Frame, str]:
    """A clean table with a town and a day in each row, every number with a fraction of two digits,
    and its target.
    """
    frame = read_source(DataConfig(source=table, rows=ROWS)).frame
    frame = frame.sample(ROWS, random_state=0, ignore_index=True)
    target = "target" if "target" in frame else "balloons"
    random = np.random.default_rng(0)
    number = CLEAN[table]
    spread = random.uniform(1_000, 60_000, ROWS).round(2)
    frame[number] = (1_000 * frame[number] + spread).round(2)
    if frame[target].dtype.kind == "f" and target == "target":
        frame[target] = (frame[target] + random.uniform(0, 1, ROWS)).round(2)
    frame["town"] = random.choice(["Bonn", "Ulm", "Mainz", "Trier"], ROWS)
    frame["day"] = pd.date_range("2021-01-01", periods=ROWS).strftime("%Y-%m-%d")[
        random.permutation(ROWS)
    ]
    return frame, target


def plain(frame: Frame) -> bytes:
    """A table as a CSV file that nobody could misread."""
    return frame.to_csv(index=False).encode()


def _cells(frame: Frame, column: str, write: Callable[[Any], str]) -> Frame:
    return frame.assign(**{column: frame[column].map(write)})


def _line(row: int) -> str:
    """The line of a row in a file with a header."""
    return f"line {row + 2}"


def _money(frame: Frame, number: str, target: str) -> tuple[bytes, Frame | None, tuple[str, ...]]:
    return plain(_cells(frame, number, "${:,.2f}".format)), frame, (number,)


def _per_cent(frame: Frame, number: str, target: str) -> Any:
    return plain(_cells(frame, number, "{} %".format)), frame, (number,)


def _unit(frame: Frame, number: str, target: str) -> Any:
    return plain(_cells(frame, number, "{:,.2f} km".format)), frame, (number,)


def _spaces(frame: Frame, number: str, target: str) -> Any:
    def write(value: float) -> str:
        return f"{value:,.2f}".replace(",", "\N{NO-BREAK SPACE}")

    return plain(_cells(frame, number, write)), frame, (number,)


def _commas(frame: Frame, number: str, target: str) -> Any:
    def write(value: float) -> str:
        return f"{value:,.2f}".translate({ord(","): ".", ord("."): ","})

    spoilt = _cells(frame, number, write)
    return spoilt.to_csv(index=False, sep=";", decimal=",").encode(), frame, ()


def _pipes(frame: Frame, number: str, target: str) -> Any:
    return frame.to_csv(index=False, sep="|").encode(), frame, ()


def _words(frame: Frame, number: str, target: str) -> Any:
    gaps = [40, 90, 91]
    spoilt = frame.astype({number: object})
    spoilt.loc[gaps, number] = ["unknown", "see note", "unknown"]
    read = frame.assign(**{number: frame[number].drop(gaps)})
    return plain(spoilt), read, (number, _line(gaps[0]))


def _total(frame: Frame, number: str, target: str) -> Any:
    sums = {name: frame[name].sum() for name in (number, target) if frame[name].dtype.kind == "f"}
    last = pd.DataFrame([{frame.columns[-2]: "Total", **sums}])
    return plain(pd.concat([frame, last])), frame, ("Total", _line(len(frame)))


def _missing(frame: Frame, number: str, target: str) -> Any:
    gaps = [3, 30, 31, 60, 99, 120]
    spoilt = frame.astype({number: object})
    spoilt.loc[gaps, number] = ["-", "N/A", "?", "n.a.", ".", "null"]
    return plain(spoilt), frame.assign(**{number: frame[number].drop(gaps)}), ()


def _sentinels(frame: Frame, number: str, target: str) -> Any:
    spoilt = frame.copy()
    spoilt.loc[::15, number] = -999_999
    return plain(spoilt), spoilt, (number, "999")


def _dates(frame: Frame, number: str, target: str) -> Any:
    other = pd.to_datetime(frame["day"]).dt.strftime("%d/%m/%Y")
    return plain(frame.assign(day=frame["day"].where(frame.index % 3 > 0, other))), frame, ("day",)


def _export(frame: Frame, number: str, target: str) -> Any:
    text = frame.to_csv(index=False, lineterminator="  \r\n\r\n")
    return text.encode("utf-8-sig"), frame, ()


def _names(frame: Frame, number: str, target: str) -> Any:
    ours = ["intercept", "row", "fold", "loss", "linear", "prediction"]
    features = [name for name in frame if name not in (target, number)]
    read = frame.rename(columns=dict(zip(features, ours, strict=False)))
    return plain(read), read, ()


def _levels(frame: Frame, number: str, target: str) -> Any:
    spoilt = frame.copy()
    spoilt.loc[[5, 50], "town"] = ["mainz", "Maiinz"]
    return plain(spoilt), spoilt, ("town", "mainz")


def _counter(frame: Frame, number: str, target: str) -> Any:
    spoilt = frame.assign(nr=np.arange(1, len(frame) + 1))
    return plain(spoilt), frame, ("nr",)


def _huge(frame: Frame, number: str, target: str) -> Any:
    spoilt = frame.assign(serial=[str(2**63 + 7 * row) for row in range(len(frame))])
    return plain(spoilt), frame, ("serial",)


def _overflow(frame: Frame, number: str, target: str) -> Any:
    spoilt = frame.astype({number: object})
    spoilt.loc[70, number] = "1e400"
    return plain(spoilt), None, (number, _line(70))


def _ambiguous(frame: Frame, number: str, target: str) -> Any:
    def write(value: float) -> str:
        return f"{int(value) % 9 + 1},{int(value) % 1000:03}"

    return plain(_cells(frame, number, write)), None, (number, "line")


def _leak(frame: Frame, number: str, target: str) -> Any:
    codes = frame[target].astype("category").cat.codes if frame[target].dtype != float else 0
    value = frame[target] if frame[target].dtype == float else codes
    noise = 0.01 * value.std() * np.random.default_rng(1).normal(size=len(frame))
    spoilt = frame.assign(share=(0.3 * value + noise).round(6))
    spoilt = pd.concat([spoilt, spoilt.iloc[:20]], ignore_index=True)
    return plain(spoilt), spoilt, ("share",)


def _mixed(frame: Frame, number: str, target: str) -> Any:
    spoilt = _cells(frame, number, "\N{EURO SIGN}{:,.2f}".format)
    spoilt.loc[[40, 90], number] = "unknown"
    other = pd.to_datetime(frame["day"]).dt.strftime("%d/%m/%Y")
    spoilt["day"] = frame["day"].where(frame.index % 3 > 0, other)
    read = frame.assign(**{number: frame[number].drop([40, 90])})
    text = spoilt.to_csv(index=False, sep="|", lineterminator="\r\n")
    return text.encode("utf-8-sig"), read, (number, _line(40), "day")


DIRT: dict[str, Callable[[Frame, str, str], Any]] = {
    "`$10,435.60`": _money,
    "`210.5 %`": _per_cent,
    "`134,160.25 km`": _unit,
    "`10 435.60`": _spaces,
    "`10.435,60` between semicolons": _commas,
    "columns separated by `|`": _pipes,
    "three words in 150 numbers": _words,
    "a last line `Total`": _total,
    "missing as `-` `N/A` `?` `n.a.` `.` `null`": _missing,
    "`-999999` for missing": _sentinels,
    "`2021-01-31` and `31/01/2021`": _dates,
    "a spreadsheet's export: BOM, blank lines, spaces": _export,
    "columns `intercept`, `row`, `fold`, `loss`": _names,
    "`Mainz`, `mainz`, `Maiinz`": _levels,
    "a column that counts the rows": _counter,
    "serial numbers from 2⁶³": _huge,
    "`1e400`": _overflow,
    "`1,234`: thousands or decimals?": _ambiguous,
    "a share of the target, and 20 rows twice": _leak,
    "`€10,435.60`, words, dates and `|` at once": _mixed,
}
"""How tables are spoilt, by what is seen in them."""


def dirty_tables() -> Iterator[Dirty]:
    """All of them, by dirt."""
    for dirt, spoil in DIRT.items():
        for table, number in CLEAN.items():
            frame, target = clean(table)
            yield Dirty(dirt, table, target, *spoil(frame, number, target))


def reading(content: bytes, target: str, folder: Path) -> Table:
    """The table that study reads in a CSV file of these bytes.

    Raises
    ------
    StudyError
        It is refused.
    """
    path = folder / "table.csv"
    path.write_bytes(content)
    return read_table(
        make_config({"name": "dirty", "data": {"source": str(path)}, "targets": [target]})
    )


def outcome(dirty: Dirty, folder: Path) -> tuple[str, str]:
    """What study makes of a spoilt table, and what it says of that.

    `read`: as a person would, and it says what it should. `refused`: with a message that names
    the place. `wrong`: read otherwise, which it says. `silent`: read otherwise without a word, or
    refused without the place.
    """
    try:
        found = reading(dirty.content, dirty.target, folder)
    except StudyError as error:
        return ("refused" if _names_all(dirty, str(error)) else "silent"), str(error)
    words = [*found.notes, *(each.sentence for each in found.warnings)]
    said = "\n".join([*words, *(feature.reason for feature in found.features)])
    if not _names_all(dirty, said):
        return "silent", said
    same = dirty.read is not None and _same(found, reading(plain(dirty.read), dirty.target, folder))
    return ("read" if same else "wrong"), said


def _names_all(dirty: Dirty, said: str) -> bool:
    return all(word.lower() in said.lower() for word in dirty.named)


def _same(one: Table, other: Table) -> bool:
    """Whether two tables have the same columns, types and values."""
    types = [[(each.name, each.type) for each in table.features] for table in (one, other)]
    kinds = [[(each.name, each.kind) for each in table.targets] for table in (one, other)]
    return types[0] == types[1] and kinds[0] == kinds[1] and one.frame.equals(other.frame)
