"""Small functions of the benchmark of rivals; the rivals themselves run on demand alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from benchmarks.engine import Ran, written_since
from benchmarks.fits import ROWS
from benchmarks.rival_tables import Step, reached, write_rows
from benchmarks.rivals import FOLDS, SHAPE, rate
from study.config import make_config
from study.plan import survey
from tests.data.helpers import saved


def test_a_rate_leaves_out_the_first_end_of_each_worker_in_whatever_order_ends_come() -> None:
    assert rate([40.0, 10.0, 20.0, 30.0], workers=1, fits=10) == 60.0
    assert rate([20.0, 10.0, 30.0, 10.0, 20.0, 30.0], workers=2) == 12.0


def test_a_tool_is_given_the_codes_and_levels_of_a_table_as_study_reads_them(
    tmp_path: Path,
) -> None:
    frame = pd.DataFrame(
        {
            "code": ["01", "02", "10"] * 20,
            "level": ["NA", "low", None, "high"] * 15,
            "y": np.arange(60) + 0.5,
        }
    )
    config = tmp_path / "table.yaml"
    written = {"name": "table", "data": {"source": str(saved(tmp_path, frame))}, "targets": ["y"]}
    config.write_text(yaml.safe_dump(written), encoding="utf-8")

    write_rows(str(config), tmp_path)

    given = pd.concat(
        pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("train", "test")
    ).sort_values("y")
    assert given["code"].tolist() == frame["code"].tolist()
    assert given["level"].fillna("gap").tolist() == frame["level"].fillna("gap").tolist()


def test_records_are_dated_from_the_command_on_and_come_in_the_order_of_time(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "party" / "trials" / "search"
    folder.mkdir(parents=True)
    written = {"0000.json": 130, "0001.json": 120, "winner.json": 150}
    for name, second in written.items():
        path = folder / name
        path.touch()
        os.utime(path, (second, second))

    ended = Ran(tmp_path / "party", 60, written_since(100, tmp_path)).ended("[0-9]*.json")

    assert [(path.name, seconds) for path, seconds in ended.items()] == [
        ("0001.json", 20),
        ("0000.json", 30),
    ]


def test_a_replicate_of_the_study_that_is_timed_trains_on_as_many_rows_as_its_rivals() -> None:
    ((split, _),) = survey(make_config({"name": "fits", **SHAPE})).splits.values()

    assert {(len(train), len(validation)) for train, validation in split.inner} == {
        (ROWS, ROWS // 4)
    }
    assert len(split.inner) == FOLDS


def test_a_tool_answers_with_its_least_validation_loss_and_a_better_test_loss_of_another_model_is_not_reached() -> (
    None
):
    lucky = Step(seconds=3.0, val_loss=0.9, test_loss=0.1)
    steps = [Step(1.0, 0.8, 0.9), lucky, Step(5.0, 0.6, 0.5), Step(6.0, 0.6, 0.2)]

    assert reached(steps, goal=0.5) == (steps[2], 5.0)
    assert reached(steps, goal=0.3) == (steps[2], None)
