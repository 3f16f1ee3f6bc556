"""Small studies that several modules hurt, and what they give where nothing happens to them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.studies import TINY, drive, run

SLOWER = ("training.epochs=8000", "training.patience=8000")
"""A network trains for seconds, so that there is time to hurt the study."""
SHELL = {
    "KERAS_BACKEND": "torch",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
}
"""What a shell may say that no result depends on."""
HERE_ALONE = "import ray, sys, study; study.run_study(study.load_config(sys.argv[1], sys.argv[2:]), report=False)"
"""A study in a process that has imported Ray before."""


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of a study with SLOWER that one worker ran without a break."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.yaml").write_text(TINY)
    ended = run(
        sys.executable,
        "-c",
        HERE_ALONE,
        "tiny.yaml",
        "resources.max_concurrent=1",
        *SLOWER,
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "results" / "tiny"


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of the study TINY that two workers ran on a Ray of its own, although
    RAY_ADDRESS names a cluster.
    """
    folder = tmp_path_factory.mktemp("brief")
    (folder / "tiny.yaml").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", "127.0.0.1:9")  # where nobody answers
        for name in SHELL:
            patch.delenv(name, raising=False)
        drive(folder / "tiny.yaml", folder / "results", "resources.max_concurrent=2")
    return folder / "results" / "tiny"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results" / "tiny"
