from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from study.evidence.stored import write_verdicts
from study.records.results import Results
from tests.cli.conftest import Command


@pytest.fixture
def two(finished: Results, folder: Path) -> list[str]:
    """A study of one target, and a copy of it with other depths and a second target."""
    (shallow, deep) = (
        shutil.copytree(finished.root, folder / name) for name in ("shallow", "deep [2]")
    )
    for root, depths in ((shallow, "[1]"), (deep, "[1, 2]")):
        config = root / "config.yaml"
        config.write_text(
            config.read_text().replace("depths: null", f"depths: {depths}"), encoding="utf-8"
        )
    (verdict,) = finished.verdicts
    both = [verdict, verdict.model_copy(update={"target": "colour"})]
    (deep / "verdicts.json").write_text(write_verdicts(both), encoding="utf-8")
    return [shallow.name, deep.name]


def test_configs_verdicts_losses_and_gains_stand_beside_each_other(
    two: list[str], command: Command
) -> None:
    ended = command("compare", *two, "--json")
    by_rmse = json.loads(command("compare", *two, "--metric", "rmse", "--json").out)

    found = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(found) == ["version", "studies", "config", "verdicts", "targets"]
    assert [each["name"] for each in found["studies"]] == ["shallow", "deep [2]"]
    assert found["config"]["depths"] == [[1], [1, 2]]
    assert [verdict and verdict["answer_procedure"] for verdict in found["verdicts"]["colour"]] == [
        None,
        "network",
    ]
    (target,) = found["targets"]
    assert (target["target"], target["differs"], target["n_rows"]) == ("balloons", None, 120)
    assert len(target["digest"]) == 64
    assert by_rmse["targets"][0]["metric"] == "rmse"
