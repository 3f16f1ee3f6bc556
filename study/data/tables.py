"""From a source to a Table: which columns are features, of which type, and of which kind the
targets are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config import StudyConfig
from study.data.arranged import _grouped_words, _groups, _time, _timed_words
from study.data.columns import FEATURE_SIZES, check, read_column
from study.data.hints import hints
from study.data.leaks import leaks
from study.data.oddities import oddities
from study.data.readings import Column
from study.data.sources import Source, read_source
from study.data.targets import LEAST_ROWS, read_target
from study.data.totals import without_total
from study.formatting import count, some
from study.schema import Feature, StudyData, StudyError, StudyWarning, Target, nearest

_ID_NAME = re.compile(
    r"(.*[\W_])?(id|ids|uuid|guid|key|index|idx|rownames?|row_?number)|id[\W_].*|column 1",
    re.IGNORECASE,
)
_ID_CAMEL = re.compile(r".*[a-z](Id|ID)")


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose columns are understood.

    frame: one row a row of the source, index = row id, its position 0..n-1 there. Feature columns
    are float64 (numbers; booleans as 0 and 1; dates as days since 1970-01-01) or text with missing
    as NaN (categories). Target columns are float64 or class labels as text. The groups column is
    text, the time column float64. notes: what a reader should know: columns left out and why, rows
    without a target. warnings: what is suspected of it: leaks, codes read as numbers, groups that
    were not declared. digest: SHA-256 (hexadecimal) of the content read, the same on every machine.
    combined: features that products and curves are made of; None: all. splitting: how splits keep
    rows apart by groups or time, in words.
    """

    frame: pd.DataFrame
    features: tuple[Feature, ...]
    targets: tuple[Target, ...]
    groups: str | None
    time: str | None
    notes: tuple[str, ...]
    digest: str
    combined: tuple[str, ...] | None = None
    splitting: str = ""
    warnings: tuple[StudyWarning, ...] = ()

    def summary(self) -> StudyData:
        return StudyData(
            rows=len(self.frame),
            digest=self.digest,
            features=self.features,
            targets=self.targets,
            groups=self.groups,
            time=self.time,
            splitting=self.splitting,
            notes=self.notes,
            warnings=self.warnings,
        )


def read_table(config: StudyConfig, source: Source | None = None) -> Table:
    """Read the source of `config`, unless it was, and infer the rest.

    Left out as features, each with a note: constant columns, text that hardly repeats, whole
    numbers that count the rows, and cells that are neither numbers nor words. Naming a column in
    `data.features` or `data.types` keeps it unless it is constant. A last line that adds up the
    others is left out. Errors and notes name the line of a text file, or the row of a frame, which
    count from 1 and from 0.

    Raises
    ------
    StudyError
        The source cannot be read, a named column does not exist, a cell breaks a declared type or
        kind, a number is infinite, a target or feature set cannot be learnt from.
    """
    source = source or read_source(config.data)
    _check(config, source)
    source, notes = without_total(source)
    raw = {str(name): column for name, column in source.frame.items()}
    source = replace(source, frame=pd.DataFrame())  # each column is let go once it is read
    targets, splitting = list[Target](), ""
    columns: dict[str, pd.Series[Any]] = {}
    ids: dict[str, pd.Series[Any]] = {}
    for name, wanted in config.targets.items():
        declared = config.data.types.get(name)
        target, columns[name], said = read_target(raw.pop(name), wanted, declared)
        targets.append(target)
        notes += said
    features = _features(config, source, raw, columns, notes, ids)
    if config.groups:
        columns[config.groups] = _groups(raw.pop(config.groups))
        splitting = _grouped_words(columns[config.groups])
    if config.time:
        time = _time(raw.pop(config.time), config)
        columns[config.time], splitting = time.values, _timed_words(time)
        notes += time.notes
    frame = pd.concat(columns, axis=1)
    frame.attrs.clear()
    types = {feature.name: feature.type for feature in features}
    warnings = [
        *leaks(frame, types, targets, ids),
        *hints(frame, features, config.data.types, ids, bool(splitting)),
        *oddities(frame, types | dict.fromkeys(config.targets, "")),
    ]
    return Table(
        frame,
        tuple(features),
        tuple(targets),
        config.groups,
        config.time,
        tuple(notes),
        source.digest,
        _combined(config, features),
        splitting,
        tuple(warnings),
    )


def _combined(config: StudyConfig, features: list[Feature]) -> tuple[str, ...] | None:
    """Features that products and curves are made of, where these are not all."""
    if config.terms == "auto":
        return tuple(f.name for f in features if f.type != "date") if config.time else None
    names = [feature.name for feature in features]
    for name in config.terms:
        if name not in names:
            raise StudyError(
                f"terms names {name!r}, which is not a feature.{nearest(name, names)} Remove it, or name a feature."
            )
    return tuple(config.terms)


