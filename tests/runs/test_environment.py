"""What an environment says or lacks: it is no result."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.studies import STUDY, drive, records, run
from study import load_results
from study.records.results import digest

pytestmark = [pytest.mark.slow, pytest.mark.faults]
FEW = ("search.trials=2", "effort=quick")


def test_what_the_shell_and_keras_json_say_changes_no_digest_and_is_noted(
    config: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "KERAS_BACKEND": "torch",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    }
    for name in said:
        monkeypatch.delenv(name, raising=False)
    drive(config, tmp_path / "clean", *FEW)
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text('{"floatx": "float64", "epsilon": 0.1}')
    for name, value in {**said, "KERAS_HOME": str(tmp_path / "keras")}.items():
        monkeypatch.setenv(name, value)

    drive(config, results.parent, *FEW)

    clean, found = load_results(tmp_path / "clean" / "tiny"), load_results(results)
    assert digest(found.trials) == digest(clean.trials)
    assert "FAIL" not in set(found.trials["state"])
    assert found.environment.overridden == {**said, "keras.json: floatx": "float64", "keras.json: epsilon": "0.1"}
    assert clean.environment.overridden == {}


def test_where_tensorflow_cannot_be_imported_the_run_ends_with_its_error_in_full_and_no_record(
    config: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = config.parent / "broken" / "tensorflow" / "__init__.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("def load():\n    raise ImportError('libcuda.so.1: cannot open shared object file')\n\nload()\n")
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(broken.parents[1]), before])))

    ended = run(STUDY, "run", "tiny.yaml", cwd=config.parent)

    assert ended.returncode == 2
    assert "Error: Trials cannot run here: on " in ended.stderr
    assert "in load\n    raise ImportError(" in ended.stderr
    assert ended.stderr.endswith("ImportError: libcuda.so.1: cannot open shared object file\n")
    assert records(results) == {}
    assert not list(results.rglob(".*"))
