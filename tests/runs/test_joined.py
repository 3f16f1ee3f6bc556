"""`cluster.address`: a study on a Ray cluster that runs already."""

from __future__ import annotations

import os
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
from study import load_results
from study.records.results import digest

REFUSED_S = 60
"""Within which a stranger's command has ended; with Ray's patience for a cluster that starts it took two minutes."""
CONFIG = """
data: {source: balloons, rows: 300}
protocol: holdout
targets: [balloons]
families: [constant, linear]
search: {trials: 2}
inner: {folds: 2, seeds: 1}
"""


@dataclass(frozen=True)
class Running:
    """A Ray cluster of one node: its address, its token, and its first process."""

    address: str
    token: str
    process: subprocess.Popen[bytes]


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A Ray with a token, as somebody else may have started it: of one core, unless options say otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(32)
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token, "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0"}
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        options = [f"--port={port}", f"--temp-dir={folder}", "--object-store-memory=100000000"]
        options += getattr(request, "param", ["--num-cpus=1"])
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--include-dashboard=false"]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen([*command, *options], env=os.environ | own, stdout=log, stderr=log)
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


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG)
    return path


@pytest.mark.faults
def test_a_study_on_a_cluster_that_runs_gives_the_dataframe_of_its_own_and_leaves_the_cluster_running(
    running: Running, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"cluster.address={running.address}"
    began = time.monotonic()
    stranger = run(STUDY, "run", config, "--set", address, "--name=stranger", cwd=config.parent)
    waited = time.monotonic() - began
    monkeypatch.setenv("RAY_ADDRESS", running.address)  # which a study of its own leaves alone
    drive(config, config.parent / "results", "name=own")
    monkeypatch.delenv("RAY_ADDRESS")
    monkeypatch.setenv("RAY_AUTH_TOKEN", running.token)
    drive(config, config.parent / "results", "name=joined", address)

    own, joined = (load_results(config.parent / "results" / name) for name in ("own", "joined"))
    assert digest(joined.trials) == digest(own.trials)
    assert joined.config.cluster.address == "local"
    assert running.process.poll() is None
    print(f"a stranger is refused after {waited:.0f} s, the start of a command included")
    assert stranger.returncode == 2
    assert waited < REFUSED_S
    assert stranger.stderr.splitlines()[-1].startswith(
        f"Error: Cannot join the Ray cluster at cluster.address '{running.address}'"
    )


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("running", [["--num-cpus=2", "--num-gpus=1"]], indirect=True)
def test_a_gpu_that_ray_counts_and_tensorflow_does_not_find_ends_the_study_and_no_network_has_failed(
    running: Running, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", running.token)
    given = ("families=[linear, neural]", "depths=[1]", "resources.gpus_per_trial=1", f"cluster.address={running.address}")

    ended = run(sys.executable, DRIVE, config, "results", *given, cwd=config.parent)

    assert ended.returncode == 1
    assert "study.schema.StudyError: Trials cannot run here: on " in ended.stderr
    assert "RuntimeError: this worker has a GPU, and TensorFlow finds none" in ended.stderr
    assert not [name for name in records(config.parent / "results" / "tiny") if "neural" in name]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:9", "Cannot join the Ray cluster at cluster.address '127.0.0.1:9': [Errno 111] Connection refused"),
        (
            "slurm",
            "`cluster.address: slurm` works on the nodes of a SLURM job, and this is none. Queue one with `study submit`, ",
        ),
    ],
)
def test_where_there_is_no_cluster_the_address_is_named(
    address: str, said: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)

    ended = run(sys.executable, DRIVE, config, "results", f"cluster.address={address}", cwd=config.parent)

    assert ended.returncode != 0
    assert f"study.schema.StudyError: {said}" in ended.stderr
