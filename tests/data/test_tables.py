from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from study.data.tables import read_table, target_values
from study.schema import Feature, Kind, StudyData, StudyError, Target

from .helpers import config_for, lines, plain_frame, saved, table_of, written


def test_a_mixed_table_is_read_as_clean_columns(tmp_path: Path) -> None:
    frame = plain_frame()

    table = table_of(tmp_path, frame)

    assert {f.name: f.type for f in table.features} == {
        "age": "numeric",
        "town": "category",
        "seen": "date",
        "smoker": "boolean",
    }
    assert table.frame.index.tolist() == list(range(len(frame)))
    assert {str(dtype) for dtype in table.frame.drop(columns="town").dtypes} == {"float64"}
    assert table.frame["town"].isna().tolist() == frame["town"].isna().tolist()


def test_csv_and_parquet_of_one_frame_give_one_table(tmp_path: Path) -> None:
    frame = plain_frame()

    typed = table_of(tmp_path, frame)
    text = read_table(config_for(written(tmp_path, frame.to_csv(index=False))))

    pd.testing.assert_frame_equal(text.frame, typed.frame)
    assert [f.type for f in text.features] == [f.type for f in typed.features]


def test_targets_groups_and_time_are_no_features(tmp_path: Path) -> None:
    frame = plain_frame().assign(house=[f"h{i % 5}" for i in range(40)], z=np.arange(40) % 2)

    by_group = table_of(tmp_path, frame, ["y", "z"], groups="house")
    by_time = table_of(tmp_path, frame, ["y", "z"], time="seen", data={"drop": ["house"]})

    assert [f.name for f in by_group.features] == ["age", "town", "seen", "smoker"]
    assert [f.name for f in by_time.features] == ["age", "town", "smoker"]
    assert by_time.frame["seen"].dtype == np.float64


def test_the_other_target_of_the_balloons_is_no_feature() -> None:
    table = read_table(config_for("balloons", "balloons", data={"rows": 100}))

    assert [f.name for f in table.features] == ["relationship", "children", "age"]
    assert [note.rpartition(": ")[2] for note in table.notes] == ["colour."]


@pytest.mark.parametrize(
    "values", [[1] * 40, [None] * 40, range(7, 47), [f"name {i}" for i in range(40)]]
)
def test_a_column_that_says_nothing_is_left_out_with_a_note(tmp_path: Path, values: Any) -> None:
    frame = plain_frame().assign(odd=list(values))

    table = read_table(config_for(written(tmp_path, frame.to_csv(index=False))))

    assert "odd" not in {f.name for f in table.features}
    (note,) = table.notes
    assert ": odd." in note
    assert ("data.types" in note) == (values[0] == "name 0")  # the way to keep it


def test_distinct_whole_numbers_are_left_out_by_name(tmp_path: Path) -> None:
    numbers = np.arange(40) * 3
    frame = plain_frame().assign(PassengerId=numbers, user_id=numbers, grid=numbers, income=numbers)

    table = table_of(tmp_path, frame)

    assert {f.name for f in table.features} == {"age", "town", "seen", "smoker", "grid", "income"}
    (note,) = table.notes
    assert note.endswith(": PassengerId, user_id.")


def test_naming_an_identifier_keeps_it(tmp_path: Path) -> None:
    frame = plain_frame().assign(year=range(1980, 2020))

    listed = table_of(tmp_path, frame, data={"features": ["year", "age"]})
    typed = table_of(tmp_path, frame, data={"types": {"year": "numeric"}})

    assert [f.name for f in listed.features] == ["year", "age"]
    assert "year" in {f.name for f in typed.features}


def test_cells_that_are_no_scalars_are_left_out(tmp_path: Path) -> None:
    table = table_of(tmp_path, plain_frame().assign(odd=[[1]] * 40))

    assert "odd" not in {f.name for f in table.features}
    assert table.notes[0].endswith(": odd.")


def test_rows_without_a_target_stay_and_are_noted(tmp_path: Path) -> None:
    frame = plain_frame()
    frame.loc[[3, 5], "y"] = np.nan

    table = table_of(tmp_path, frame)

    assert np.flatnonzero(np.isnan(target_values(table, table.targets[0]))).tolist() == [3, 5]
    assert table.targets[0].missing == 2
    (note,) = table.notes
    assert "'y'" in note


def test_values_of_a_class_are_its_index(tmp_path: Path) -> None:
    frame = plain_frame().assign(y=["b", "a", "b", None] * 10)

    table = table_of(tmp_path, frame)

    assert (table.targets[0].kind, tuple(table.targets[0].classes)) == (Kind.BINARY, ("a", "b"))
    np.testing.assert_array_equal(target_values(table, table.targets[0]), [1, 0, 1, np.nan] * 10)


