"""A job of three nodes of which two never come: its study runs on the first."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.studies import DRIVE, N_RECORDS, TINY, records, run

NODES = "127.0.0.1 127.0.0.2 127.0.0.3"
TOOLS = {
    "scontrol": f"test $1 = show && printf '%s\\n' {NODES} || echo \"$@\" >> asked",
    "srun": "echo no way there >&2; exit 1",
}


@pytest.mark.slow
def test_the_study_ends_although_there_was_room_for_workers_on_nodes_that_never_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, body in TOOLS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{body}\n")
        (tmp_path / name).chmod(0o755)
    first, *_ = NODES.split()
    job = {
        "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "3", "SLURM_JOB_NODELIST": "all", "SLURMD_NODENAME": first,
        "SLURM_CPUS_ON_NODE": "1",
    }  # fmt: skip
    for name, value in (job | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tiny.yaml").write_text(TINY)

    ended = run(sys.executable, DRIVE, tmp_path / "tiny.yaml", tmp_path / "results", "cluster.address=slurm", cwd=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert len(records(tmp_path / "results" / "tiny")) == N_RECORDS
    for node in ("127.0.0.2", "127.0.0.3"):
        assert ended.stderr.count(f"Node {node} has not joined the Ray cluster of SLURM job 7; the study goes on") == 1
    assert ended.stderr.count("It said:\nno way there") == 2
    assert (tmp_path / "asked").read_text() == f"update JobId=7 NodeList={first}\n"
