"""`cluster.address`: a study on a Ray cluster that runs already."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.studies import DRIVE, STUDY, drive, records, run
from study import load_config, load_results, run_study
from study.schema import StudyError
from tests.runs.helpers import same_regression

REFUSED_S = 60
"""Within which a stranger's command has ended; with Ray's patience for a cluster that starts it
took two minutes."""


@dataclass(frozen=True)
class Running:
    """A Ray cluster of one node: its address, its token, and its first process."""

    address: str
    token: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A Ray with a token, as somebody else may have started it, which counts a GPU that is not
    there.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(32)
    own = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
    }
    with tempfile.TemporaryDirectory(
        prefix="ray-", dir="/tmp", ignore_cleanup_errors=True
    ) as folder:
        options = [f"--port={port}", f"--temp-dir={folder}", "--object-store-memory=100000000"]
        options += ["--num-cpus=2", "--num-gpus=1"]
        command = [
            sys.executable,
            "-m",
            "ray.scripts.scripts",
            "start",
            "--head",
            "--block",
            "--include-dashboard=false",
        ]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *options], env=os.environ | own, stdout=log, stderr=log
            )
        try:
            until = time.monotonic() + 120
            while b"Ray runtime started" not in (Path(folder) / "log").read_bytes():
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.2)
            yield Running(f"127.0.0.1:{port}", token, process)
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.mark.faults
def test_a_study_on_a_cluster_that_runs_gives_the_dataframe_of_its_own_and_leaves_the_cluster_running(
    running: Running, brief: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"cluster.address={running.address}"
    began = time.monotonic()
    stranger = run(STUDY, "run", config, "--set", address, "--name=stranger", cwd=config.parent)
    waited = time.monotonic() - began
    monkeypatch.setenv("RAY_AUTH_TOKEN", running.token)
    drive(config, config.parent / "results", address, "families=[linear]")

    assert same_regression(config.parent / "results" / "tiny", brief)
    assert load_results(config.parent / "results" / "tiny").config.cluster.address == "local"
    assert running.process.poll() is None
    print(f"a stranger is refused after {waited:.0f} s, the start of a command included")
    assert stranger.returncode == 2
    assert waited < REFUSED_S
    assert re.search(
        rf"^Error: .*cluster\.address.*{running.address}", stranger.stderr.splitlines()[-1]
    )


@pytest.mark.slow
@pytest.mark.faults
def test_a_gpu_that_ray_counts_and_tensorflow_does_not_find_ends_the_study_and_no_network_has_failed(
    running: Running, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", running.token)
    given = ("resources.gpus_per_trial=1", f"cluster.address={running.address}")

    ended = run(sys.executable, DRIVE, config, "results", *given, cwd=config.parent)

    assert ended.returncode == 1
    assert re.search(r"^RuntimeError: .*\bGPU\b", ended.stderr, re.MULTILINE)
    assert "StudyError" in ended.stderr
    assert not [name for name in records(config.parent / "results" / "tiny") if "neural" in name]


@pytest.mark.parametrize("address", ["127.0.0.1:9", "slurm"])
def test_where_there_is_no_cluster_the_address_is_named(
    address: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)

    with pytest.raises(StudyError, match=rf"\bcluster\.address\b.*\b{address}\b"):
        run_study(
            load_config(config, [f"cluster.address={address}"]),
            config.parent / "results",
            report=False,
        )
