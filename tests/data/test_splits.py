from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.splits import Split, make_splits
from study.data.tables import Table
from study.schema import ALL_ROWS, StudyError

from .helpers import config_for, plain_frame, saved, table_of


def splits_of(folder: Path, frame: pd.DataFrame, **more: Any) -> tuple[Table, tuple[Split, ...]]:
    table = table_of(folder, frame, **more)
    *splits, _ = make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))
    return table, tuple(splits)


NESTED = {"protocol": "nested", "outer": {"folds": 4}, "inner": {"folds": 3}}


@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_rows_are_divided_and_never_shared(tmp_path: Path, protocol: str) -> None:
    frame = plain_frame(60)
    frame.loc[[1, 7], "y"] = np.nan
    usable = set(range(60)) - {1, 7}

    _, splits = splits_of(tmp_path, frame, **{**NESTED, "protocol": protocol})

    for split in splits:
        assert {*split.development} | {*split.test} == usable
        assert not {*split.development} & {*split.test}
        assert sorted(np.concatenate([v for _, v in split.inner])) == split.development.tolist()
        for training, validation in split.inner:
            assert {*training} | {*validation} == {*split.development}
            assert not {*training} & {*validation}


def test_every_row_is_tested_once_a_repeat(tmp_path: Path) -> None:
    _, splits = splits_of(
        tmp_path, plain_frame(60), **{**NESTED, "outer": {"folds": 4, "repeats": 2}}
    )

    first, second = splits[:4], splits[4:]

    assert [split.outer_fold for split in splits] == list(range(8))
    for repeat in (first, second):
        assert sorted(np.concatenate([split.test for split in repeat])) == list(range(60))
    assert first[0].test.tolist() != second[0].test.tolist()


def test_the_holdout_takes_its_share(tmp_path: Path) -> None:
    _, (split,) = splits_of(tmp_path, plain_frame(60), outer={"test_fraction": 0.3})

    assert len(split.test) == 18
    assert split.test.dtype == split.development.dtype == np.int64
    assert len(split.inner) == 5


def test_splits_follow_from_the_seed_alone(tmp_path: Path) -> None:
    frame = plain_frame(60).assign(z=np.arange(60.0) ** 1.5)
    table = table_of(tmp_path, frame, ["y", "z"])
    config = config_for(saved(tmp_path, frame), ["y", "z"], **NESTED)

    splits = [make_splits(table, target, config) for target in table.targets]
    reseeded = make_splits(table, table.targets[0], config.replace(seed=1))

    assert [s.test.tolist() for s in splits[0]] == [s.test.tolist() for s in splits[1]]
    assert splits[0][0].test.tolist() != reseeded[0].test.tolist()


@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_classes_keep_their_shares(tmp_path: Path, protocol: str) -> None:
    frame = plain_frame(120).assign(y=["a"] * 72 + ["b"] * 36 + ["c"] * 12)
    codes = np.array([0] * 72 + [1] * 36 + [2] * 12)

    _, splits = splits_of(tmp_path, frame, **{**NESTED, "protocol": protocol})

    for split in splits:
        for rows in (split.development, split.test, *(v for _, v in split.inner)):
            np.testing.assert_allclose(
                np.bincount(codes[rows]) / len(rows), [0.6, 0.3, 0.1], atol=0.06
            )


@pytest.mark.parametrize("y", ["numbers", "classes"])
@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_groups_stay_together(tmp_path: Path, protocol: str, y: str) -> None:
    house = np.random.default_rng(0).integers(0, 20, 200)
    frame = plain_frame(200).assign(house=[f"h{h}" for h in house])
    if y == "classes":
        frame["y"] = ["a", "b", "a", "c"] * 50

    _, splits = splits_of(tmp_path, frame, **{**NESTED, "protocol": protocol}, groups="house")

    for split in splits:
        assert not {*house[split.development]} & {*house[split.test]}
        assert 0.05 < len(split.test) / 200 < 0.5
        for training, validation in split.inner:
            assert not {*house[training]} & {*house[validation]}


@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_later_rows_are_held_out_and_one_time_stays_together(tmp_path: Path, protocol: str) -> None:
    day = np.random.default_rng(1).integers(0, 25, 200)
    frame = plain_frame(200).assign(day=day)

    _, splits = splits_of(tmp_path, frame, **{**NESTED, "protocol": protocol}, time="day")

    for split in splits:
        assert day[split.development].max() < day[split.test].min()
        for training, validation in split.inner:
            assert day[training].max() < day[validation].min()
    if protocol == "holdout":
        assert abs(len(splits[0].test) / 200 - 0.2) < 0.05


def test_parts_are_a_half_and_a_quarter_out_of_it_with_the_shares_of_the_classes(
    tmp_path: Path,
) -> None:
    frame = plain_frame(120).assign(y=["a"] * 72 + ["b"] * 36 + ["c"] * 12)
    codes = np.array([0] * 72 + [1] * 36 + [2] * 12)

    _, splits = splits_of(tmp_path, frame, **NESTED)

    for split in splits:
        (_, half), (_, quarter) = split.parts
        assert {*quarter} < {*half} < {*split.development}
        for fraction, rows in split.parts:
            assert len(rows) == pytest.approx(fraction * len(split.development), abs=2)
            np.testing.assert_allclose(
                np.bincount(codes[rows]) / len(rows), [0.6, 0.3, 0.1], atol=0.06
            )


