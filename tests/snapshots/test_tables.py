"""What is said of a table: all that it, its columns, targets and splits are refused for, and what
is read and inferred.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.config.options import DataConfig
from study.data import files
from study.data.encode import encode, encode_all
from study.data.sources import read_source
from study.data.splits import make_splits
from study.data.tables import Table, read_table
from study.schema import StudyError
from tests.data.helpers import bare, config_for, saved, table_of, written
from tests.snapshots.conftest import Approve

Refused = Callable[[Path], object]

ROWS = 40
NUMBERS = np.arange(ROWS)
PLAIN = pd.DataFrame(
    {
        "age": np.where(NUMBERS % 8 == 3, np.nan, NUMBERS * 7 % 31),
        "town": np.where(NUMBERS % 9 == 4, None, np.resize(["Bonn", "Köln", "Ulm"], ROWS)),
        "seen": pd.date_range("2020-01-01", periods=ROWS),
        "smoker": NUMBERS % 3 == 0,
        "y": NUMBERS * 11 % 37 / 8,
    }
)
"""A number with gaps, a category with gaps, a date, a boolean and a continuous target."""


def of_file(name: str, content: bytes) -> Refused:
    def read(folder: Path) -> object:
        (folder / name).write_bytes(content)
        return read_source(DataConfig(source=str(folder / name)))

    return read


def of_source(source: str) -> Refused:
    return lambda folder: read_source(DataConfig(source=source))


def of_table(columns: dict[str, Any] | None = None, **more: Any) -> Refused:
    """The plain table with other columns, read, split and encoded."""

    def encoded(folder: Path) -> object:
        frame = PLAIN.assign(**columns or {})
        table = table_of(folder, frame, **more)
        (target,) = table.targets
        splits = make_splits(table, target, config_for(saved(folder, frame), **more))
        return encode_all(table, [(target, split) for split in splits])

    return encoded


def of_target(values: Sequence[Any], kind: str = "auto") -> Refused:
    return lambda folder: table_of(
        folder, pd.DataFrame({"x": range(len(values)), "y": values}), {"y": kind}
    )


def of_bomb(folder: Path) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "LARGE", 10_000)
        return of_file("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 100_000))(folder)


REFUSED: dict[str, Refused] = {
    "a cell that is too long": of_file("t.csv", b"a,b\n1," + b"2" * 200_000 + b"\n"),
    "two columns of one name": of_file("t.csv", b"a,b,a\n1,2,3\n"),
    "no gzip": of_file("t.csv.gz", b"a,b\n"),
    "a gzip that would fill memory": of_bomb,
    "no Parquet": of_file("t.parquet", b"a,b\n"),
    "no Feather": of_file("t.feather", b"a,b\n"),
    "a line that is no JSON": of_file("t.jsonl", b'{"a": 1}\n{"a": \n'),
    "a line that is no JSON object": of_file("t.jsonl", b"[1]\n"),
    "no table of scikit-learn": of_source("sklearn:irs"),
    "no table of statsmodels": of_source("statsmodels:fare"),
    "another library": of_source("openml:31"),
    "nearly a library": of_source("sklaern:wine"),
    "a second table of balloons": of_source("balloons:2"),
    "no such target": of_table(target="z"),
    "no such feature": of_table(data={"features": ["agee"]}),
    "no such column to drop": of_table(data={"drop": ["twon"]}),
    "no such column to type": of_table(data={"types": {"Age": "numeric"}}),
    "no such groups": of_table(groups="smokr"),
    "no such time": of_table(time="sen"),
    "no such term": of_table(terms=["sen"]),
    "a target that is dropped": of_table(data={"drop": ["y"]}),
    "groups and time": of_table(groups="town", time="seen"),
    "a row without a group": of_table(groups="town"),
    "a row without a time": of_table(time="age"),
    "a time of words": of_table({"town": np.resize(["Bonn", "Köln"], ROWS)}, time="town"),
    "no feature but the target": of_table(data={"features": ["y"]}),
    "no feature": of_table(data={"drop": ["age", "town", "seen", "smoker"]}),
    "no feature that varies where models train": lambda _: encode(
        *bare({"x": [1.0] * 40 + [2.0] * 10}, {"x": "numeric"})
    ),
    "a boolean that is none": of_table(data={"types": {"town": "boolean"}}),
    "a date that is none": of_table(data={"types": {"town": "date"}}),
    "dates that may be two": of_table({"seen": np.resize(["2020-01-31", "02/03/2020"], ROWS)}),
    "dates as numbers": of_table(data={"types": {"seen": "numeric"}}),
    "cells that are lists": of_table({"odd": [[1]] * ROWS}, data={"types": {"odd": "category"}}),
    "many infinite numbers": of_table({"age": [np.inf] * 7 + [0.0] * 33}),
    "a target of lists": of_target([[1]] * 30),
    "a target filled in too few rows": of_target([1.5] * 10 + [2.5] * 9 + [np.nan] * 10),
    "a continuous target of words": of_target(["1", "b"] * 10, "continuous"),
    "a count of words": of_target(["1", "b"] * 10, "count"),
    "a count below zero": of_target([1, -2] * 10, "count"),
    "a count with a fraction": of_target([1, 2.5] * 10, "count"),
    "a binary target of three classes": of_target(["a", "b", "c"] * 10, "binary"),
    "too many classes": of_target([f"t{i % 101}" for i in range(202)]),
    "a class of one row": of_target(["a"] * 15 + ["b"] * 9 + ["c"]),
    "a class of fewer rows than outer folds": of_table(
        {"y": ["a"] * 38 + ["b"] * 2}, protocol="nested"
    ),
    "a class of fewer rows than inner folds": of_table({"y": ["a"] * 35 + ["b"] * 5}),
    "a class that the holdout cannot share": of_table(
        {"y": ["a", "b"] * 20}, outer={"test_fraction": 0.01}
    ),
    "fewer rows than folds": of_table(inner={"folds": 30}),
    "fewer groups than folds": of_table(
        {"g": ["u", "v", "w", "x"] * 10}, protocol="nested", groups="g"
    ),
    "fewer times than folds": of_table({"t": [1, 2, 3, 4] * 10}, time="t"),
    "repeats in time order": of_table(time="seen", protocol="nested", outer={"repeats": 2}),
    "one class until then": of_table({"y": ["a"] * 20 + ["b"] * 20}, time="seen"),
}
"""What `harness/inputs.py` does not show already."""


def test_what_a_table_is_refused_for(approve: Approve, tmp_path: Path) -> None:
    told = []  # why pyarrow and scikit-learn refuse is theirs to say
    for name, refused in REFUSED.items():
        with pytest.raises(StudyError) as raised:
            refused(tmp_path)
        said = re.sub(
            r"(read as [a-z]+|rows of 'y'): .*?(\.? (Write|Set) it)",
            r"\1: <why>\2",
            str(raised.value),
        )
        told.append(f"# {name}\n{said}")

    approve("\n\n".join(told))


def shown(title: str, table: Table) -> str:
    """What is noted of a table, and what is inferred, a line a column."""
    columns = [
        f"  {each.name}: {each.type} ({each.reason}), {each.missing} missing"
        for each in table.features
    ]
    targets = [
        f"  {each.name}: {each.kind} ({each.reason}), {each.missing} missing"
        for each in table.targets
    ]
    parts = [
        "targets:",
        *targets,
        "features:",
        *columns,
        "notes:",
        *(f"  {note}" for note in table.notes),
        table.splitting,
    ]
    return "\n".join([f"# {title}", *parts]).rstrip()


TARGETS: dict[str, Sequence[Any]] = {
    "fractions": NUMBERS / 7,
    "below zero": np.resize([-1, 0, 1], ROWS),
    "codes": np.resize([0, 1, 2], ROWS),
    "ages": NUMBERS + 25,
    "visits": np.repeat(range(6), [18, 9, 6, 4, 2, 1]),
    "zeros and ones": NUMBERS % 2,
    "truths": NUMBERS % 2 == 0,
    "words": np.resize(["a", "b"], ROWS),
    "three words": np.resize(["a", "b", "c"], ROWS),
    "days": pd.date_range("2020-01-01", periods=ROWS),
    "set to be a count": NUMBERS,
}
"""A target of each kind, and of each reason."""

WRITTEN = {
    "age": ["", *NUMBERS[1:] % 31],
    "code": np.resize(["007", "010", "7"], ROWS),
    "height": [*NUMBERS[1:] % 13, "many"],
    "built": ["soon", *pd.date_range("2003-02-01", periods=ROWS - 1).strftime("%d/%m/%Y")],
    "paid": [f"${1_000 * n + 0.5:,.2f}" for n in NUMBERS],
    "moved": [f"{n % 28 + 1}/12/2003" if n % 2 else f"2003-12-{n % 28 + 1}" for n in NUMBERS],
    "smoker": np.resize(["yes", "no"], ROWS),
    "same": [1] * ROWS,
    "empty": [""] * ROWS,
    "place": NUMBERS + 7,
    "PassengerId": NUMBERS * 3,
    "user_id": NUMBERS * 3 + 1,
    "remark": [f"remark {i}" for i in NUMBERS],
    "class": np.resize([0, 1, 2], ROWS),
    "y": ["", "", *NUMBERS[2:] / 8],
}
TYPED = PLAIN.assign(
    size=pd.Categorical(np.resize(["S", "M"], ROWS)), kept=NUMBERS * 2, odd=[[1]] * ROWS
)


def test_what_is_read_and_inferred_of_a_table(approve: Approve, tmp_path: Path) -> None:
    kinds = {name: "count" if name.startswith("set") else "auto" for name in TARGETS}
    text = pd.DataFrame(WRITTEN).to_csv(index=False)

    told = [
        shown(
            "a CSV file",
            read_table(config_for(written(tmp_path, text), {"y": "auto", "class": "auto"})),
        ),
        shown(
            "a Parquet file, in time order",
            table_of(tmp_path, TYPED, time="seen", data={"types": {"kept": "numeric"}}),
        ),
        shown(
            "rows of groups", table_of(tmp_path, PLAIN.assign(house=NUMBERS // 4), groups="house")
        ),
        shown(
            "rows in the order of a number",
            table_of(tmp_path, PLAIN.assign(week=NUMBERS // 2), time="week"),
        ),
        shown(
            "one of the targets of the balloons",
            read_table(config_for("balloons", "balloons", data={"rows": 100})),
        ),
        shown(
            "targets of each kind",
            table_of(tmp_path, pd.DataFrame({**TARGETS, "x": NUMBERS / 3}), kinds),
        ),
    ]

    approve("\n\n".join(told))
