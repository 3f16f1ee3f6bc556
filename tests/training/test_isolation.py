"""Whatever the rows outside development hold, encoders, search and winner come out the same to the
bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.reader import Reader, make_reader
from study.data.splits import Split, make_splits
from study.families import first_params, get_family, penalties, resolve_space
from study.records.trial import TrialRecord, WinnerRecord
from study.schema import REGRESSIONS, Search
from study.training.task import TrialTask
from study.training.trial import run_trial
from study.training.winner import run_winner
from tests.data.helpers import config_for, saved, table_of

N, KEPT = 96, 3
"""Rows, and test rows whose values stay as they are."""
NESTED = {"protocol": "nested", "outer": {"folds": 3}}
SPLITTERS: dict[str, dict[str, Any]] = {
    "holdout": {},
    "nested": NESTED,
    "repeats": {"protocol": "nested", "outer": {"folds": 3, "repeats": 2}},
    "stratified holdout": {"classes": True},
    "stratified": NESTED | {"classes": True},
    "groups holdout": {"groups": "house"},
    "groups": NESTED | {"groups": "house"},
    "stratified groups": NESTED | {"groups": "house", "classes": True},
    "time holdout": {"time": "day"},
    "time": NESTED | {"time": "day"},
}

TRAINED = {"holdout": ("linear", "neural"), "stratified groups": ("logistic",)}
"""What is trained too: training sees an encoded table and a split, and not how it was drawn."""


def frame_of(classes: bool) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {
        "age": rng.normal(50, 10, N),
        "town": rng.choice(["Bonn", "Ulm", "Trier"], N),
        "size": rng.normal(size=N),
    }
    frame = pd.DataFrame(columns).assign(
        house=[f"h{i % 16}" for i in range(N)], day=np.arange(N) % 24
    )
    y = frame["size"] + 0.1 * (frame["age"] - 50) + rng.normal(size=N)
    return frame.assign(y=np.where(y > 0, "yes", "no") if classes else y)


def disturbed(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Other features, gaps, a level nobody has seen, and other targets in these rows."""
    other = frame.copy()
    other.loc[rows, "age"] = 400.0 - 9 * frame.loc[rows, "age"]
    other.loc[rows[::2], "size"] = np.nan
    other.loc[rows, "town"] = "Köln"
    flipped = (
        frame["y"].map({"yes": "no", "no": "yes"})
        if frame["y"].dtype != float
        else 1_000 - 50 * frame["y"]
    )
    other.loc[rows, "y"] = flipped[rows]
    return other


def task_for(encoded: Encoded, family: str, outer_fold: int) -> TrialTask:
    own, plain = get_family(family), get_family(REGRESSIONS[encoded.kind])
    space = resolve_space(own, N, {})
    params = first_params(own, space) | (
        {"width": 8, "batch_size": 16} if family == "neural" else {}
    )
    search = Search(
        target="y",
        kind=encoded.kind,
        family=family,
        depth=int(family == "neural"),
        outer_fold=outer_fold,
    )
    return TrialTask(
        study="test",
        seed=0,
        search=search,
        number=0,
        generation=0,
        params=params,
        inner_seeds=1,
        epochs=6,
        patience=6,
        iterations=500,
        penalties=penalties(own, space)
        if own.convex
        else penalties(plain, resolve_space(plain, N, {})),
    )


def weights_of(files: dict[str, bytes], folder: Path) -> bytes:
    """The weights of the model in a `.keras` file, which itself carries a date."""
    ((name, content),) = files.items()
    (folder / name).write_bytes(content)
    return b"".join(
        weight.tobytes() for weight in keras.saving.load_model(folder / name).get_weights()
    )


