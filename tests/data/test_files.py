from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from study.config import make_config
from study.config.options import DataConfig
from study.data import sources
from study.data.columns import read_column
from study.data.sources import read_source
from study.schema import StudyError

from .helpers import written

TEXT = "id,wert\n007,1.5\n008,?\n009,NA\n"


def read(path: Path) -> pd.DataFrame:
    return read_source(DataConfig(source=str(path))).frame


def test_cells_of_a_csv_stay_text_and_missing_markers_are_missing(tmp_path: Path) -> None:
    frame = read(written(tmp_path, TEXT))

    assert frame["id"].tolist() == ["007", "008", "009"]
    assert frame["wert"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_of_the_header_is_used(tmp_path: Path, separator: str) -> None:
    frame = read(written(tmp_path, TEXT.replace(",", separator)))

    assert list(frame.columns) == ["id", "wert"]


def test_decimal_commas_are_read_between_semicolons(tmp_path: Path) -> None:
    frame = read(written(tmp_path, "a;b\n1,5;x,y\n2;z\n"))

    assert read_column(frame["a"]).values.tolist() == [1.5, 2]
    assert read_column(frame["b"]).values.tolist() == ["x,y", "z"]


def test_a_byte_order_mark_and_gzip_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    (tmp_path / "zip.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    plain = read_source(DataConfig(source=str(written(tmp_path, TEXT))))

    zipped = read_source(DataConfig(source=str(tmp_path / "zip.csv.gz")))

    pd.testing.assert_frame_equal(read(tmp_path / "bom.csv"), plain.frame)
    pd.testing.assert_frame_equal(zipped.frame, plain.frame)
    assert zipped.digest == plain.digest


def test_parquet_feather_and_json_lines_give_the_same_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"zahl": [1.5, 2.5], "wort": ["a", "ß"]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.feather")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)

    for name in ("t.parquet", "t.feather", "t.jsonl"):
        pd.testing.assert_frame_equal(read(tmp_path / name), frame)


def test_a_named_index_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="key"))
    frame.to_parquet(tmp_path / "t.parquet")

    assert list(read(tmp_path / "t.parquet").columns) == ["key", "x"]


def test_an_unnamed_csv_column_is_named_by_its_place(tmp_path: Path) -> None:
    assert list(read(written(tmp_path, ",x\n0,1\n1,2\n")).columns) == ["column 1", "x"]
    assert list(read(written(tmp_path, ",column 1\n0,1\n1,2\n")).columns) == [
        "column 1 (2)",
        "column 1",
    ]


def test_names_are_one_printable_line(tmp_path: Path) -> None:
    pd.DataFrame({"a\x00": [1], " income\n(EUR) ": [1], "": [1], 7: [1]}).to_json(
        tmp_path / "t.jsonl", orient="records", lines=True
    )

    assert list(read(tmp_path / "t.jsonl").columns) == ["a", "income (EUR)", "column 3", "7"]


def test_quoted_cells_may_hold_separators_and_line_ends(tmp_path: Path) -> None:
    frame = read(written(tmp_path, 'a,b\n"x, y","1\n2"\n\n z ,3\n'))

    assert frame["a"].tolist() == ["x, y", "z"]
    assert frame["b"].tolist() == ["1\n2", "3"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("t.csv", b"a,b\n1,2\n1,2,3\n", r"t\.csv, line 3: 3 .* 2\."),
        ("t.csv", b"a,b\n1,2\n1\n", r"t\.csv, line 3: 1 .* 2\."),
        ("t.csv", b'a,b\n"1,2\n', r"t\.csv, line 2:"),
        ("t.csv", b"", r"t\.csv.*empty"),
        ("t.csv", b"a,b\n", r"t\.csv.*header"),
        ("t.csv", b"a,b,a\n1,2,3\n", r"t\.csv.*'a'"),
        ("t.csv", b"a\n\xff\n", r"t\.csv, line 2:.*UTF-8"),
        ("t.csv", b"\xef\xbb\xbfa\n\xff\n", r"t\.csv, line 2:.*UTF-8"),
        ("t.csv.gz", b"a,b\n", r"t\.csv\.gz.*gzip"),
        ("t.parquet", b"a,b\n", r"t\.parquet.*parquet"),
        ("t.feather", b"a,b\n", r"t\.feather.*feather"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', r"t\.jsonl, line 2:"),
        ("t.jsonl", b"[1]\n", r"t\.jsonl, line 1: '\[1\]'"),
        ("t.xlsx", b"", r"t\.xlsx.*\.csv, "),
    ],
)
def test_a_broken_file_is_named_with_its_fault(
    tmp_path: Path, name: str, content: bytes, fault: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(StudyError, match=fault):
        read(path)


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()

    for name in ("none.csv", "folder.csv"):
        with pytest.raises(StudyError, match=name):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("source", "way_out"),
    [
        ("sklearn:irs", "'sklearn:irs'.*'iris'"),
        ("statsmodels:fare", "'statsmodels:fare'.*'fair'"),
        ("statsmodels:qqqqqqqq", "anes96, "),
        ("openml:31", "'openml:31'.*balloons, sklearn, statsmodels"),
        ("sklaern:wine", "'sklaern:wine'.*'sklearn'"),
        ("baloons", "'baloons'.*'balloons'"),
        ("balloons:2", "':2'"),
    ],
)
def test_an_unknown_built_in_table_is_answered_with_the_nearest(source: str, way_out: str) -> None:
    with pytest.raises(StudyError, match=way_out):
        read_source(DataConfig(source=source))


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        ("balloons", (100, 5)),
        ("sklearn:diabetes", (442, 11)),
        ("sklearn:iris", (150, 5)),
        ("statsmodels:fair", (6366, 9)),
        ("statsmodels:co2", (2284, 2)),
    ],
)
def test_built_in_tables_are_read_with_one_digest(source: str, shape: tuple[int, int]) -> None:
    one, again = (read_source(DataConfig(source=source, rows=100)) for _ in range(2))

    assert one.frame.shape == shape
    assert one.digest == again.digest
    assert len(one.digest) == 64


def test_built_in_classifiers_have_class_names() -> None:
    frame = read_source(DataConfig(source="sklearn:breast_cancer")).frame

    assert set(frame["target"]) == {"malignant", "benign"}


def test_diabetes_is_in_original_units() -> None:
    frame = read_source(DataConfig(source="sklearn:diabetes")).frame

    assert frame["age"].max() == 79


def test_a_source_of_a_library_becomes_no_path_whether_it_is_known_or_not(tmp_path: Path) -> None:
    named = [
        make_config({"data": {"source": s}, "name": "n", "target": "y"}, folder=tmp_path).data
        for s in ("openml:31", "a.csv")
    ]

    assert [data.is_path for data in named] == [False, True]
    assert named[0].source == "openml:31"


def test_a_library_is_added_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def counting(name: str, data: DataConfig) -> pd.DataFrame:
        return pd.DataFrame({"n": range(int(name)), "double": range(0, 2 * int(name), 2)})

    monkeypatch.setitem(sources.LIBRARIES, "counting", counting)
    monkeypatch.setitem(sources.TARGETS, "counting", ("double",))

    read = read_source(DataConfig(source="counting:3"))

    assert (read.frame["double"].tolist(), read.origin, read.targets) == (
        [0, 2, 4],
        "counting:3",
        ("double",),
    )