def test_the_summary_is_json_with_every_inference(tmp_path: Path) -> None:
    table = table_of(tmp_path, plain_frame().assign(y=["a", "b"] * 20))

    summary = table.summary()

    (target,), smoker = summary.targets, summary.features[3]
    assert StudyData.model_validate_json(summary.model_dump_json()) == summary
    assert target == Target(
        name="y", kind=Kind.BINARY, classes={"a": 20, "b": 20}, reason=target.reason, missing=0
    )
    assert smoker == Feature(name="smoker", type="boolean", reason=smoker.reason, missing=0)
    assert target.reason
    assert smoker.reason
    assert (summary.rows, summary.digest) == (40, table.digest)


@pytest.mark.parametrize(
    ("more", "way_out"),
    [
        ({"target": "z"}, r"targets.*table\.parquet.*'z'.*age, town, seen"),
        ({"data": {"features": ["agee"]}}, r"data\.features.*'agee'.*'age'"),
        ({"data": {"drop": ["twon"]}}, r"data\.drop.*'twon'.*'town'"),
        ({"data": {"types": {"Age": "numeric"}}}, r"data\.types.*'Age'.*'age'"),
        ({"groups": "smokr"}, "groups.*'smokr'.*'smoker'"),
        ({"time": "sen"}, "time.*'sen'.*'seen'"),
        ({"data": {"drop": ["y"]}}, r"'y'.*data\.drop, groups"),
        ({"groups": "town", "time": "seen"}, "groups.*'town'.*time.*'seen'.*null"),
        ({"groups": "town"}, r"group.*'town'.*row \d"),
        ({"time": "age"}, r"time.*'age'.*row \d"),
        ({"time": "town"}, r"time.*'town'.*data\.types\.town"),
        ({"data": {"features": ["y"]}}, r"table\.parquet.*data\.features"),
        (
            {"data": {"types": {"town": "numeric"}}},
            r"'town'.*'\w+'.*row \d.*data\.types\.town.*category",
        ),
    ],
)
def test_a_wrong_name_or_type_says_what_to_do(
    tmp_path: Path, more: dict[str, Any], way_out: str
) -> None:
    with pytest.raises(StudyError, match=way_out):
        table_of(tmp_path, plain_frame(), **{"target": "y", **more})


def test_infinite_features_are_errors(tmp_path: Path) -> None:
    text = lines(x=["1", "inf", *map(str, range(30))], y=np.linspace(0, 1, 32))

    with pytest.raises(StudyError, match=r"'x'.*line 3 of table\.csv\..*data\.drop"):
        read_table(config_for(written(tmp_path, text)))


def test_too_few_rows_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"table\.parquet.*\b19\b.*\b20\b"):
        table_of(tmp_path, plain_frame(19))


CELLS = st.one_of(
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=24, max_size=24),
    st.lists(
        st.none() | st.sampled_from(["a", "ß", "nan", "missing", "1"]), min_size=24, max_size=24
    ),
    st.lists(st.none() | st.booleans(), min_size=24, max_size=24),
    st.lists(st.none() | st.datetimes().map(lambda d: d.isoformat()), min_size=24, max_size=24),
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
FRAMES = st.dictionaries(NAMES.filter(lambda n: n != "y"), CELLS, min_size=1, max_size=4)


@settings(max_examples=20, deadline=None)
@given(FRAMES)
def test_any_table_is_read_or_refused_with_a_study_error(
    tmp_path_factory: Any, columns: dict[str, Any]
) -> None:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    frame["y"] = np.linspace(0, 1, 24)

    path = tmp_path_factory.mktemp("t") / "t.jsonl"
    frame.to_json(path, orient="records", lines=True, force_ascii=False)
    try:
        table = read_table(config_for(path))
    except StudyError:
        with pytest.raises(StudyError, match=r"t\.jsonl.*data\.features"):
            read_table(config_for(path))
        return

    assert {f.name for f in table.features} <= set(frame.columns) - {"y"}
    assert list(table.frame.index) == list(range(24))
    assert StudyData.model_validate_json(table.summary().model_dump_json()) == table.summary()


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()

    tables = [
        table_of(folder, plain_frame(), data={"drop": drop})
        for folder, drop in ((one, []), (other, ["age"]))
    ]
    changed = table_of(one, plain_frame(seed=1))

    assert tables[0].digest == tables[1].digest != changed.digest
    assert saved(one, plain_frame()).exists()