@dataclass(frozen=True)
class Twice:
    """A table and its twin that differs in the rows `changed` alone, both encoded under one split
    of the first.
    """

    split: Split
    changed: np.ndarray
    encoded: Encoded
    disturbed: Encoded
    readers: tuple[Reader, Reader]
    """What turns rows into those that the models of each take."""
    resplit: Split
    """The split that the twin itself gets."""

    @property
    def kept(self) -> np.ndarray:
        """Test rows that are the same in both."""
        return self.split.test[:KEPT]


def twice(folder: Path, name: str) -> Twice:
    more = {"inner": {"folds": 2}} | SPLITTERS[name]
    classes = bool(more.pop("classes", False))
    frame = frame_of(classes).drop(columns=[c for c in ("house", "day") if c not in more.values()])
    table = table_of(folder, frame, **more)
    config = config_for(saved(folder, frame), **more)
    split = make_splits(table, table.targets[0], config)[1 if "outer" in more else 0]
    changed = np.setdiff1d(np.arange(N), np.concatenate([split.development, split.test[:KEPT]]))
    twin = table_of(folder, disturbed(frame, changed), **more)
    found = [encode(one, one.targets[0], split) for one in (table, twin)]
    readers = make_reader(table, found[0]), make_reader(twin, found[1])
    resplit = make_splits(twin, twin.targets[0], config)[split.outer_fold]
    return Twice(split, changed, found[0], found[1], readers, resplit)


def trained(encoded: Encoded, family: str, folder: Path) -> tuple[TrialRecord, WinnerRecord, bytes]:
    """Search record, winner and its weights."""
    task = task_for(encoded, family, encoded.outer_fold)
    trial, kept = run_trial(task, encoded)
    record, files = run_winner(task.as_winner(0.5), encoded, kept)
    return trial, record, weights_of(files, folder)


@pytest.mark.parametrize("name", SPLITTERS)
def test_rows_outside_development_do_not_reach_the_encoder(tmp_path: Path, name: str) -> None:
    found = twice(tmp_path, name)

    one, other, development = found.encoded, found.disturbed, found.split.development
    assert set(found.split.test) - set(found.kept) <= set(found.changed)
    assert all(
        not np.array_equal(one.x(e, found.changed), other.x(e, found.changed)) for e in range(3)
    )
    assert (one.y[found.changed] != other.y[found.changed]).all()
    assert found.readers[0] == found.readers[1]
    for e in range(3):
        np.testing.assert_array_equal(other.x(e, development), one.x(e, development))
    for units in ("fill", "center", "scale", "y_center", "y_scale"):
        np.testing.assert_array_equal(getattr(other, units), getattr(one, units))


@pytest.mark.parametrize(
    "name", [name for name, more in SPLITTERS.items() if "classes" not in more]
)
def test_rows_outside_development_do_not_move_the_split(tmp_path: Path, name: str) -> None:
    found = twice(
        tmp_path, name
    )  # strata are made of the target itself, so those splitters are left out

    inner = zip(found.resplit.inner, found.split.inner, strict=True)
    pairs = [
        (found.resplit.test, found.split.test),
        *(pair for old, new in inner for pair in zip(old, new, strict=True)),
    ]
    assert all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", TRAINED)
def test_rows_outside_development_reach_neither_search_nor_winner(
    tmp_path: Path, name: str
) -> None:
    found = twice(tmp_path, name)

    for family in TRAINED[name]:
        one, two = (
            trained(encoded, family, tmp_path) for encoded in (found.encoded, found.disturbed)
        )
        assert two[0] == one[0]
        assert two[1].coefficients == one[1].coefficients
        assert two[2] == one[2]
        for before, after in zip(one[1].candidates, two[1].candidates, strict=True):
            told = [
                (each.name, np.asarray(each.predicted).tolist(), np.asarray(each.loss).tolist())
                for each in (after, before)
            ]
            assert (
                len(
                    {
                        (name, str(predicted[:KEPT]), str(loss[:KEPT]))
                        for name, predicted, loss in told
                    }
                )
                == 1
            )
            assert told[0][2][KEPT:] != told[1][2][KEPT:]
