"""What came from somebody else is read, never run: each file here would leave a mark if its code
ran.
"""

from __future__ import annotations

import gzip
import json
import os
import pickle
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
import skops.io
import yaml
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from study import load_config, load_results
from study.config import make_config
from study.config.options import DataConfig
from study.data import files
from study.data.files import read_file
from study.data.sources import read_source
from study.families.saved import open_model
from study.plan import prepare
from study.records.paths import StudyPaths
from study.records.reading import Records, read_records
from study.schema import StudyError
from study.training.trees import open_trees


class Mine:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What hostile code would make."""
    return tmp_path / "mark"


def test_a_mine_works(mark: Path) -> None:
    pickle.loads(pickle.dumps(Mine(mark)))

    assert mark.is_dir()


@pytest.mark.parametrize(
    "line", ["name: {}", "{}", "data: {{source: {}}}", "space: {{neural: {{width: {}}}}}"]
)
def test_yaml_that_asks_for_python_is_no_valid_yaml(tmp_path: Path, mark: Path, line: str) -> None:
    config = tmp_path / "mail.yaml"
    config.write_text(line.format(f"!!python/object/apply:os.mkdir ['{mark}']"))
    yaml.unsafe_load(config.read_text())
    mark.rmdir()

    with pytest.raises(StudyError, match=r"mail\.yaml.*YAML.*python/object/apply"):
        load_config(config)

    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &a [1, 1]\nb: [*a, *a]", "YAML.*aliases"),
        ("a: &a [*a]", "YAML.*aliases"),
        ("a: " + "[" * 5_000, "YAML.*recursion"),
        ("a: 2026-99-99", "YAML.*month"),
        ("2026-01-01: a", "keys"),
        ("data: {source: balloons}\ntargets: [[a]]", "'targets'"),
    ],
)
def test_a_config_that_would_fill_memory_or_is_nonsense_is_named(
    tmp_path: Path, text: str, fault: str
) -> None:
    config = tmp_path / "mail.yaml"
    config.write_text(text)

    with pytest.raises(StudyError, match=rf"mail\.yaml.*{fault}"):
        load_config(config)


def test_a_gzipped_table_that_would_fill_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGE", 10_000)
    (tmp_path / "mail.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000))

    with pytest.raises(StudyError, match=r"mail\.csv\.gz.*\b200\b"):
        read_file(tmp_path / "mail.csv.gz")


def test_json_lines_of_a_thousand_brackets_are_named(tmp_path: Path) -> None:
    (tmp_path / "mail.jsonl").write_text('{"a": ' + "[" * 100_000 + "\n")

    with pytest.raises(StudyError, match=r"mail\.jsonl, line 1:"):
        read_file(tmp_path / "mail.jsonl")


def test_an_override_that_asks_for_python_is_no_yaml_value(mark: Path) -> None:
    with pytest.raises(StudyError, match="YAML"):
        make_config({}, [f"name=!!python/object/apply:os.mkdir ['{mark}']"])

    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "/etc", "a\\b", "", " ", "a\0b", "a\nb", "x" * 201]
)
def test_a_study_s_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(StudyError, match="'name'"):
        make_config({"name": name, "data": {"source": "balloons"}, "targets": ["balloons"]})


@pytest.mark.parametrize("column", ["../../../mark", "/tmp/mark", "..", "a\\..\\b", "\u2025/mark"])
def test_columns_named_as_paths_stay_in_the_results_folder(tmp_path: Path, column: str) -> None:
    table = pd.DataFrame(
        {column: np.arange(60.0) ** 2 % 7, "../term": np.arange(60) % 11, "b": np.arange(60) % 3}
    )
    table.to_csv(tmp_path / "mail.csv", index=False)
    config = make_config(
        {
            "name": "n",
            "data": {"source": str(tmp_path / "mail.csv")},
            "targets": [column],
            "depths": [1],
        }
    )
    paths = StudyPaths(tmp_path / "results" / "n")

    plan = prepare(config).plan

    places = [
        p
        for search in plan.searches
        for p in (
            paths.trial(search, 0),
            paths.winner(search),
            paths.model(search),
            paths.reader(search.target, 0),
        )
    ]
    places += map(paths.work, plan.beside)
    assert all(paths.root in Path(os.path.normpath(place)).parents for place in places)


def columns_of(mark: Path) -> pa.Table:
    """An Arrow table whose column claims to be of a Python type, to be unpickled, as pyarrow before
    14.0.1 did.
    """
    claim = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Mine(mark)),
    }
    field = pa.field("x", pa.int64(), metadata=claim)
    return pa.table({"x": pa.array(range(40)), "y": pa.array(range(40))}).cast(
        pa.schema([field, pa.field("y", pa.int64())])
    )


@pytest.mark.parametrize(
    ("ending", "write"),
    [(".parquet", pa.parquet.write_table), (".feather", pa.feather.write_feather)],
)
def test_a_columnar_file_unpickles_nothing(
    tmp_path: Path, mark: Path, ending: str, write: Any
) -> None:
    write(columns_of(mark), str(tmp_path / f"mail{ending}"))

    frame, _ = read_file(tmp_path / f"mail{ending}")

    assert frame["x"].tolist() == list(range(40))
    assert not mark.exists()


@pytest.mark.parametrize("ending", [".parquet", ".feather", ".csv", ".csv.gz", ".tsv", ".jsonl"])
def test_a_pickle_by_another_name_is_no_table(tmp_path: Path, mark: Path, ending: str) -> None:
    (tmp_path / f"mail{ending}").write_bytes(pickle.dumps(Mine(mark)))

    with pytest.raises(StudyError):
        read_file(tmp_path / f"mail{ending}")

    assert not mark.exists()


@pytest.mark.parametrize(
    "ending", [".pkl", ".pickle", ".xlsx", ".xlsm", ".npy", ".npz", ".joblib", ".h5", ".py"]
)
def test_formats_that_may_hold_code_are_no_tables(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"mail{ending}").touch()

    with pytest.raises(StudyError, match=rf"mail\{ending}.*\.csv"):
        read_file(tmp_path / f"mail{ending}")


@pytest.mark.parametrize(
    "name", ["os", "..utils", "tests.test_data", "utils", "statsmodels", "../../os", ""]
)
def test_a_built_in_table_is_one_of_a_list_and_imports_nothing_else(name: str) -> None:
    with pytest.raises(StudyError, match=f"'statsmodels:{re.escape(name)}'"):
        read_source(DataConfig(source=f"statsmodels:{name}"))


def test_a_url_is_no_source() -> None:
    with pytest.raises(
        StudyError, match=r"'file:///etc/hostname\.csv'.*balloons, sklearn, statsmodels"
    ):
        read_source(DataConfig(source="file:///etc/hostname.csv"))


def test_trees_that_call_a_function_are_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "y-trees.skops"
    path.write_bytes(skops.io.dumps(make_pipeline(StandardScaler(), FunctionTransformer(os.mkdir))))

    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException, match="mkdir"):
        open_trees(path)


def test_a_model_that_brings_code_is_not_opened(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    model.save(tmp_path / "y-network.keras")

    with pytest.raises(ValueError, match="Lambda"):
        open_model(tmp_path / "y-network.keras")


def test_a_record_of_another_place_is_broken(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    search = {
        "target": "y",
        "kind": "continuous",
        "family": "../../../mark",
        "depth": 0,
        "outer_fold": 0,
    }
    record = {
        "study": "n",
        "trial_id": "x",
        "search": search,
        "number": 0,
        "generation": 0,
        "state": "FAIL",
        "params": {},
    }
    (paths.trials / "y-linear-o0").mkdir(parents=True)
    path = paths.trials / "y-linear-o0" / "0000.json"
    path.write_text(json.dumps(record))

    assert read_records(paths) == Records([], [], [], [path])


def test_frames_of_a_results_folder_unpickle_nothing(tmp_path: Path, mark: Path) -> None:
    paths = StudyPaths(tmp_path)
    paths.config.write_text("{data: {source: balloons}, targets: [balloons]}")
    for path in map(paths.frame, ("trials", "folds", "curves", "coefficients", "predictions")):
        path.parent.mkdir(exist_ok=True)
        pa.parquet.write_table(columns_of(mark), path)
    results = load_results(tmp_path)

    read = [
        results.trials,
        results.folds,
        results.curves,
        results.coefficients,
        results.predictions,
    ]

    assert [len(frame) for frame in read] == [40] * 5
    assert not mark.exists()


def test_a_model_that_holds_code_is_not_loaded(tmp_path: Path, mark: Path) -> None:
    import keras

    place, path = str(mark), tmp_path / "mail.keras"
    layer = keras.layers.Lambda(
        lambda x: (__import__("os").makedirs(place, exist_ok=True), x)[1], output_shape=(1,)
    )
    keras.Sequential([keras.Input((1,)), layer]).save(path)
    keras.models.load_model(path, safe_mode=False)(np.zeros((1, 1), "float32"))
    mark.rmdir()

    with pytest.raises(ValueError, match="Lambda"):
        keras.models.load_model(path)

    assert not mark.exists()
