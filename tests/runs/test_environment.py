"""What an environment says or lacks: it is no result."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness.studies import STUDY, drive, records, run
from study import load_results
from study.records.reading import digest
from tests.runs.conftest import SHELL

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def test_one_worker_gives_the_dataframe_of_two_whatever_the_shell_and_keras_json_say(
    brief: Path, config: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text('{"floatx": "float64", "epsilon": 0.1}')
    for name, value in {**SHELL, "KERAS_HOME": str(tmp_path / "keras")}.items():
        monkeypatch.setenv(name, value)

    drive(config, results.parent, "resources.max_concurrent=1")

    clean, found = load_results(brief), load_results(results)
    assert digest(found.trials) == digest(clean.trials)
    assert {"COMPLETE", "PRUNED"} == set(found.trials["state"])


def test_where_tensorflow_cannot_be_imported_the_run_ends_with_its_error_in_full_and_no_record(
    config: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = config.parent / "broken" / "tensorflow" / "__init__.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("def load():\n    raise ImportError('libcuda.so.1')\n\nload()\n")
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(filter(None, [str(broken.parents[1]), before]))
    )

    ended = run(STUDY, "run", "tiny.yaml", cwd=config.parent)

    assert ended.returncode == 2
    assert re.search(rf"^Error: .*\b{os.uname().nodename}\b", ended.stderr, re.MULTILINE)
    assert "in load\n    raise ImportError(" in ended.stderr
    assert ended.stderr.endswith("ImportError: libcuda.so.1\n")
    assert records(results) == {}
    assert [found.name for found in results.rglob(".*")] == [".study"]
