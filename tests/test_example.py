"""The finished example that the repository ships: small, whole enough to be read, and the same as its records."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from study.predicting.results import Results, load_results
from study.records.frames import trials_frame
from study.records.results import digest, read_trials

ROOT = Path(__file__).parent.parent
MOST_BYTES = 8_000_000


def shipped() -> list[str]:
    """Files of results/balloons in the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "results/balloons"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [name for name in listed.split("\0") if name]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The example as a fresh checkout has it."""
    names = shipped()
    if not names:
        pytest.skip("no results/balloons is in the repository")
    folder = tmp_path_factory.mktemp("shipped")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return load_results(folder / "results/balloons")


def test_the_example_is_small_and_has_records_dataframe_notebook_and_page(example: Results) -> None:
    sizes = {str(path.relative_to(example.root)): path.stat().st_size for path in example.root.rglob("*") if path.is_file()}

    assert sum(sizes.values()) < MOST_BYTES
    assert {"results.parquet", "report.ipynb", "report.html", "verdicts.json", "config.yaml"} <= sizes.keys()


def test_the_dataframe_of_the_example_is_that_of_its_records(example: Results) -> None:
    assert digest(example.trials) == digest(trials_frame(read_trials(example.paths)))


def test_the_example_has_an_answer_to_each_target_and_says_which_commit_made_it(example: Results) -> None:
    assert [verdict.target for verdict in example.verdicts] == list(example.config.targets)
    assert re.fullmatch(r"[0-9a-f]{40}", example.environment.commit or "")


def test_the_example_can_be_asked_and_shown(example: Results) -> None:
    rows = pd.DataFrame({"relationship": [-0.5, 0.5], "children": [0.4, 0.4], "age": [0.2, 0.2]})

    assert example.predict(rows, target="balloons")["predicted"].round(2).tolist() == [0.0, 0.42]
    assert {verdict.question.metric for verdict in example.ask("rmse", target="balloons")} == {"rmse"}
    assert not example.curves.empty
    assert "study-results" in example._repr_html_()
