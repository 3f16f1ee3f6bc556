"""`study predict`: rows in, rows with predictions out."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from study.cli import main as cli
from study.data.files import read_file
from study.inference.predictions import predict
from study.results import Results
from study.schema import StudyError
from tests.cli.test_json import documented

from .made import awkward_frame


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    awkward_frame(30, seed=4).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


def test_predictions_are_printed_as_csv_and_what_to_know_on_standard_error(
    flats: Results, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.predict(flats.root, rows, target="price", model="regression", interval=0.9)

    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "flat,price,dear,sort,visits,predicted,low,high"
    assert len(lines) == 31
    said = predict(flats, read_file(rows)[0], "price", "regression", interval=0.9)
    assert err.splitlines() == [*(f"Warning: {text}" for text in said.warnings), *said.notes]
    assert (len(said.warnings) > 0, len(said.notes)) == (True, 3)


def test_as_json_they_are_rows_beside_what_to_know_unless_they_go_to_a_file(
    flats: Results, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.predict(flats.root, rows, target="price", model="regression", as_json=True)
    printed, err = capsys.readouterr()
    cli.predict(
        flats.root, rows, target="price", model="regression", out=tmp_path / "p.csv", as_json=True
    )
    written = json.loads(capsys.readouterr().out)

    found = json.loads(printed)
    assert err == ""
    assert list(found) == [*written, "predictions"] == [*documented()["predict"], "predictions"]
    assert (found["model"], found["rows"], written["out"]) == (
        "regression",
        30,
        str(tmp_path / "p.csv"),
    )
    predicted = [row["predicted"] for row in found["predictions"]]
    assert predicted == pytest.approx(pd.read_csv(tmp_path / "p.csv")["predicted"].tolist())


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet"])
def test_predictions_are_written_by_the_ending_of_the_file(
    flats: Results, rows: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text("replaced")

    cli.predict(flats.root, rows, target="sort", model="regression", out=path, force=True)

    found = (
        pd.read_parquet(path)
        if name.endswith("parquet")
        else pd.read_csv(path, sep="\t" if name.endswith("tsv") else ",")
    )
    assert len(found) == 30
    assert set(found["predicted"]) <= {"small", "middle", "large"}


def test_a_file_that_cannot_be_written_or_read_is_named_before_anything_is_computed(
    flats: Results, tmp_path: Path
) -> None:
    lost = tmp_path / "lost.csv"
    (tmp_path / "mine.csv").write_text("mine")
    for out, fault in [
        ("out.xlsx", r"out\.xlsx.*\.parquet"),
        ("none/out.csv", r"none/out\.csv.*--out"),
        ("mine.csv", r"mine\.csv.*--force"),
        (None, r"lost\.csv"),
    ]:
        with pytest.raises(StudyError, match=fault):
            cli.predict(flats.root, lost, target="price", out=out and tmp_path / out)
