"""A job of three nodes of which two never come: its study runs on the first."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from harness.studies import DRIVE, STUDY, TINY, run
from tests.runs.helpers import same_regression

pytestmark = [pytest.mark.slow, pytest.mark.faults]
NODES = "127.0.0.1 127.0.0.2 127.0.0.3"
TOOLS = {
    "scontrol": f"test $1 = show && printf '%s\\n' {NODES} || echo \"$@\" >> asked",
    "srun": "echo none >&2; exit 1",
}


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the study's, in a job whose other nodes never come."""
    for name, body in TOOLS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{body}\n")
        (tmp_path / name).chmod(0o755)
    given = {
        "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "3", "SLURM_JOB_NODELIST": "all", "SLURMD_NODENAME": "127.0.0.1",
        "SLURM_CPUS_ON_NODE": "1", "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


def test_the_study_ends_although_there_was_room_for_workers_on_nodes_that_never_came(
    brief: Path, job: Path
) -> None:
    own = ("families=[linear]", "cluster.address=slurm")

    ended = run(sys.executable, DRIVE, job / "tiny.yaml", job / "results", *own, cwd=job)

    assert ended.returncode == 0, ended.stderr
    assert same_regression(job / "results" / "tiny", brief)
    named = re.findall(r"^.*\b127\.0\.0\.([23])\b.*\b7\b.*\nnone\n", ended.stderr, re.MULTILINE)
    assert sorted(named) == ["2", "3"]
    assert (job / "asked").read_text() == "update JobId=7 NodeList=127.0.0.1\n"


def test_where_only_a_node_that_never_came_could_have_run_a_trial_the_study_ends(job: Path) -> None:
    ended = run(
        STUDY,
        "run",
        "tiny.yaml",
        "--set=cluster.address=slurm",
        "--set=resources.gpus_per_trial=1",
        cwd=job,
    )

    assert ended.returncode == 2
    assert re.search(r"\b127\.0\.0\.2\b.*\nnone\n", ended.stderr)
    assert re.search(r"^Error: .*\bgpus_per_trial\b", ended.stderr.splitlines()[-1])
    assert not (job / "asked").exists()