def test_parts_hold_whole_groups(tmp_path: Path) -> None:
    house = np.random.default_rng(0).integers(0, 20, 200)

    _, (split,) = splits_of(
        tmp_path, plain_frame(200).assign(house=[f"h{h}" for h in house]), groups="house"
    )

    assert [fraction for fraction, _ in split.parts] == [0.5, 0.25]
    for _, rows in split.parts:
        assert not {*house[rows]} & {*house[np.setdiff1d(split.development, rows)]}


def test_parts_of_rows_in_time_order_are_the_latest(tmp_path: Path) -> None:
    day = np.random.default_rng(1).integers(0, 25, 200)

    _, (split,) = splits_of(tmp_path, plain_frame(200).assign(day=day), time="day")

    for fraction, rows in split.parts:
        assert day[np.setdiff1d(split.development, rows)].max() < day[rows].min()
        assert len(rows) == pytest.approx(fraction * len(split.development), abs=5)


def test_there_are_no_parts_where_a_class_is_too_rare_for_quarters(tmp_path: Path) -> None:
    frame = plain_frame(60).assign(y=["a"] * 56 + ["b"] * 4)

    _, (split,) = splits_of(tmp_path, frame, inner={"folds": 3})

    assert len(split.parts) == 0


@pytest.mark.parametrize(
    ("changes", "more", "way_out"),
    [
        (
            {"y": ["a"] * 38 + ["b"] * 2},
            {"protocol": "nested"},
            r"\b5 .*'b'.*'y'.* 2 .*outer\.folds",
        ),
        ({"y": ["a"] * 35 + ["b"] * 5}, {}, r"\b5 .*'b'.*'y'.* 4 .*inner\.folds"),
        ({}, {"inner": {"folds": 30}}, r"\b30 .* 60 .*'y'.* 32 .*inner\.folds"),
        (
            {"g": ["u", "v", "w", "x"] * 10},
            {"protocol": "nested", "groups": "g"},
            r"\b5 .*groups.*'y'.* 4 .*outer\.folds",
        ),
        ({"t": [1, 2, 3, 4] * 10}, {"time": "t"}, r"\b5 .* 6 .*times.*'y'.* 3 .*inner\.folds"),
        (
            {"t": range(40)},
            {"time": "t", "protocol": "nested", "outer": {"repeats": 2}},
            r"outer\.repeats.* 2,.* 1\.",
        ),
        ({"t": range(40), "y": ["a"] * 20 + ["b"] * 20}, {"time": "t"}, "'y'.* 7 .*folds"),
    ],
)
def test_folds_that_cannot_be_filled_say_what_to_do(
    tmp_path: Path, changes: dict[str, Any], more: dict[str, Any], way_out: str
) -> None:
    with pytest.raises(StudyError, match=way_out):
        splits_of(tmp_path, plain_frame(40).assign(**changes), **more)


@pytest.mark.parametrize("fraction", [0.001, 0.99])
def test_a_holdout_too_small_for_the_classes_says_what_to_do(
    tmp_path: Path, fraction: float
) -> None:
    frame = plain_frame(60).assign(y=["a", "b", "c"] * 20)

    with pytest.raises(StudyError, match=rf"outer\.test_fraction.* {fraction} .* 60 .*'y'"):
        splits_of(tmp_path, frame, outer={"test_fraction": fraction})


@pytest.mark.parametrize("protocol", ["holdout", "nested"])
def test_the_last_split_is_of_all_rows_that_have_a_target(tmp_path: Path, protocol: str) -> None:
    frame = plain_frame(60)
    frame.loc[[3, 7], "y"] = np.nan
    table = table_of(tmp_path, frame)

    *_, every = make_splits(
        table, table.targets[0], config_for(saved(tmp_path, frame), protocol=protocol)
    )

    assert every.outer_fold == ALL_ROWS
    assert every.development.tolist() == np.setdiff1d(np.arange(60), [3, 7]).tolist()
    assert (len(every.test), len(every.parts), len(every.inner)) == (0, 0, 5)
    assert (
        sorted(np.concatenate([validation for _, validation in every.inner]))
        == every.development.tolist()
    )


def test_the_last_search_validates_on_whole_groups_or_on_later_rows(tmp_path: Path) -> None:
    frame = plain_frame(60).assign(house=np.arange(60) // 3, day=np.arange(60) // 2)
    table = table_of(tmp_path, frame, groups="house")
    timed = table_of(tmp_path, frame, time="day")

    *_, grouped = make_splits(
        table, table.targets[0], config_for(saved(tmp_path, frame), groups="house")
    )
    *_, later = make_splits(timed, timed.targets[0], config_for(saved(tmp_path, frame), time="day"))

    assert all(not {*frame["house"][own]} & {*frame["house"][held]} for own, held in grouped.inner)
    assert all(frame["day"][own].max() < frame["day"][held].min() for own, held in later.inner)
