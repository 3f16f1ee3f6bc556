"""`study report`, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from study.records.environment import Environment
from study.records.paths import write_atomic
from study.records.reading import write_trial
from tests.cli.conftest import Command
from tests.records.examples import make_folder, search, trial


def test_a_search_alone_is_reported(folder: Path, command: Command) -> None:
    paths = make_folder(folder / "results" / "party")
    write_atomic(paths.environment, Environment.here(seed=0).model_dump_json())
    write_trial(paths, trial(search("baseline")))

    ended = command("report", "results/party")

    text = paths.html.read_text(encoding="utf-8")
    assert (ended.code, ended.out, ended.err) == (0, "results/party/report.html\n", "")
    assert {path.stem for path in paths.figures.iterdir()} == {"best_so_far", "learning_curves"}
    assert "Not finished" in text
    assert "FAIL" in paths.trials_html.read_text(encoding="utf-8")


def test_what_cannot_be_is_refused_before_anything_is_written(
    folder: Path, command: Command
) -> None:
    paths = make_folder(folder / "results" / "party")
    new = folder / "results" / "new" / "config.yaml"
    write_atomic(new, "name: new\ndata: {source: balloons}\ntarget: y\n")

    beside = command("report", "results/party", "results/party")
    empty = command("report", "results/new")

    assert [each.code for each in (beside, empty)] == [2] * 2
    assert "study compare results/party results/party" in beside.err
    assert "study run results/new/config.yaml" in empty.err
    assert not paths.html.exists()
