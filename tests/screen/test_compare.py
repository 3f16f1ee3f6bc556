from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from study.records.paths import StudyPaths
from tests.report.synthetic import write_results
from tests.screen.conftest import Command


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two studies of a continuous target, one with deeper networks and a second target."""
    root = tmp_path_factory.mktemp("compared")
    shallow = write_results(root / "shallow", ["balloons"], n_trials=1, depths=(1,))
    deep = write_results(root / "deep [2]", ["balloons", "colour"], n_trials=1, depths=(1, 2))
    for results, depths in ((shallow, "[1]"), (deep, "[1, 2]")):
        pd.DataFrame().to_parquet(results.paths.trees)
        config = results.paths.config
        config.write_text(config.read_text().replace("depths: null", f"depths: {depths}"), encoding="utf-8")
    return [str(shallow.root), str(deep.root)]


def test_configs_verdicts_losses_and_gains_stand_beside_each_other(two: list[str], command: Command) -> None:
    ended = command("compare", *two)

    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert (ended.code, ended.err) == (0, "")
    assert "depths [1] [1, 2]" in lines
    assert any(line.startswith("balloons: loss on 120 test rows") for line in lines)
    assert "Linear regression of deep [2] and that of shallow lose the same on every test row." in lines
    assert any(line.startswith("The network of deep [2] ") for line in lines)
    assert "No gain on colour is told: shallow has no such target." in lines


def test_json_holds_the_same_and_nothing_else_is_printed(two: list[str], command: Command) -> None:
    ended = command("compare", *two, "--json")

    found = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(found) == ["studies", "config", "verdicts", "targets"]
    assert [each["name"] for each in found["studies"]] == ["shallow", "deep [2]"]
    assert found["config"]["depths"] == [[1], [1, 2]]
    assert [verdict and verdict["answer_procedure"] for verdict in found["verdicts"]["colour"]] == [None, "regression"]
    (target,) = found["targets"]
    assert (target["target"], target["differs"], target["n_rows"]) == ("balloons", None, 120)
    assert len(target["digest"]) == 64


def test_one_metric_can_be_asked_of_all(two: list[str], command: Command) -> None:
    found = json.loads(command("compare", *two, "--metric", "rmse", "--json").out)

    assert found["targets"][0]["metric"] == "rmse"


def test_one_study_alone_and_one_that_is_not_finished_are_refused(two: list[str], command: Command, folder: Path) -> None:
    StudyPaths(folder / "begun").root.mkdir()
    (folder / "begun" / "config.yaml").write_text("data: {source: balloons}\ntarget: y\n", encoding="utf-8")

    alone, begun = command("compare", two[0]), command("compare", two[0], "begun", "--json")

    assert (alone.code, alone.out) == (2, "")
    assert alone.err == ("Error: A comparison takes two results folders or more: study compare results/A results/B.\n")
    assert (begun.code, begun.out) == (2, "")
    assert begun.err.startswith("Error: begun/verdicts.json does not exist yet; `study run ")
