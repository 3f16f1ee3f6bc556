"""What the reference says of a finished study: its columns, and the examples of the docstrings, in
a folder that has one.
"""

from __future__ import annotations

import doctest
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import study
from harness.studies import records
from study.records.reading import digest
from tests.records.test_columns import EVERY, differences

ROOT = Path(__file__).parents[2]


@pytest.fixture
def beside(
    smoke: subprocess.CompletedProcess[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Working folder with a copy of the results of configs/smoke.yaml."""
    shutil.copytree(Path(smoke.args[-1]) / "results", tmp_path / "results")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_columns_on_disk_are_those_of_the_reference(
    smoke: subprocess.CompletedProcess[str],
) -> None:
    folder = Path(smoke.args[-1]) / "results/smoke"

    found = {
        name: differences(pd.read_parquet(next(folder.rglob(name))), told)
        for name, told in EVERY.items()
    }

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_examples_of_the_docstrings_run_and_a_study_that_is_finished_trains_nothing_more(
    beside: Path,
) -> None:
    results = beside / "results/smoke"
    before, trials = records(results), digest(study.load_results(results).trials)
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    named = {
        name: getattr(study, name)
        for name in ("load_config", "load_results", "Results", "run_study")
    }

    tried = [test for name, each in named.items() for test in finder.find(each, name, globs={})]

    assert {test.name for test in tried if test.examples} == named.keys()
    assert [runner.run(test).failed for test in tried] == [0] * len(named)
    assert (beside / "margins.svg").is_file()
    assert records(results) == before  # whose seconds would tell
    assert digest(study.load_results(results).trials) == trials
