"""From a table to the encoded rows of each target and outer fold."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from study.data.encoding import BLOCK, Encoded
from study.data.matrix import Matrix, make_matrix
from study.data.rows import IntArray
from study.data.splits import Split, codes
from study.data.tables import Table, target_values
from study.data.vocabulary import Vocabulary, find_vocabulary, missing_name
from study.schema import Kind, StudyError, Target


def encode(table: Table, target: Target, split: Split) -> Encoded:
    """Encode every row that has a target for one outer fold (`encode_all`)."""
    return encode_all(table, [(target, split)])[target.name, split.outer_fold]


def encode_all(
    table: Table, splits: Sequence[tuple[Target, Split]]
) -> dict[tuple[str, int], Encoded]:
    """Encode a table for every target and outer fold of a study, over one matrix.

    Numbers, dates and booleans: gaps take the median of the fitting rows, and a column with gaps in
    LEAST_LEVEL_ROWS or more development rows gets an indicator of them; columns with the same gaps
    share the first one's indicator. Categories: a gap is the level "missing"; the most frequent
    level is the reference, encoded as zeros, as are all levels beyond MOST_LEVELS, in fewer than
    LEAST_LEVEL_ROWS development rows, or unseen in them. Everything is then standardised.

    Returns
    -------
    Encoded data by target and outer fold.

    Raises
    ------
    StudyError
        No feature varies on the development rows of one of them.
    """
    missing = missing_name(table)
    vocabularies = [
        find_vocabulary(table.frame, split.development, table.features, missing)
        for _, split in splits
    ]
    for (target, split), vocabulary in zip(splits, vocabularies, strict=True):
        if not vocabulary.terms:
            raise StudyError(
                f"No feature varies on the training rows of outer fold {split.outer_fold} of {target.name!r}. "
                "Name other columns in data.features."
            )
    places = {
        source: i
        for i, source in enumerate(dict.fromkeys(t.source for v in vocabularies for t in v.terms))
    }
    matrix = make_matrix(table.frame, table.features, missing, places)
    observed = {
        target.name: _observed(table, target) for target in {t.name: t for t, _ in splits}.values()
    }
    data: dict[tuple[str, int], Encoded] = {}
    for (target, split), vocabulary in zip(splits, vocabularies, strict=True):
        key = target.name, split.outer_fold
        columns = np.array([places[term.source] for term in vocabulary.terms], np.int64)
        data[key] = _encode(
            table, target, split, vocabulary, matrix, columns, observed[target.name]
        )
    for name in dict.fromkeys(name for name, _ in data):
        own = {key: encoded for key, encoded in data.items() if key[0] == name}
        train, validation = (max(encoded.bounds[i] for encoded in own.values()) for i in (0, 1))
        data |= {key: replace(encoded, bounds=(train, validation)) for key, encoded in own.items()}
    give_back()
    return data


def give_back() -> None:
    """Let the system have the memory that this process has freed, which the C library would keep
    for it.
    """
    with suppress(AttributeError, OSError):  # it is no GNU one
        ctypes.CDLL(None).malloc_trim(0)


def _observed(table: Table, target: Target) -> dict[str, Any]:
    """What all outer folds of a target have in common: its rows, and their values, groups and
    times.
    """
    values = target_values(table, target)
    rows = np.flatnonzero(~np.isnan(values)).astype(np.int64)
    logs = np.log(values) if target.transform else None
    found = {
        "y": values if logs is None else logs,
        "measured": logs if logs is None else values,
        "groups": codes(table, table.groups),
        "times": codes(table, table.time),
    }
    return {"rows": rows} | {name: own if own is None else own[rows] for name, own in found.items()}


def _encode(
    table: Table,
    target: Target,
    split: Split,
    vocabulary: Vocabulary,
    matrix: Matrix,
    columns: IntArray,
    observed: dict[str, Any],
) -> Encoded:
    rows, y = observed["rows"], observed["y"]
    place = np.full(len(table.frame), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    development = place[split.development]
    train = [place[training] for training, _ in split.inner]
    fitting = [*train, development]
    y_center, y_scale = np.zeros(len(fitting)), np.ones(len(fitting))
    if target.kind is Kind.CONTINUOUS:
        y_center = np.array([y[fitted].mean() for fitted in fitting])
        y_scale = np.array([y[fitted].std() or 1.0 for fitted in fitting])
    sources = [
        table.frame[term.column].to_numpy(np.float64)
        if term.level is None
        else matrix.values[:, column]
        for term, column in zip(vocabulary.terms, columns, strict=True)
    ]
    return Encoded(
        target=target.name,
        kind=target.kind,
        classes=tuple(target.classes),
        outer_fold=split.outer_fold,
        terms=vocabulary.terms,
        matrix=matrix,
        columns=columns,
        y_center=y_center,
        y_scale=y_scale,
        train=train,
        validation=[place[validation] for _, validation in split.inner],
        development=development,
        test=place[split.test],
        references=vocabulary.references,
        parts=[(fraction, place[part]) for fraction, part in split.parts],
        combined=table.combined,
        **observed,
        **_readings(sources, rows, fitting),
    )


def _readings(
    sources: list[npt.NDArray[Any]], rows: IntArray, fitting: Sequence[IntArray]
) -> dict[str, Any]:
    """`fill`, `center`, `scale` and `varies` of encoders fitted on such positions of `rows`;
    sources: a column a term.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    n_terms = len(sources)
    fill, center, scale = (np.zeros((len(fitting), n_terms)) for _ in range(3))
    varies = np.zeros((len(fitting), n_terms), bool)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    blocks = max(1, min(-(-n_terms * len(rows) // BLOCK), n_terms // 2))
    for part in np.array_split(np.arange(n_terms), blocks):
        cells = np.column_stack([sources[i][rows] for i in part])
        for e, fitted in enumerate(fitting):
            own = cells[fitted]
            fill[e, part] = imputer.fit(own).statistics_
            np.copyto(own, fill[e, part], where=np.isnan(own))
            scaler = StandardScaler().fit(own)
            center[e, part], scale[e, part], varies[e, part] = (
                scaler.mean_,
                scaler.scale_,
                np.ptp(own, axis=0) > 0,
            )
    return {"fill": fill, "center": center, "scale": scale, "varies": varies}
