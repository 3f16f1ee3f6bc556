"""An outer fold with a part of its development rows as all that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.parts import on_part
from study.data.splits import make_splits

from .helpers import config_for, plain_frame, saved, table_of

FOLDS = {"inner": {"folds": 3}}


def fold(folder: Path, **columns: Any) -> Encoded:
    more = FOLDS | {name: name for name in columns if name in ("house", "day")}
    more = {
        {"house": "groups", "day": "time"}.get(name, name): value for name, value in more.items()
    }
    frame = plain_frame(200).assign(**columns)
    table = table_of(folder, frame, **more)
    first, *_ = make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))
    return encode(table, table.targets[0], first)


def test_a_row_of_a_part_trains_and_validates_where_it_does_among_all_rows(tmp_path: Path) -> None:
    encoded = fold(tmp_path)

    assert [fraction for fraction, _ in encoded.parts] == [0.5, 0.25]
    for fraction, rows in encoded.parts:
        own = on_part(encoded, rows)
        assert own is not None
        assert own.development.tolist() == rows.tolist()
        for found, whole in ((own.train, encoded.train), (own.validation, encoded.validation)):
            for some, every in zip(found, whole, strict=True):
                assert {*some} == {*every} & {*rows}
                assert len(some) == pytest.approx(fraction * len(every), abs=12)
        assert (len(own.parts), own.bounds) == (0, encoded.bounds)


def test_in_a_part_groups_stay_together(tmp_path: Path) -> None:
    house = np.random.default_rng(0).integers(0, 40, 200)
    encoded = fold(tmp_path, house=[f"h{h}" for h in house])
    (_, half), _ = encoded.parts

    own = on_part(encoded, half)

    assert own is not None
    for training, validation in zip(own.train, own.validation, strict=True):
        assert not {*house[training]} & {*house[validation]}


def test_in_a_part_of_rows_in_time_order_later_ones_validate(tmp_path: Path) -> None:
    day = np.random.default_rng(1).integers(0, 25, 200)
    encoded = fold(tmp_path, day=day)

    assert [fraction for fraction, _ in encoded.parts] == [0.5, 0.25]
    for _, rows in encoded.parts:
        own = on_part(encoded, rows)
        assert own is not None
        for training, validation in zip(own.train, own.validation, strict=True):
            assert {*training} | {*validation} <= {*rows}
            assert day[training].max() < day[validation].min()


def test_a_part_of_too_few_times_or_without_validation_rows_is_none(tmp_path: Path) -> None:
    day = np.random.default_rng(1).integers(0, 25, 200)
    timed = fold(tmp_path, day=day)
    plain = fold(tmp_path)

    late = timed.development[
        day[timed.development] >= np.sort(np.unique(day[timed.development]))[-3]
    ]

    assert on_part(timed, late) is None
    assert on_part(plain, plain.train[0]) is None