def target_values(table: Table, target: Target) -> npt.NDArray[np.float64]:
    """Values of a target, (n_rows,) float64: the number, or the index of the class; NaN where
    missing.
    """
    column = table.frame[target.name]
    if target.classes:
        column = column.astype(object).map(
            {label: float(i) for i, label in enumerate(target.classes)}
        )
    return np.asarray(column, dtype=np.float64)


def _check(config: StudyConfig, source: Source) -> None:
    names = list(source.frame.columns)
    asked: list[tuple[str, Iterable[str]]] = [
        ("targets", config.targets),
        ("data.features", config.data.features or ()),
        ("data.drop", config.data.drop),
        ("data.types", config.data.types),
        ("groups", [config.groups] if config.groups else ()),
        ("time", [config.time] if config.time else ()),
    ]
    for key, wanted in asked:
        for name in wanted:
            if name not in names:
                shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
                hint = nearest(name, names) or f" Its columns are {shown}."
                raise StudyError(f"{key}: {source.origin} has no column {name!r}.{hint}")
    for name in config.targets:
        if name in config.data.drop or name in {config.groups, config.time}:
            raise StudyError(
                f"Target {name!r} is also in data.drop, groups or time. Remove it there."
            )
    if len(source.frame) < LEAST_ROWS:
        raise StudyError(
            f"{source.origin} has {count(len(source.frame), 'row')}. A comparison needs at least {LEAST_ROWS}."
        )
    if config.groups and config.time:
        raise StudyError(
            f"groups is {config.groups!r} and time is {config.time!r}, but folds go by one of them. Set the other to null."
        )


def _features(
    config: StudyConfig,
    source: Source,
    raw: dict[str, pd.Series[Any]],
    columns: dict[str, pd.Series[Any]],
    notes: list[str],
    ids: dict[str, pd.Series[Any]],
) -> list[Feature]:
    """The features in order, taken out of `raw`; their values are added to `columns`, what was
    left out to `notes`, and numbers that identify rows, left out or not, to `ids`.
    """
    taken = {*config.targets, config.groups, config.time, *config.data.drop}
    listed = list(dict.fromkeys(config.data.features or ()))
    left_out: dict[str, list[str]] = {}
    left_out["it is a target, groups, time or dropped"] = [name for name in listed if name in taken]
    found = []
    for name in listed or list(raw):
        if name in taken:
            continue
        if name in source.targets and not listed:
            left_out.setdefault(f"{source.origin} has it as a target", []).append(name)
            continue
        column = read_column(raw.pop(name), config.data.types.get(name))
        notes += [column.merged] * bool(column.merged)
        why = column.reason if column.type is None else _constant(column)
        kept = not why and (name in listed or name in config.data.types)
        if not why and _identifier(column, UNIQUE, DENSE) not in {"", _TEXT}:
            ids[name] = column.values
        why = why or _identifier(column)
        if column.type is None or (why and not kept):
            left_out.setdefault(why, []).append(name)
            continue
        check(column, FEATURE_SIZES)
        notes += column.notes
        missing = int(column.values.isna().sum())
        found.append(
            Feature(
                name=name,
                type=column.type,
                reason=column.reason,
                missing=missing,
                pattern=column.pattern,
            )
        )
        columns[name] = column.values
    notes += [
        f"Left out, since {why}: {some(names, 10)}.{_KEEP.get(why, '')}"
        for why, names in left_out.items()
        if names
    ]
    if not found:
        raise StudyError(
            f"{source.origin} has no usable feature: {' '.join(notes) or 'every column is a target.'} "
            "Name columns in data.features, or drop fewer."
        )
    return found


_TEXT = "the texts hardly repeat, as names and remarks do not, and teach nothing about other rows"
_KEEP = {
    _TEXT: " Set data.types of such a column to category to keep it, or set groups to it if rows of one value belong together.",
}
"""What to do where a column that was left out is wanted after all."""


def _constant(column: Column) -> str:
    distinct = column.values.nunique()
    gaps = column.values.isna().any()
    return (
        "no cell is filled"
        if not distinct
        else "a float64 can't tell most of its numbers apart"
        if column.merged and 2 * distinct < len(column.values)
        else "all cells are equal"
        if distinct == 1 and not gaps
        else ""
    )


UNIQUE, DENSE = 0.9, 0.7
"""Share of the rows that have a number of their own, and of the numbers between the least and the
largest that occur, where they count the rows; of so many drawn at random 0.72 differ."""


def _identifier(column: Column, unique: float = 1, dense: float = 1) -> str:
    present = column.values.dropna()
    distinct = present.nunique()
    if column.type == "category" and distinct > max(LEAST_ROWS, 0.5 * len(present)):
        return _TEXT
    if column.type != "numeric" or distinct < unique * len(column.values) or (present % 1).any():
        return ""
    if distinct >= dense * (present.max() - present.min() + 1):
        return "consecutive numbers count the rows"
    if _ID_NAME.fullmatch(column.name) or _ID_CAMEL.fullmatch(column.name):
        return "distinct whole numbers under such a name identify the rows"
    return ""
